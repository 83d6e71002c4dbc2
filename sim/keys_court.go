package sim

import (
	"fmt"
	"slices"
)

// keysCourt judges what the keys have in common, by its own books: the connections that
// are opened and closed, and the requests that wait.
type keysCourt struct {
	k      *keyed
	most   int // connections over all keys
	places int // that are opening, open or closing
	queues []keyQueue
	joined uint64
	// last is the latest turn that the present event has used. When a request is served, the
	// turn is the place of the oldest request of its key. Zero: it has served none that waited.
	last  uint64
	wrong error // a request was served out of its turn

	replacing replacing
}

// keyQueue is the requests that wait for one key, by their class.
type keyQueue struct {
	urgent, ordinary []*request
	run              int      // urgent ones that were served in a row while others waited
	newest           *request // has joined in the present event
}

// mostUrgentRun is how many urgent requests go before an ordinary one that waits.
const mostUrgentRun = 4

// class returns the queue of a request's class.
func (q *keyQueue) class(r *request) *[]*request {
	if r.waiter.Urgent {
		return &q.urgent
	}
	return &q.ordinary
}

// oldest returns the request that has waited longest, or nil. The key has its place among all
// keys.
func (q *keyQueue) oldest() (first *request) {
	for _, class := range [...][]*request{q.urgent, q.ordinary} {
		if len(class) > 0 && (first == nil || class[0].place < first.place) {
			first = class[0]
		}
	}
	return first
}

// waited reports whether a request of a class waited before the present event.
func (q *keyQueue) waited(class []*request) bool {
	return len(class) > 0 && (len(class) > 1 || class[0] != q.newest)
}

// turn returns an error if it is not a request's turn to be served.
func (q *keyQueue) turn(r *request) error {
	others, mayGoFirst := q.ordinary, q.run < mostUrgentRun
	if !r.waiter.Urgent {
		others, mayGoFirst = q.urgent, q.run >= mostUrgentRun
	}
	switch first := (*q.class(r))[0]; {
	case first != r:
		return fmt.Errorf("request %d is served before one that has waited since %v", r.number(), first.since)
	case q.waited(others) && !mayGoFirst:
		return fmt.Errorf("request %d is served before the other class, after %d urgent ones in a row", r.number(), q.run)
	}
	return nil
}

// remove takes a request out of the queue. served says that it did not give up.
func (q *keyQueue) remove(r *request, served bool) {
	class := q.class(r)
	i := slices.Index(*class, r)
	*class = slices.Delete(*class, i, i+1)
	switch {
	case served && r.waiter.Urgent:
		q.run++
	case served:
		q.run = 0
	}
	if !q.waited(q.ordinary) {
		q.run = 0
	}
}

// joins notes that a request waits. A request that rejoins stands in front of those of its
// class for the same key. Among the requests of all keys it has the place of the one behind it.
func (c *keysCourt) joins(e *engine, r *request) {
	q := &c.queues[e.address]
	class := q.class(r)
	q.newest = r
	if r.rejoins && len(*class) > 0 {
		r.place = (*class)[0].place
		*class = slices.Insert(*class, 0, r)
		return
	}
	c.joined++
	r.place = c.joined
	*class = append(*class, r)
}

// leaves notes that a request waits no more. served says that it did not give up. An urgent
// request takes the turn of the one for its key that has waited longest.
func (c *keysCourt) leaves(e *engine, r *request, served bool) {
	q := &c.queues[e.address]
	if served {
		c.last = max(c.last, q.oldest().place)
		if err := q.turn(r); err != nil && c.wrong == nil {
			c.wrong = fmt.Errorf("key %d: %w", e.address, err)
		}
	}
	q.remove(r, served)
}

// judge looks at what an event has left behind.
func (c *keysCourt) judge() error {
	defer func() { c.last = 0 }()
	if err := c.judgeReplacing(); err != nil {
		return err
	}
	switch active := c.k.total.Levels().Active; {
	case c.wrong != nil:
		return c.wrong
	case c.places > c.most:
		return fmt.Errorf("%d connections of all keys, and the limit is %d", c.places, c.most)
	case c.places != active:
		return fmt.Errorf("%d connections of all keys, and the pool counts %d", c.places, active)
	}
	for i := range c.queues {
		q := &c.queues[i]
		q.newest = nil
		oldest := q.oldest()
		if oldest == nil || !c.mayOpen(i) {
			continue
		}
		if oldest.place < c.last {
			return fmt.Errorf("key %d starves: its request has waited since %v, and one that came later is served", i, oldest.since)
		}
		if c.places < c.most || c.k.measured.levels.Idle > 0 {
			return fmt.Errorf("a request for key %d waits with %d of %d connections, %d of them idle", i, c.places, c.most, c.k.measured.levels.Idle)
		}
	}
	return nil
}

// mayOpen reports whether a request for a key lacks nothing but a place of all keys.
func (c *keysCourt) mayOpen(key int) bool {
	x := c.k.all[key]
	most := x.sc.Pool.MaxActive
	return (most == 0 || x.ledger.Levels().Active < most) && !x.ledger.OpensHeld()
}
