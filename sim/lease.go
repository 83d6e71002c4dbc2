package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// granted begins a lease.
func (e *engine) granted(r *request, h ledger.Handle) {
	r.handle = h
	hold := r.hold
	if !e.hasServer() {
		hold = e.served(hold)
	}
	if !connOf(h).alive {
		r.end, hold = fail, e.noticeDelay()
	}
	e.measure.granted(e, r)
	switch r.end {
	case leak:
		e.leaks(r)
		return
	case panicking:
		hold /= 2
	}
	e.holds(r, hold)
}

// holds schedules the end of a part of a lease.
func (e *engine) holds(r *request, d time.Duration) {
	d, cut := e.inTime(r, d)
	if cut && r.end != fail {
		r.end = late
	}
	e.scheduleStep(d, holdDone, r)
}

// visitsServer reports whether a lease goes on with a visit to the server, after the
// holder's own part. A holder that panics, is too late, or has a dead connection does not
// get there.
func (e *engine) visitsServer(r *request) bool {
	return e.hasServer() && !r.visited && (r.end == giveBack || r.end == discard) && connOf(r.handle).alive
}

// noticeDelay returns how long it takes to notice that a connection is dead.
func (e *engine) noticeDelay() time.Duration { return e.sc.World.DeadLatency.sample(e.random.notice) }

// leaks has a client forget its lease, and go on. The request's index is never used
// again, since the lease never ends.
func (e *engine) leaks(r *request) {
	r.alive = false
	e.requests.underway--
	e.measure.leaks(r)
	e.deadlocks.leaks(e)
	if e.calls.on {
		e.callEnded(r)
	}
	e.clientDone(r)
}

// letGo ends a lease. The holder closes the resources that have to be closed then.
func (e *engine) letGo(r *request) {
	h, c := r.handle, connOf(r.handle)
	if r.end == giveBack && !c.alive {
		r.end = fail // it died in use
		if left := c.died.Add(e.noticeDelay()).Sub(e.now); left > 0 && !e.sc.World.DeadLatency.IsZero() {
			e.holds(r, left)
			return
		}
	}
	if r.end == fail || r.end == late {
		r.call.failed = true
	}
	if e.calls.on && e.nests(r) {
		return
	}
	var a ledger.Answer
	name := "discard"
	if r.end == giveBack {
		name = "release"
		e.noteHeard(c)
		a = e.ledger.Release(e.now, h)
	} else {
		if e.sc.Pool.TestSuspects {
			e.ledger.Suspect()
			e.seen("suspect", nil, observe.Event{})
		}
		a = e.ledger.Discard(e.now, h)
	}
	if e.noteEvent() {
		e.show(name, r, observe.Event{Handle: h, Answer: a})
	}
	e.measure.ended(e, r)
	var own ledger.Handle
	if a.Do == ledger.Close {
		own = a.Handle
	}
	e.finish(own, r)
}
