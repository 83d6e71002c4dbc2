package sim

import (
	"fmt"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// replacing is what the court knows of connections that are opened in advance, or closed because
// such a one takes their place.
type replacing struct {
	filling int // openings in advance under way, of all keys

	// What the present event has done:
	filled bool    // an opening in advance has begun
	timer  bool    // it is the pool's timer
	early  *engine // has closed a connection as too old, before the end of its lifetime; nil: none has
}

// opensInAdvance notes that an opening in advance begins.
func (e *engine) opensInAdvance(c *conn) {
	if e.keyed == nil {
		return
	}
	r := &e.keyed.court.replacing
	c.advance, r.filled = true, true
	r.filling++
}

// openedInAdvance notes that such an opening has ended.
func (e *engine) openedInAdvance(c *conn) {
	if c.advance {
		c.advance = false
		e.keyed.court.replacing.filling--
	}
}

// closesEarly notes whether one of the connections that are to be closed is not too old by its
// age, as the pool says that it is.
func (e *engine) closesEarly(all []ledger.Handle) {
	if e.keyed == nil || e.sc.Pool.ReplaceAhead == 0 || e.sc.Pool.MaxAge == 0 {
		return
	}
	for _, h := range all {
		of := e.ownerOf(h)
		shortest := e.sc.Pool.MaxAge - e.sc.Pool.MaxAgeJitter
		if of.ledger.Why(h) == ledger.TooOld && e.now < connOf(h).opened.Add(time.Duration(shortest)) {
			e.keyed.court.replacing.early = of
		}
	}
}

// judgeReplacing looks at what an event has done for ReplaceAhead and for MinIdle. An opening in
// advance needs room among the idle connections of all keys. A connection with a successor is
// closed when that is open, or when it comes back, unless a request for another key waits for
// its place. The timer closes none for a successor: its place may be needed by another key.
func (c *keysCourt) judgeReplacing() error {
	r := &c.replacing
	defer func() { r.filled, r.timer, r.early = false, false, nil }()
	if r.filled {
		idle, tested := c.k.total.Levels().Idle, 0
		for _, x := range c.k.all {
			tested += x.idleTests
		}
		if _, most := c.k.total.Limits(); idle+tested+r.filling > most {
			return fmt.Errorf("a connection is opened in advance with %d idle, %d in a test and %d opened in advance: the limit of all keys is %d", idle, tested, r.filling, most)
		}
	}
	if r.early == nil {
		return nil
	}
	if r.timer {
		return fmt.Errorf("key %d closes an idle connection before the end of its lifetime, and it has no successor", r.early.address)
	}
	for i := range c.queues {
		if i != r.early.address && c.queues[i].oldest() != nil && c.mayOpen(i) {
			return fmt.Errorf("key %d closes a connection that has a successor, while a request for key %d waits for a place", r.early.address, i)
		}
	}
	return nil
}
