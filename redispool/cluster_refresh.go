package redispool

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	askTimeout   = 2 * time.Second        // for the answer of one node
	askGrace     = 50 * time.Millisecond  // for further answers, after the first
	asksAtOnce   = 3                      // nodes that are asked together
	firstRefresh = 10 * time.Millisecond  // pause between two refreshes, which grows
	maxRefresh   = 250 * time.Millisecond // as long as the map stays as it is
	pollPause    = 100 * time.Millisecond // the longest one while calls wait for a failover
	mostPolls    = 150                    // with that pause, without a change of the map
)

// refreshes renews the map of slots, one refresh at a time.
type refreshes struct {
	mu      sync.Mutex
	current *refresh      // nil: none is running
	next    *refresh      // was asked for while current ran
	changed chan struct{} // closed when the map changes
	pause   time.Duration
	ended   time.Time // the last one
	waiting int       // calls that pause until the map changes, or for a while
	polls   int       // refreshes since the map has changed that followed for the sake of waiting calls
	poll    bool      // the next refresh is such a one
	closed  bool
	running sync.WaitGroup
	followUps

	answered atomic.Int64 // when the last successful one ended, in nanoseconds since 1970
}

// refresh is one renewal of the map. All callers that asked for it wait for the same one.
type refresh struct {
	done chan struct{}
	err  error // valid when done is closed
}

func newRefresh() *refresh { return &refresh{done: make(chan struct{})} }

// wait waits until no refresh is running. No further one begins.
func (r *refreshes) wait() {
	r.mu.Lock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	r.running.Wait()
}

// awaitChange returns a channel that is closed at the next change of the map. The caller
// must call stop when it does not wait any more.
func (r *refreshes) awaitChange() (changed <-chan struct{}, stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	r.waiting++
	return r.changed, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.waiting--
	}
}

func (r *refreshes) noteChange() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pause, r.polls = 0, 0
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// requestRefresh asks for a refresh that begins now or later: one that is running may
// have its answers already, so another one follows it.
func (c *Cluster) requestRefresh() *refresh {
	r := &c.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed || c.closed.Load():
		f := newRefresh()
		f.err = ErrClusterClosed
		close(f.done)
		return f
	case r.current == nil:
		r.current = newRefresh()
		r.running.Add(1)
		go c.refreshLoop(r.current)
		return r.current
	case r.next == nil:
		r.next = newRefresh()
	}
	return r.next
}

// refreshLoop runs one refresh, and those that were asked for meanwhile. While a master
// fails and calls wait, it goes on by itself: they can go ahead as soon as the nodes have
// elected another master, and do not ask for refreshes while they pause.
func (c *Cluster) refreshLoop(f *refresh) {
	r := &c.refreshes
	defer r.running.Done()
	for f != nil {
		c.pauseBeforeRefresh()
		f.err = c.refreshMap()
		if f.err != nil && c.BgError != nil && c.ctx.Err() == nil {
			c.BgError(ClusterRefresh, f.err)
		}
		fails := c.masterFails()
		r.mu.Lock()
		r.ended = time.Now()
		close(f.done)
		if r.poll = fails && r.waiting > 0 && r.polls < mostPolls; r.poll {
			r.polls++
			if r.next == nil {
				r.next = newRefresh()
			}
		}
		f, r.current, r.next = r.next, r.next, nil
		r.mu.Unlock()
	}
}

// masterFails reports whether a master that the map names cannot be used.
func (c *Cluster) masterFails() bool {
	for _, addr := range c.slots.Masters() {
		if n, err := c.node(addr); err == nil && n.failing() {
			return true
		}
	}
	return false
}

// pauseBeforeRefresh waits if there was a refresh just now. The pause grows until the map
// changes, or until no caller has asked for a refresh for a while.
func (c *Cluster) pauseBeforeRefresh() {
	r := &c.refreshes
	r.mu.Lock()
	since := time.Since(r.ended)
	if since > 4*maxRefresh {
		r.pause, r.polls = 0, 0
	}
	wait := r.pause - since
	longest := maxRefresh
	if r.poll {
		longest = pollPause
	}
	r.pause = min(max(2*r.pause, firstRefresh), longest)
	r.mu.Unlock()
	if wait > 0 {
		select {
		case <-time.After(growing(wait, wait, 1)): // that is, wait or less
		case <-c.ctx.Done():
		}
	}
}

// refreshIfOld asks for a refresh if the last one is older than RefreshEvery.
func (c *Cluster) refreshIfOld() {
	every := orDefault(c.RefreshEvery, defaultRefreshEvery)
	if every > 0 && time.Now().UnixNano()-c.refreshes.answered.Load() > int64(every) {
		c.refreshes.answered.Store(time.Now().UnixNano()) // one caller asks, even if no node answers
		c.requestRefresh()
	}
}

// ready waits until the map is known.
func (c *Cluster) ready(ctx context.Context) error {
	q := clusterCall{cluster: c, ctx: ctx}
	return q.ready()
}

func (q *clusterCall) ready() error {
	c := q.cluster
	for {
		if c.closed.Load() {
			return ErrClusterClosed
		}
		if c.slots.Known() {
			return nil
		}
		r := c.requestRefresh()
		select {
		case <-r.done:
		case <-q.bounds().Done():
			return q.withLast(q.bounds().Err())
		}
		if r.err == nil || c.slots.Known() {
			continue
		}
		if isFinalDial(r.err) {
			return r.err
		}
		if err := q.pause(r.err); err != nil {
			return err
		}
	}
}

// refreshMap asks some nodes and takes over their answers.
func (c *Cluster) refreshMap() error {
	before := c.layoutBefore()
	a := askRound{cluster: c, nodes: c.nodesToAsk(), results: make(chan askResult)}
	if len(a.nodes) == 0 {
		return errNoStartup
	}
	a.run()
	if a.good == 0 {
		return askError(a.errs)
	}
	c.refreshes.answered.Store(time.Now().UnixNano())
	c.dropUnlisted()
	if c.LayoutRefresh != nil {
		c.LayoutRefresh(before, c.layout())
	}
	return nil
}

// layoutBefore returns the map for LayoutRefresh, if that is set.
func (c *Cluster) layoutBefore() (all [HashSlots][]string) {
	if c.LayoutRefresh != nil {
		all = c.layout()
	}
	return all
}

func (c *Cluster) layout() (all [HashSlots][]string) {
	for slot := range all {
		if s := c.slots.Shard(slot); s != nil {
			all[slot] = append([]string{s.Master}, s.Replicas...)
		}
	}
	return all
}
