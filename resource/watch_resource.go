package resource

import (
	"context"
	"errors"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// into opens a resource in a slot.
func (p *core[T]) into(ctx context.Context, o opener[T], h ledger.Handle) (err error) {
	if p.watch == nil {
		return o.into(ctx, h)
	}
	begin := p.clock.read()
	err = &OpenError{errNoOpen}
	defer func() { p.watch.opened(ctx, h, begin, err) }()
	return o.into(ctx, h)
}

// opened reports that a call of Open is over.
func (w *watch) opened(ctx context.Context, h ledger.Handle, begin policy.Instant, err error) {
	now := w.clock.read()
	e := Event{Kind: EventOpened, Context: ctx, Took: now.Sub(begin), Resource: uint64(h.Slot.ID()), Err: err}
	if err != nil {
		e.Kind = EventOpenFailed
	} else {
		w.took(e.Took, openTimes)
	}
	w.observeApart(e, now)
}

// notOpened reports that a resource was to be opened, and Open was not called.
func (p *core[T]) notOpened(h ledger.Handle) {
	if p.watch != nil {
		p.watch.opened(p.bgCtx, h, p.clock.read(), &OpenError{errNoOpen})
	}
}

// checkWatched is check in a pool that is watched.
func (p *Pool[T]) checkWatched(ctx context.Context, a ledger.Answer, tested *testTime) (verdict ledger.Verdict) {
	begin := p.clock.read()
	verdict, tested.err = ledger.Failed, errNoTest
	defer func() {
		now := p.clock.read()
		e := Event{Kind: EventTested, Context: ctx, Took: now.Sub(begin), Resource: uint64(a.Handle.Slot.ID())}
		p.watch.took(e.Took, testTimes)
		if verdict != ledger.Passed {
			e.Err = tested.err
		}
		p.watch.observeApart(e, now)
	}()
	return p.checkDue(ctx, a, tested)
}

// errNoTest is the error of a test that ended without one: it panicked, for example.
var errNoTest = errors.New("resource: the borrow test did not return")

// callCloseWatched is callClose in a pool that is watched.
func (p *core[T]) callCloseWatched(h ledger.Handle) (end closeEnd, err error) {
	p.mu.Lock()
	why := p.ledger.Why(h)
	p.mu.Unlock()
	begin := p.clock.read()
	err = errNoClose
	defer func() {
		now := p.clock.read()
		took := now.Sub(begin)
		p.watch.took(took, closeTimes)
		p.watch.observeApart(Event{
			Kind: EventClosed, Took: took, Resource: uint64(h.Slot.ID()),
			Reason: closeReasons[why], Err: err, Abandoned: end == closeTimedOut,
		}, now)
	}()
	return p.endResource(entryOf[T](h.Slot))
}

// errNoClose is the error of a close that ended without an error: it panicked, for example.
var errNoClose = errors.New("resource: the call of Close did not return")

// closeReasons are the ledger's reasons in the words of this package.
var closeReasons = [ledger.NumReasons]CloseReason{
	ledger.IdleTooLong: ClosedIdleTooLong,
	ledger.TooOld:      ClosedTooOld,
	ledger.WornOut:     ClosedWornOut,
	ledger.Surplus:     ClosedSurplus,
	ledger.FailedTest:  ClosedFailedTest,
	ledger.WasReset:    ClosedReset,
	ledger.Retired:     ClosedRetired,
	ledger.Discarded:   ClosedDiscarded,
	ledger.PoolShut:    ClosedPoolClosed,
	ledger.Displaced:   ClosedDisplaced,
}

// release gives a resource back whose lease has just been released, in a pool that is
// watched or cleans up.
func (p *core[T]) release(l Lease[T]) {
	if p.watch == nil {
		p.cleanUp(l)
		return
	}
	e, now := p.leaseEnded(EventReturned, l)
	if !p.watch.observed() {
		p.cleanUp(l)
		return
	}
	defer p.cleanUp(l) // even if the goroutine ends
	p.watch.observe(e, now)
}

// leaseEnded returns the event of a lease that has ended.
func (p *core[T]) leaseEnded(kind EventKind, l Lease[T]) (Event, policy.Instant) {
	now := p.clock.read()
	began := policy.Instant(l.e.returned.Load())
	took := now.Sub(began)
	p.watch.took(took, useTimes)
	return Event{Kind: kind, Took: took, Resource: uint64(l.e.slot.ID())}, now
}

// takenOut reports that a lease has ended with its resource leaving the pool.
func (p *core[T]) takenOut(kind EventKind, l Lease[T]) {
	if p.watch != nil {
		p.watch.observeApart(p.leaseEnded(kind, l))
	}
}
