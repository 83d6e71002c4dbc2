package resource

import (
	"context"
	"errors"
	"runtime"

	"github.com/respool/respool/policy"
)

// Acquire lends a resource of a key. It takes an idle one of the key; opens one, where the
// limits leave room; takes the place of the resource that has been idle longest under any
// key; or waits. Its errors are those of [Pool.Acquire], where a [*PoolError] also says
// whether the limit of the key or the limit over all keys was reached. Two more are
// possible:
//
//   - a [*PoolError] that wraps [ErrKeyRemoved], if Remove was called for the key meanwhile;
//   - a [*KeyError], if the key has no configuration.
//
// Acquire panics if ctx is nil, and if K is an interface type and the key's value
// cannot be compared.
func (k *Keyed[K, T]) Acquire(ctx context.Context, key K) (Lease[T], error) {
	return k.acquireByClass(ctx, key, acquireMode{waits: true})
}

// AcquireUrgent is Acquire for callers that go before all others in the queue of their key:
// see [Pool.AcquireUrgent]. If only the limit over all keys stands in the way, the keys take
// turns. A key's turn depends on the caller of the key that has waited longest, urgent or
// not. Its errors are those of Acquire without [ErrShed]. It panics if ctx is nil.
func (k *Keyed[K, T]) AcquireUrgent(ctx context.Context, key K) (Lease[T], error) {
	return k.acquireByClass(ctx, key, acquireMode{waits: true, urgent: true})
}

// AcquireBackground is TryAcquire for work that can wait for a better moment: see
// [Pool.AcquireBackground]. It leaves the places that Config.Reserve of the key names, gets
// nothing while a caller of the key waits, and never takes the place of another key's
// resource. Its errors are those of TryAcquire, and [ErrReserved] in a [*PoolError]; and
// ctx.Err(), if ctx has ended. It panics if ctx is nil.
func (k *Keyed[K, T]) AcquireBackground(ctx context.Context, key K) (Lease[T], error) {
	return k.acquireByClass(ctx, key, acquireMode{background: true})
}

func (k *Keyed[K, T]) acquireByClass(ctx context.Context, key K, m acquireMode) (Lease[T], error) {
	refuseNil(ctx)
	if err := ctx.Err(); err != nil {
		return Lease[T]{}, err
	}
	_, bounded := ctx.Deadline() // the user's code, so the lock must not be held
	p, now, err := k.lockPool(key)
	if err != nil {
		return Lease[T]{}, err
	}
	m.unbounded = m.waits && !bounded && !p.openHold.timeout
	return p.lend(k.acquireUnlock(ctx, p, now, m))
}

// TryAcquire is Acquire, but it never waits for a release: where Acquire would wait,
// TryAcquire returns a [*PoolError] that wraps [ErrExhausted]. Like [Pool.TryAcquire] it
// may take time to test a resource, to open one, or to close one whose place it needs. It
// panics if ctx is nil.
func (k *Keyed[K, T]) TryAcquire(ctx context.Context, key K) (Lease[T], error) {
	refuseNil(ctx)
	over := ctx.Err()
	p, now, err := k.lockPool(key)
	if err != nil {
		return Lease[T]{}, err
	}
	if over != nil && !p.servesEnded {
		p.unlockDelegating()
		return Lease[T]{}, over
	}
	return p.lend(k.acquireUnlock(ctx, p, now, acquireMode{}))
}

// Do calls f with a resource of a key, as [Pool.Do] does. It returns the error of Acquire or
// of f.
func (k *Keyed[K, T]) Do(ctx context.Context, key K, f func(ctx context.Context, v T) error) error {
	if f == nil {
		panic("resource: nil function")
	}
	lease, err := k.Acquire(ctx, key)
	if err != nil {
		return err
	}
	return use(ctx, lease, f)
}

// acquireUnlock serves an acquire that has found the pool of its key.
func (k *Keyed[K, T]) acquireUnlock(ctx context.Context, p *Pool[T], now policy.Instant, m acquireMode) (l Lease[T], err error) {
	defer runtime.KeepAlive(k) // the waiters of other keys depend on it, too
	var s *seen
	switch {
	case p.watch == nil:
	case !p.watch.observed():
		defer func() { p.noteLease(l) }()
	default:
		s = newSeen(now)
		err = errUnknownOutcome
		defer func() { p.acquireSeen(ctx, s, l, err) }()
	}
	l, err = p.acquireUnlock(ctx, now, m, s)
	if errors.Is(err, ErrClosed) && !k.Closed() {
		err = removed(err)
	}
	return l, err
}

// removed turns the ErrClosed of a key's pool into ErrKeyRemoved.
func removed(err error) error {
	if e, ok := err.(*PoolError); ok {
		e.Err = ErrKeyRemoved
		return e
	}
	return ErrKeyRemoved
}
