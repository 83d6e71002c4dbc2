package sim

import (
	"time"
	"unsafe"

	"github.com/respool/respool/resource/ledger"
)

// conn is the connection behind a slot.
type conn struct {
	slot   ledger.Slot // first: see connOf
	index  int32
	gen    uint32
	of     *engine  // whose connection it is, if there are keys
	opener *request // waits for it to be opened; nil: opened for MinIdle

	open     bool    // as the pool sees it: opened, and not closed yet
	alive    bool    // the server has it
	failing  failure // why the opening under way will fail, if it will
	timedOut bool    // its opening took too long, and nobody waited for it
	hangs    bool    // its close takes longer than the pool waits
	died     Instant // unless it is alive
	began    Instant // when its opening began
	opened   Instant // when it was open
	advance  bool    // its opening is one in advance
	lastUsed Instant
}

// endOpening ends the opening of a connection. It returns the request that waits for it,
// or nil.
func (c *conn) endOpening() *request {
	r := c.opener
	c.opener = nil
	if r != nil {
		r.opening = false
	}
	return r
}

// conns is all connections of a pool.
type conns struct {
	of       *engine // of all of them, if there are keys
	all      []*conn
	free     []int32
	alive    int // connections that the server has
	failures [numFailures]uint64
}

// connOf returns the connection that a slot is the first field of. All slots of a
// simulation come from newSlot.
func connOf(h ledger.Handle) *conn { return (*conn)(unsafe.Pointer(h.Slot)) }

func (cs *conns) newSlot() *ledger.Slot {
	c := new(conn)
	if n := len(cs.free); n > 0 {
		c.index = cs.free[n-1]
		c.gen = cs.all[c.index].gen + 1
		cs.free = cs.free[:n-1]
		cs.all[c.index] = c
	} else {
		c.index = int32(len(cs.all))
		cs.all = append(cs.all, c)
	}
	c.of = cs.of
	return &c.slot
}

// connect has the server have a connection.
func (e *engine) connect(c *conn) {
	c.open, c.alive, c.lastUsed, c.opened = true, true, e.now, e.now
	e.conns.alive++
	e.server.conns++
}

// disconnect has the server no longer have a connection.
func (e *engine) disconnect(c *conn) {
	if c.alive {
		c.alive, c.died = false, e.now
		e.conns.alive--
		e.server.conns--
	}
}

func (e *engine) disconnectAll() {
	for _, c := range e.conns.all {
		e.disconnect(c)
	}
}

// gone ends a connection: its number may be used again.
func (cs *conns) gone(h ledger.Handle) {
	c := connOf(h)
	c.open = false
	cs.free = append(cs.free, c.index)
}

// scheduleDeath schedules a connection's death by itself, and the server's first look
// at whether it is idle.
func (e *engine) scheduleDeath(c *conn) {
	w := &e.sc.World
	if !w.Life.IsZero() {
		e.queue.add(e.now.Add(w.Life.sample(e.random.death)), death, c.index, c.gen)
	}
	if w.IdleTimeout > 0 {
		e.queue.add(e.now.Add(time.Duration(w.IdleTimeout)), idleCheck, c.index, c.gen)
	}
}

// noteHeard notes that the server has heard from a connection.
func (e *engine) noteHeard(c *conn) { c.lastUsed = e.now }

func (e *engine) dies(o event) {
	if c := e.conns.all[o.target]; c.gen == o.gen {
		e.disconnect(c)
	}
}

// checkIdle has the server close a connection that has been idle for too long, or
// schedules the next look.
func (e *engine) checkIdle(o event) {
	c := e.conns.all[o.target]
	if c.gen != o.gen || !c.alive {
		return
	}
	limit := c.lastUsed.Add(time.Duration(e.sc.World.IdleTimeout))
	switch {
	case e.inUse(c):
		e.queue.add(e.now.Add(time.Duration(e.sc.World.IdleTimeout)), idleCheck, c.index, c.gen)
	case limit <= e.now:
		e.disconnect(c)
	default:
		e.queue.add(limit, idleCheck, c.index, c.gen)
	}
}

// inUse reports whether the server hears from a connection all the time.
func (e *engine) inUse(c *conn) bool {
	state := e.ledger.State(&c.slot)
	return state == ledger.Leased || state == ledger.Testing
}
