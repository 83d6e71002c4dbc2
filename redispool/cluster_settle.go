package redispool

import "time"

// A cluster's nodes learn of a change one after another, and slots move one by one. So the
// answers that come right after a change may lack a part of it, and no call may come to the
// slots of that part. The map is therefore renewed again a while after each change.
// Otherwise it would name a node that has left until the map is old, and the node's pool
// would count connections that the node has closed.

// settleAfter are the times after the last change at which the map is renewed.
var settleAfter = [...]time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}

// Slots of a large cluster may move for hours. After settleSoon of such a time only the last of
// the renewals takes place. Changes belong together if less than twice its time is between
// them.
const (
	settleLast = len(settleAfter) - 1
	settleSoon = 10 * time.Second
)

// settling is guarded by the lock of the refreshes.
type settling struct {
	timer *time.Timer // nil before the first change
	first time.Time   // of the changes that belong together
	since time.Time   // the last change
	step  int         // the index in settleAfter of the next refresh
}

// settle has the map renewed a few times, from now on.
func (c *Cluster) settle() {
	r := &c.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	s := &r.settling
	now := time.Now()
	if now.Sub(s.since) > 2*settleAfter[settleLast] {
		s.first = now
	}
	s.since, s.step = now, 0
	if now.Sub(s.first) > settleSoon {
		s.step = settleLast
	}
	if s.timer == nil {
		s.timer = time.AfterFunc(settleAfter[s.step], c.settleStep)
	} else {
		s.timer.Reset(settleAfter[s.step])
	}
}

// settleStep renews the map, and sets the timer for the next time.
func (c *Cluster) settleStep() {
	r := &c.refreshes
	r.mu.Lock()
	s := &r.settling
	// Otherwise there was a change when the timer had just fired.
	if since := time.Since(s.since); s.step < len(settleAfter) && since >= settleAfter[s.step] {
		if s.step++; s.step < len(settleAfter) && !r.closed {
			s.timer.Reset(settleAfter[s.step] - since)
		}
	}
	r.mu.Unlock()
	c.requestRefresh()
}
