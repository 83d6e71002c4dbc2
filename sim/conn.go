package sim

import (
	"time"
	"unsafe"

	"github.com/respool/respool/resource/ledger"
)

// conn is a connection of the world behind a slot.
type conn struct {
	slot   ledger.Slot // first: see connOf
	index  int32
	gen    uint32
	opener *request // that waits for it to be opened, or nil

	open     bool    // as the pool sees it: opened, and not closed yet
	alive    bool    // as the server sees it
	failing  bool    // the opening under way will fail
	died     Instant // if it is not alive
	began    Instant // to open
	lastUsed Instant
}

// conns is the connections of the world, and what the server counts.
type conns struct {
	all    []*conn
	free   []int32
	server int // connections that the server has
	opened uint64
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
	return &c.slot
}

func (cs *conns) die(c *conn, now Instant) {
	if c.alive {
		c.alive, c.died = false, now
		cs.server--
	}
}

func (cs *conns) allDie(now Instant) {
	for _, c := range cs.all {
		cs.die(c, now)
	}
}

// closing tells the server goodbye.
func (cs *conns) beginClose(h ledger.Handle, now Instant) { cs.die(connOf(h), now) }

// gone ends a connection: its number may be used again.
func (cs *conns) gone(h ledger.Handle) {
	c := connOf(h)
	c.open = false
	cs.free = append(cs.free, c.index)
}

// lives notes when a connection will die by itself, and when the server will
// look whether it still hears of it.
func (e *engine) scheduleDeath(c *conn) {
	w := &e.sc.World
	if !w.Life.IsZero() {
		e.queue.add(e.now.Add(w.Life.sample(e.random.death)), death, c.index, c.gen)
	}
	if w.IdleTimeout > 0 {
		e.queue.add(e.now.Add(time.Duration(w.IdleTimeout)), idleCheck, c.index, c.gen)
	}
}

// heard notes that the server has heard of a connection.
func (e *engine) noteHeard(c *conn) { c.lastUsed = e.now }

func (e *engine) dies(o event) {
	if c := e.conns.all[o.target]; c.gen == o.gen {
		e.conns.die(c, e.now)
	}
}

// silent has the server close a connection that it has not heard of, or look
// again when it may not have.
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
		e.conns.die(c, e.now)
	default:
		e.queue.add(limit, idleCheck, c.index, c.gen)
	}
}

// talking reports whether the server hears of a connection all the time.
func (e *engine) inUse(c *conn) bool {
	state := e.ledger.State(&c.slot)
	return state == ledger.Leased || state == ledger.Testing
}
