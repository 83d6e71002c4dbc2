package resource

import "context"

// AcquireBackground is [Pool.TryAcquire] for work that can wait for a better moment, such as a cleanup or a
// report. It returns a [*PoolError] that wraps [ErrReserved] at once if a caller waits, or if fewer than
// Config.Reserve places of MaxActive would be left, free or with an idle resource. It never waits in the queue, so
// it delays no other caller. Try again after a pause. Once it has begun to open, to test or to close a resource,
// it is a caller like any other.
//
// Its other errors are those of TryAcquire, and it returns ctx.Err() if ctx has ended. It
// takes the pool's lock. It panics if ctx is nil.
func (p *Pool[T]) AcquireBackground(ctx context.Context) (Lease[T], error) {
	return p.acquireByClass(ctx, acquireMode{background: true})
}

// acquireByClass serves the callers of all classes but the usual one.
func (p *Pool[T]) acquireByClass(ctx context.Context, m acquireMode) (Lease[T], error) {
	refuseNil(ctx)
	if err := ctx.Err(); err != nil {
		return Lease[T]{}, err
	}
	if p.watch == nil {
		return p.lockAndAcquire(ctx, m, nil)
	}
	return p.lend(p.acquireByClassWatched(ctx, m))
}

// lockAndAcquire empties the lane first: the ledger counts a resource there as leased.
func (p *Pool[T]) lockAndAcquire(ctx context.Context, m acquireMode, s *seen) (Lease[T], error) {
	m.unbounded = m.waits && p.openHold.on && p.unbounded(ctx)
	return p.acquireUnlock(ctx, p.lockToLend(), m, s)
}

// acquireByClassWatched is lockAndAcquire in a pool that is watched.
func (p *Pool[T]) acquireByClassWatched(ctx context.Context, m acquireMode) (l Lease[T], err error) {
	if !p.watch.observed() {
		l, err = p.lockAndAcquire(ctx, m, nil)
		p.noteLease(l)
		return l, err
	}
	begin := p.clock.read()
	s := newSeen(begin)
	err = errUnknownOutcome
	defer func() { p.acquireSeen(ctx, s, l, err) }()
	return p.lockAndAcquire(ctx, m, s)
}
