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
	} else {
		e.opensInAdvance(c)
	}
	takes := e.served(e.sc.World.OpenLatency.sample(e.random.open))
	c.failing = noFailure
	if !e.sc.World.FailLatency.IsZero() {
		if c.failing = e.refuses(); c.failing != noFailure {
			takes = e.failDelay()
		}
	}
	if budget := time.Duration(e.sc.Pool.OpenTimeout); r == nil && budget > 0 && takes > budget {
		c.failing, takes = tookTooLong, budget
	}
	if r != nil && !e.sc.Pool.OpenDetached {
		var cut bool
		if takes, cut = e.inTime(r, takes); cut {
			c.failing = requestEnded
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

// failure is why an opening fails.
type failure uint8

const (
	noFailure failure = iota
	byChance
	serverDown
	serverFull   // it has its maximum of connections
	tookTooLong  // for the pool's OpenTimeout
	requestEnded // its request's timeout is over
	numFailures
)

// noteFailure counts a failed opening, for the pool and for the server.
func (e *engine) noteFailure(why failure) {
	e.conns.failures[why]++
	if why == serverFull {
		e.server.refused++
	}
}

func (e *engine) opensIn(c *conn, takes time.Duration) {
	e.pending++
	e.queue.add(e.now.Add(takes), openDone, c.index, c.gen)
}

// failDelay returns how long a failing opening takes.
func (e *engine) failDelay() time.Duration {
	return paced(e.sc.World.FailLatency.sample(e.random.fail), e.slow)
}

// failsLater lets an opening that the server refuses at its end go on until the time of a
// failing opening is over. It reports false if that time is over already.
func (e *engine) failsLater(c *conn, why failure) bool {
	if c.failing != noFailure || e.sc.World.FailLatency.IsZero() {
		return false
	}
	c.failing = why
	left := e.failDelay() - e.now.Sub(c.began)
	if left > 0 {
		e.opensIn(c, left)
	}
	return left > 0
}

// refuses returns why the server refuses an opening, if it does. Without FailLatency it is
// asked at the end of an opening alone, with it at both ends.
func (e *engine) refuses() failure {
	failed := e.random.openFails.chance(e.sc.World.OpenFailure)
	if why := e.takesNone(); why != noFailure || !failed {
		return why
	}
	return byChance
}

// takesNone returns why the server takes no connection now, if it takes none.
func (e *engine) takesNone() failure {
	w := &e.sc.World
	switch {
	case e.outages > 0:
		return serverDown
	case w.MaxConnections > 0 && e.server.conns >= w.MaxConnections:
		return serverFull
	}
	return noFailure
}

// refusesInTheEnd returns why the server refuses an opening at its end, if it does. With
// FailLatency the random failure was drawn at its beginning.
func (e *engine) refusesInTheEnd() failure {
	if e.sc.World.FailLatency.IsZero() {
		return e.refuses()
	}
	return e.takesNone()
}

func (e *engine) openEnded(o event) {
	c := e.conns.all[o.target]
	why := c.failing
	if why == noFailure {
		why = e.refusesInTheEnd()
	}
	if why != noFailure {
		if !e.failsLater(c, why) {
			e.openFailed(c, why)
		}
		return
	}
	h, r := c.slot.Handle(), c.endOpening()
	e.endsOpening()
	e.openedInAdvance(c)
	e.connect(c)
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

func (e *engine) openFailed(c *conn, why failure) {
	h, r := c.slot.Handle(), c.endOpening()
	e.endsOpening()
	e.openedInAdvance(c)
	e.conns.gone(h)
	e.leavesPlace(e, ledger.NotClosed)
	e.noteFailure(why)
	a := e.ledger.OpenFailed(e.now, h)
	e.seen("open-failed", r, observe.Event{Handle: h, Answer: a})
	e.measure.openFailed(why)
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

// goOn continues a request that was held up, as an acquire of a pool does. The request
// waits, with two exceptions: it is not willing to wait, or its own opening has failed
// and nothing bounds its wait.
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
	r.rejoins = true
	e.proceed(r, a)
	r.rejoins = false
	e.after()
}
