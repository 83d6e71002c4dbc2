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
	refuseNil(ctx)
	if err := ctx.Err(); err != nil {
		return Lease[T]{}, err
	}
	if p.watch == nil {
		return p.acquireBackground(ctx, nil)
	}
	return p.backgroundWatched(ctx)
}

// acquireBackground empties the lane first: the ledger counts a resource there as leased.
func (p *Pool[T]) acquireBackground(ctx context.Context, s *seen) (Lease[T], error) {
	now := p.lockToLend()
	a := p.ledger.AcquireBackground(now)
	p.unlockDelegating()
	return p.follow(ctx, a, acquiring{tests: p.testsBegin(now), seen: s})
}

// backgroundWatched is acquireBackground in a pool that is watched.
func (p *Pool[T]) backgroundWatched(ctx context.Context) (l Lease[T], err error) {
	if !p.watch.observed() {
		l, err = p.acquireBackground(ctx, nil)
		p.noteLease(l)
		return l, err
	}
	begin := p.clock.read()
	s := newSeen(begin)
	err = errUnknownOutcome
	defer func() { p.acquireSeen(ctx, s, l, err) }()
	return p.acquireBackground(ctx, s)
}
