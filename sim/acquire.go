package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// arrive has the first request of a call arrive at the pool. Its client belongs to the
// instance home.
func (e *engine) arrive(home *engine, client int32) {
	r := e.requests.take()
	r.home, r.client = home, client
	load := &e.sc.Workload
	r.hold, r.patience, r.ends = load.Hold.sample(e.random.hold), load.Patience.sample(e.random.patience), e.drawEnding()
	if e.hasServer() {
		r.service = e.sc.World.Server.Service.sample(e.random.service)
	}
	r.background = load.Background > 0 && e.random.background.chance(load.Background)
	r.waiter.Urgent = load.Urgent > 0 && e.random.urgent.chance(load.Urgent) && !r.background
	e.begin(r)
	e.acquire(r)
}

// acquire has a request acquire a connection.
func (e *engine) acquire(r *request) {
	r.arrived, r.since, r.counted, r.end = e.now, e.now, e.measure.counting, r.ends
	load := &e.sc.Workload
	if load.Timeout > 0 {
		if r.expires == 0 {
			r.expires = e.now.Add(time.Duration(load.Timeout))
		} else if r.expires <= e.now {
			r.call.failed = true // the pool is not asked
			e.done(r)
			return
		}
		e.queue.add(max(e.now, r.expires), expired, r.index, r.gen)
	}
	if e.sc.Pool.OpenDetached && !load.Patience.IsZero() {
		r.patienceEnds = e.now.Add(r.patience)
	}
	r.waiter.Unbounded = e.sc.Pool.OpenBackoff > 0 && load.Patience.IsZero() && load.Timeout == 0 && e.sc.Pool.WaitTimeout == 0
	var w *ledger.Waiter
	if e.sc.Pool.Wait && (e.ledger.AtCapacity() || e.ledger.OpensHeld()) {
		w = &r.waiter
	}
	if r.background {
		a := e.ledger.AcquireBackground(e.now)
		e.seen("background", r, observe.Event{Answer: a})
		e.proceed(r, a)
		e.after()
		return
	}
	a := e.ledger.Acquire(e.now, w)
	if e.noteEvent() {
		e.show("acquire", r, observe.Event{Answer: a, Waits: e.sc.Pool.Wait, Unbounded: r.waiter.Unbounded, Urgent: r.waiter.Urgent})
	}
	e.proceed(r, a)
	e.after()
}

// scheduleStep schedules the end of a request's present step.
func (e *engine) scheduleStep(d time.Duration, w kind, r *request) {
	e.pending++
	e.queue.add(e.now.Add(d), w, r.index, r.gen)
}

// proceed follows the ledger's answer to a request.
func (e *engine) proceed(r *request, a ledger.Answer) {
	if r.queued && a.Do != ledger.Wait {
		r.waited += e.now.Sub(r.since)
		e.leavesQueue(r, a.Do != ledger.Refused)
	}
	r.since = e.now
	switch a.Do {
	case ledger.Wait:
		e.joinsQueue(r)
		if !e.sc.Workload.Patience.IsZero() {
			if r.patienceEnds == 0 {
				r.patienceEnds = e.now.Add(r.patience)
			}
			e.queue.add(max(e.now, r.patienceEnds), patienceDone, r.index, r.gen)
		}
	case ledger.Open:
		e.openFor(r, a.Handle)
	case ledger.Test:
		r.handle, r.due = a.Handle, a.Due
		var takes time.Duration
		takes, r.testCut = e.inTime(r, e.testDelay(connOf(a.Handle)))
		e.scheduleStep(takes, testDone, r)
	case ledger.Close:
		e.closesFor(r, a.Handle)
	case ledger.Held:
		e.scheduleStep(0, heldUp, r)
	case ledger.Granted:
		e.granted(r, a.Handle)
	case ledger.Refused:
		e.measure.refused(r, a.Why)
		r.call.failed = true
		e.done(r)
	}
}

// progress ends a step of a request, or an opening for MinIdle.
func (e *engine) progress(o event) {
	if (o.kind == openDone || o.kind == closeDone) && e.void(&o) {
		return
	}
	e.pending--
	if o.kind == openDone {
		e.openEnded(o)
		return
	}
	r := e.requests.all[o.target]
	switch o.kind {
	case testDone:
		e.testEnded(r)
	case closeDone:
		r.closes = 0
		e.proceed(r, e.closeEnded(r, r.handle))
		e.after()
	case holdDone:
		if e.visitsServer(r) {
			e.visits(r)
			return
		}
		e.letGo(r)
	case heldUp:
		e.goOn(r)
	case tryAgain:
		e.again(r)
	}
}

// patienceEnded has a request leave the queue, or its opening. The event is void if the
// request no longer waits.
func (e *engine) patienceEnded(o event) {
	if e.void(&o) {
		return
	}
	e.leaves(e.requests.all[o.target])
}

// leaves has a request leave the queue, or its opening.
func (e *engine) leaves(r *request) {
	if r.opening {
		e.leaveOpening(r)
		return
	}
	a := e.ledger.Cancel(e.now, &r.waiter)
	e.seen("cancel", r, observe.Event{Answer: a})
	e.leavesQueue(r, false)
	e.measure.gaveUp(r)
	r.call.failed = true
	e.done(r)
	e.after()
}

// joinsQueue and leavesQueue note that a request waits. served says that it has not waited
// in vain.
func (e *engine) joinsQueue(r *request) {
	r.queued = true
	if e.keyed != nil {
		e.keyed.court.joins(e, r)
	}
	if r.call.depth > 0 {
		e.deadlocks.block(e, r)
	}
}

func (e *engine) leavesQueue(r *request, served bool) {
	r.queued = false
	if e.keyed != nil {
		e.keyed.court.leaves(e, r, served)
	}
	if r.call.depth > 0 {
		e.deadlocks.unblock(e, r)
	}
}
