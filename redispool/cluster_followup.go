package redispool

import "time"

// A cluster's nodes learn of a change one after another, and slots move one by one. So the
// answers that come right after a change may lack a part of it, and no call may come to the
// slots of that part. The map is therefore renewed again a while after each change.
// Otherwise it would name a node that has left until the map is old, and the node's pool
// would count connections that the node has closed.

// followUpAfter are the times after the last change at which the map is renewed.
var followUpAfter = [...]time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}

// Slots of a large cluster may move for hours. Once changes have followed one another for
// followUpsUntil, only the last of the renewals takes place. Changes follow one another if less
// than twice the time of that renewal is between them.
const (
	lastFollowUp   = len(followUpAfter) - 1
	followUpsUntil = 10 * time.Second
)

// followUps is guarded by the lock of the refreshes.
type followUps struct {
	timer *time.Timer // nil before the first change
	first time.Time   // of the changes that belong together
	since time.Time   // the last change
	step  int         // the index in followUpAfter of the next refresh
}

// followUp has the map renewed a few times, from now on.
func (c *Cluster) followUp() {
	r := &c.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	s := &r.followUps
	now := time.Now()
	if now.Sub(s.since) > 2*followUpAfter[lastFollowUp] {
		s.first = now
	}
	s.since, s.step = now, 0
	if now.Sub(s.first) > followUpsUntil {
		s.step = lastFollowUp
	}
	if s.timer == nil {
		s.timer = time.AfterFunc(followUpAfter[s.step], c.followUpStep)
	} else {
		s.timer.Reset(followUpAfter[s.step])
	}
}

// followUpStep renews the map, and sets the timer for the next time.
func (c *Cluster) followUpStep() {
	r := &c.refreshes
	r.mu.Lock()
	s := &r.followUps
	// Otherwise there was a change when the timer had just fired.
	if since := time.Since(s.since); s.step < len(followUpAfter) && since >= followUpAfter[s.step] {
		if s.step++; s.step < len(followUpAfter) && !r.closed {
			s.timer.Reset(followUpAfter[s.step] - since)
		}
	}
	r.mu.Unlock()
	c.requestRefresh()
}
