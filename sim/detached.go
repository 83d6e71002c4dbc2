package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// leaveOpening has a request leave the opening that it waits for. The opening goes on for
// others, for OpenTimeout at most.
func (e *engine) leaveOpening(r *request) {
	h, c := r.handle, connOf(r.handle)
	r.opening, c.opener = false, nil
	r.handle = ledger.Handle{} // another request may get a lease with this handle
	a := e.ledger.Abandon(e.now, h)
	e.seen("abandon", r, observe.Event{Handle: h, Answer: a})
	e.measure.gaveUp(r)
	r.call.failed = true
	e.done(r)
	if budget := time.Duration(e.sc.Pool.OpenTimeout); budget > 0 {
		e.queue.add(e.now.Add(budget), openTimedOut, c.index, c.gen)
	}
	e.after()
}

// openTimeout ends an opening that no request has waited for since OpenTimeout. The event
// at which it would have ended is void.
func (e *engine) openTimeout(o event) {
	if e.void(&o) {
		return
	}
	c := e.conns.all[o.target]
	c.timedOut = true
	e.pending--
	e.openFailed(c, tookTooLong)
}

// opens reports whether an opening is still under way.
func (e *engine) opens(o *event) bool {
	c := e.conns.all[o.target]
	return c.gen == o.gen && !c.timedOut && e.ledger.State(&c.slot) == ledger.Opening
}
