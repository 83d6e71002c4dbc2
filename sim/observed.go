package sim

import (
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// observedRun is an engine as its observer sees it.
type observedRun struct{ e *engine }

var _ observe.Run = observedRun{}

func (o observedRun) Ledger() *ledger.Ledger { return o.e.ledger }

func (o observedRun) Request(w *ledger.Waiter) int { return w.Tag.(*request).number() }

func (o observedRun) Now() Instant { return o.e.now }

func (o observedRun) Events() uint64 { return o.e.events }

func (o observedRun) Audit() error { return o.e.audit() }

func (o observedRun) Deadlock() (at Instant, text string) {
	d := o.e.deadlocks.found
	if d == nil {
		return 0, ""
	}
	return Instant(0).Add(seconds(d.First)), d.String()
}

func (o observedRun) StopFaults() { o.e.stopFaults() }

func (o observedRun) Step() (bool, error) {
	e := o.e
	next, ok := e.queue.next()
	if ok {
		e.now = next.at
		e.handle(next)
	}
	return ok, e.err
}

func (o observedRun) Shut() error {
	e := o.e
	e.ledger.Shut(e.now)
	e.seen("shut", nil, observe.Event{})
	e.after()
	return e.err
}

// stopFaults ends the faults: nothing dies or fails any more, no request arrives,
// leases that leaked are given back, and requests in a deadlock give up. The latencies of opening, closing and testing
// stay; a new latency must be listed here.
func (e *engine) stopFaults() {
	sc := *e.sc
	sc.World = World{OpenLatency: sc.World.OpenLatency, CloseLatency: sc.World.CloseLatency, TestLatency: sc.World.TestLatency}
	sc.Clients = Clients{}
	sc.Workload.Nested = false
	sc.Pool.OpenTimeout = 0 // or a slow opening would fail
	e.sc, e.slow, e.outages, e.arriving = &sc, 1, 0, false
	e.queue.sweep(func(o *event) bool {
		switch o.kind {
		case death, idleCheck, restart, outage, recovery, paceChange, openTimedOut, expired:
			return true
		}
		return e.void(o)
	})
	e.stalls, e.sc.Workload.Timeout = nil, 0
	for _, r := range e.requests.all {
		r.end, r.ends = giveBack, giveBack
		if s := r.handle.Slot; !r.alive && s != nil && s.Handle() == r.handle && e.ledger.State(s) == ledger.Leased {
			r.alive, r.call = true, call{}
			e.requests.underway++
			e.scheduleStep(0, holdDone, r)
		}
	}
	e.deadlocks.leaked = 0
	e.deadlocks.end(e)
	e.breakDeadlocks()
}
