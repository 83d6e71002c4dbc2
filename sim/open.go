package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// openFor begins to open a connection, for a request or, if r is nil, for MinIdle.
func (e *engine) openFor(r *request, h ledger.Handle) {
	c := connOf(h)
	c.opener, c.began = r, e.now
	e.takesPlace()
	e.beginsOpening()
	if r != nil {
		r.handle = h
	}
	takes := e.served(e.sc.World.OpenLatency.sample(e.random.open))
	if c.failing = false; !e.sc.World.FailLatency.IsZero() && e.refuses() {
		c.failing = true
		takes = e.failDelay()
	}
	if budget := time.Duration(e.sc.Pool.OpenTimeout); r == nil && budget > 0 && takes > budget {
		c.failing, takes = true, budget
	}
	if r != nil && !e.sc.Pool.OpenDetached {
		var cut bool
		if takes, cut = e.inTime(r, takes); cut {
			c.failing = true
		}
	}
	e.opensIn(c, takes)
	if r == nil || !e.sc.Pool.OpenDetached {
		return
	}
	if !e.sc.Workload.Patience.IsZero() {
		r.opening = true
		e.queue.add(max(e.now, r.patienceEnds), patienceDone, r.index, r.gen)
	}
	r.opening = r.opening || r.expires > 0
}

func (e *engine) opensIn(c *conn, takes time.Duration) {
	e.pending++
	e.queue.add(e.now.Add(takes), openDone, c.index, c.gen)
}

// failDelay returns how long a failing opening takes.
func (e *engine) failDelay() time.Duration {
	return e.atPace(e.sc.World.FailLatency.sample(e.random.fail))
}

// failsLater lets an opening that the server refuses at its end go on until the time of a
// failing opening is over. It reports false if that time is over already.
func (e *engine) failsLater(c *conn) bool {
	if c.failing || e.sc.World.FailLatency.IsZero() {
		return false
	}
	c.failing = true
	left := e.failDelay() - e.now.Sub(c.began)
	if left > 0 {
		e.opensIn(c, left)
	}
	return left > 0
}

// refuses reports whether the server refuses an opening. Without FailLatency it is
// asked at the end of an opening alone, with it at both ends.
func (e *engine) refuses() bool {
	failed := e.random.openFails.chance(e.sc.World.OpenFailure)
	return failed || e.full()
}

// full reports whether the server is down, or has its maximum of connections.
func (e *engine) full() bool {
	w := &e.sc.World
	return e.outages > 0 || (w.MaxConnections > 0 && e.serverConns() >= w.MaxConnections)
}

// refusesInTheEnd reports whether the server refuses an opening at its end. With
// FailLatency the random failure was drawn at its beginning.
func (e *engine) refusesInTheEnd() bool {
	w := &e.sc.World
	if w.FailLatency.IsZero() {
		return e.refuses()
	}
	return e.full()
}

func (e *engine) openEnded(o event) {
	c := e.conns.all[o.target]
	if c.failing || e.refusesInTheEnd() {
		if !e.failsLater(c) {
			e.openFailed(c)
		}
		return
	}
	h, r := c.slot.Handle(), c.endOpening()
	e.endsOpening()
	c.open, c.alive, c.lastUsed = true, true, e.now
	e.conns.server++
	e.conns.opened++
	e.scheduleDeath(c)
	a := e.ledger.Opened(e.now, h)
	e.seen("opened", r, observe.Event{Handle: h, Answer: a})
	e.measure.opened(e, c)
	if r != nil {
		e.proceed(r, a)
	}
	e.after()
	if r == nil && a.Do == ledger.Close {
		e.startBatch(&ledger.Work{}, a.Handle, nil)
	}
}

func (e *engine) openFailed(c *conn) {
	h, r := c.slot.Handle(), c.endOpening()
	e.endsOpening()
	e.conns.gone(h)
	e.leavesPlace(e, 0)
	a := e.ledger.OpenFailed(e.now, h)
	e.seen("open-failed", r, observe.Event{Handle: h, Answer: a})
	e.measure.openFailed(e)
	switch {
	case r == nil:
	case a.Do == ledger.Held:
		r.failedOpen = true
		e.scheduleStep(0, heldUp, r)
	default:
		e.measure.failedToOpen(r)
		r.call.failed = true
		e.done(r)
	}
	e.after()
}

// goOn goes on with a request that was held up, as an acquire of a pool does: it waits,
// unless it is not willing to, or its own opening has failed and nothing bounds its wait.
func (e *engine) goOn(r *request) {
	failed := r.failedOpen
	r.failedOpen = false
	tooLate := r.expires > 0 && r.expires <= e.now
	if !e.sc.Pool.Wait || r.background || tooLate || failed && r.waiter.Unbounded {
		e.ledger.Withdraw()
		e.seen("withdraw", r, observe.Event{})
		e.measure.failedToOpen(r)
		r.call.failed = true
		e.done(r)
		return
	}
	a := e.ledger.Rejoin(e.now, &r.waiter, r.deadline)
	if a.Do == ledger.Wait {
		r.deadline = r.waiter.Deadline()
	}
	e.seen("rejoin", r, observe.Event{Answer: a})
	e.proceed(r, a)
	e.after()
}
