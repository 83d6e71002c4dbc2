package sim

import "github.com/respool/respool/resource/ledger"

// openFor begins to open a connection, for a request or, where r is nil, for
// MinIdle.
func (e *engine) openFor(r *request, h ledger.Handle) {
	c := connOf(h)
	c.opener, c.began = r, e.now
	if r != nil {
		r.handle = h
	}
	e.pending++
	takes := e.paced(e.sc.World.OpenLatency.sample(e.random.open))
	e.agenda.add(e.now.Add(takes), opened, c.index, c.turn)
}

// refuses reports whether the server lets nobody in. It does not matter what it
// would have done when the opening began.
func (e *engine) refuses() bool {
	w := &e.sc.World
	failed := e.random.openFails.chance(w.OpenFailure)
	return failed || e.downs > 0 || (w.MaxConnections > 0 && e.conns.server >= w.MaxConnections)
}

func (e *engine) openEnded(o occasion) {
	c := e.conns.all[o.who]
	if e.refuses() {
		e.openFailed(c)
		return
	}
	h, r := c.slot.Current(), c.opener
	c.opener = nil
	c.open, c.alive, c.lastUsed = true, true, e.now
	e.conns.server++
	e.conns.opened++
	e.lives(c)
	a := e.ledger.Opened(e.now, h)
	e.seen(Event{Name: "opened", Request: r, Handle: h, Answer: a})
	e.measure.opened(e, c)
	if r != nil {
		e.proceed(r, a)
	}
	e.after()
	if r == nil && a.Do == ledger.Close {
		e.closeRow(&ledger.Work{}, a.Handle, nil)
	}
}

func (e *engine) openFailed(c *conn) {
	h, r := c.slot.Current(), c.opener
	c.opener = nil
	e.conns.gone(h)
	a := e.ledger.OpenFailed(e.now, h)
	e.seen(Event{Name: "open-failed", Request: r, Handle: h, Answer: a})
	e.measure.openFailed(e, r)
	if r != nil {
		e.done(r)
	}
	e.after()
}
