package resource

import "context"

// AcquireUrgent is [Pool.Acquire] for callers that go before all others in the queue, such as
// a health check, which has to answer while the pool is overloaded. Urgent callers wait in
// FIFO order among themselves. They starve nobody: if four of them have been served in a row
// while others waited, the first of the others is next. If no caller waits, AcquireUrgent does
// what Acquire does.
//
// Config.MaxWaiters limits the urgent waiters and the other waiters separately, so a queue
// that is full of other waiters refuses no urgent caller. Config.WaitTimeout applies to urgent
// callers as well. Config.Shed refuses no urgent caller: give ctx a deadline, and use
// AcquireUrgent for few callers.
//
// Its errors are those of Acquire without [ErrShed]. It takes the pool's lock. It panics if
// ctx is nil.
func (p *Pool[T]) AcquireUrgent(ctx context.Context) (Lease[T], error) {
	return p.acquireByClass(ctx, acquireMode{waits: true, urgent: true})
}

// AcquireBackground is [Pool.TryAcquire] for work that can wait for a better moment, such as a
// cleanup or a report. It never waits in the queue, so it delays no other caller. It returns a
// [*PoolError] that wraps [ErrReserved] at once in two cases: a caller waits, or fewer than
// Config.Reserve places would be left. A place is left if it is free or has an idle resource.
// Try again after a pause. Once AcquireBackground has begun to open, to test or to close a
// resource, the pool treats its caller like any other.
//
// Its other errors are those of TryAcquire, and it returns ctx.Err() if ctx has ended. It
// takes the pool's lock. It panics if ctx is nil.
func (p *Pool[T]) AcquireBackground(ctx context.Context) (Lease[T], error) {
	return p.acquireByClass(ctx, acquireMode{background: true})
}

// acquireByClass serves urgent and background callers.
func (p *Pool[T]) acquireByClass(ctx context.Context, m acquireMode) (Lease[T], error) {
	refuseNil(ctx)
	if err := ctx.Err(); err != nil {
		return Lease[T]{}, err
	}
	if p.watch == nil {
		return p.acquireOfClass(ctx, m, nil)
	}
	return p.lend(p.acquireByClassWatched(ctx, m))
}

// acquireOfClass empties the lane first: the ledger counts a resource there as leased.
func (p *Pool[T]) acquireOfClass(ctx context.Context, m acquireMode, s *seen) (Lease[T], error) {
	m.unbounded = m.waits && p.openHold.on && p.unbounded(ctx)
	return p.acquireUnlock(ctx, p.lockToLend(), m, s)
}

// acquireByClassWatched is acquireOfClass in a pool that is watched.
func (p *Pool[T]) acquireByClassWatched(ctx context.Context, m acquireMode) (l Lease[T], err error) {
	if !p.watch.observed() {
		l, err = p.acquireOfClass(ctx, m, nil)
		p.noteLease(l)
		return l, err
	}
	begin := p.clock.read()
	s := newSeen(begin)
	err = errUnknownOutcome
	defer func() { p.acquireSeen(ctx, s, l, err) }()
	return p.acquireOfClass(ctx, m, s)
}
