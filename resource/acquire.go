package resource

import (
	"context"
	"errors"
	"runtime"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// refuseNil panics if ctx is nil, before the caller takes anything.
func refuseNil(ctx context.Context) {
	if ctx == nil {
		panic("resource: nil context")
	}
}

// Acquire lends a resource. It takes an idle one, opens one where MaxActive leaves
// room, or waits in the queue. Its error is
//
//   - ctx.Err(), if ctx has ended before the call;
//   - an [*OpenError], if Acquire had to open a resource and failed;
//   - a [*PoolError] in all other cases. It says what the pool was like, and wraps
//     ctx.Err(), if ctx has ended meanwhile; [ErrClosed]; [ErrTooManyWaiters],
//     [ErrWaitTimeout] or [ErrShed], which wrap [ErrExhausted]; or a [*HeldError], if
//     openings are held because one has failed: see Config.OpenBackoff.
//
// So compare it with [errors.Is].
//
// Acquire returns soon after ctx ends, provided that Open and the borrow test
// return when ctx ends. With Config.OpenDetached, Open need not. Acquire panics if
// ctx is nil.
func (p *Pool[T]) Acquire(ctx context.Context) (Lease[T], error) {
	refuseNil(ctx)
	if err := ctx.Err(); err != nil {
		return Lease[T]{}, err
	}
	now := p.clock.toLend()
	if e := p.lane.Load(); e != nil {
		if p.testsInLane {
			if w, ok := e.takeForTest(now); ok {
				return p.testInLane(ctx, e, w, now, true)
			}
		} else if l, ok := e.take(now); ok {
			return l, nil
		}
	}
	if p.watch != nil {
		return p.lend(p.acquireWatched(ctx, now, true))
	}
	return p.acquire(ctx, now, true, nil)
}

// TryAcquire is Acquire, but it never waits for a release: where Acquire would
// wait, TryAcquire returns a [*PoolError] that wraps [ErrExhausted]. Its other
// errors are those of Acquire. It may still take time to test an idle resource, to open one, or to close one
// whose place it needs; ctx bounds that time as in Acquire. TryAcquire panics if
// ctx is nil.
func (p *Pool[T]) TryAcquire(ctx context.Context) (Lease[T], error) {
	refuseNil(ctx)
	if !p.servesEnded {
		if err := ctx.Err(); err != nil {
			return Lease[T]{}, err
		}
	}
	now := p.clock.toLend()
	if e := p.lane.Load(); e != nil {
		if p.testsInLane {
			if w, ok := e.takeForTest(now); ok {
				return p.testInLane(ctx, e, w, now, false)
			}
		} else if l, ok := e.take(now); ok {
			return l, nil
		}
	}
	if p.watch != nil {
		return p.lend(p.acquireWatched(ctx, now, false))
	}
	return p.acquire(ctx, now, false, nil)
}

// Do calls f with a resource and gives the resource back when f returns. Do
// discards the resource instead if f returns an error that is or wraps one made by
// [Broken], panics or calls [runtime.Goexit]: after a panic the resource's state is
// unknown. Do returns the error of f, or that of Acquire if there is no resource.
// It panics if ctx or f is nil.
func (p *Pool[T]) Do(ctx context.Context, f func(ctx context.Context, v T) error) error {
	if f == nil {
		panic("resource: nil function")
	}
	lease, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	return use(ctx, lease, f)
}

// use calls f with the resource of a lease, and then ends the lease: see Pool.Do.
func use[T any](ctx context.Context, lease Lease[T], f func(ctx context.Context, v T) error) (err error) {
	usable := false
	defer func() {
		if usable {
			lease.Release()
		} else {
			lease.Discard()
		}
	}()
	err = f(ctx, lease.Value())
	var b *brokenError
	usable = !errors.As(err, &b)
	return err
}

// Broken marks an error that a function returns to [Pool.Do]: the resource is broken,
// and Do discards it. The marked error has the text of err and wraps it. Broken(nil) is
// nil.
func Broken(err error) error {
	if err == nil {
		return nil
	}
	return &brokenError{err}
}

type brokenError struct{ error }

func (b *brokenError) Unwrap() error { return b.error }

// acquire serves a caller that found nothing in the lane. LendFast, and Enqueue in
// acquireWaitingUnlock, are the common cases of the ledger's Acquire: after them
// there is no answer to follow.
func (p *Pool[T]) acquire(ctx context.Context, now policy.Instant, wait bool, s *seen) (Lease[T], error) {
	unbounded := wait && p.openHold.on && p.unbounded(ctx)
	if !p.mu.TryLock() {
		p.mu.lockSlow()
	}
	now = p.advanceClockLocked(now)
	inLane := p.lane.Load() != nil
	if inLane {
		if l, ok := p.tryLaneLocked(now); ok {
			p.mu.Unlock()
			if p.testsInLane {
				return p.testInLane(ctx, l.e, l.word, now, wait)
			}
			return l, nil
		}
	}
	if slot := p.ledger.LendFast(now); slot != nil {
		if inLane {
			p.unlockDelegating() // the slot that left the lane may be work
		} else {
			p.mu.Unlock()
		}
		return leaseOf[T](slot), nil
	}
	m := acquireMode{waits: wait, unbounded: unbounded}
	if p.ledger.OpensHeld() {
		return p.acquireHeldUnlock(ctx, m, s)
	}
	if wait && p.ledger.AtCapacity() {
		return p.acquireWaitingUnlock(ctx, now, m, s)
	}
	return p.acquireNoWaitUnlock(ctx, now, m, s)
}

// acquireMode says how a caller acquires.
type acquireMode struct {
	waits      bool // it is willing to wait
	unbounded  bool // and nothing bounds its wait; known where openings may be held
	urgent     bool // it waits before others
	background bool // it takes only what nobody else needs; then it does not wait
}

// acquireUnlock serves a caller with the lane empty. acquire does the same itself: a waiter's
// path keeps few frames.
func (p *Pool[T]) acquireUnlock(ctx context.Context, now policy.Instant, m acquireMode, s *seen) (Lease[T], error) {
	switch {
	case m.background:
		return p.followUnlock(ctx, p.ledger.AcquireBackground(now), acquiring{tests: p.testsBegin(now), seen: s})
	case p.ledger.OpensHeld():
		return p.acquireHeldUnlock(ctx, m, s)
	case m.waits && p.ledger.AtCapacity():
		return p.acquireWaitingUnlock(ctx, now, m, s)
	}
	return p.acquireNoWaitUnlock(ctx, now, m, s)
}

// acquireNoWaitUnlock serves a caller that finds no resource at once. Either it need not
// wait in the queue, or it is not willing to wait.
func (p *Pool[T]) acquireNoWaitUnlock(ctx context.Context, now policy.Instant, m acquireMode, s *seen) (Lease[T], error) {
	a := p.ledger.Acquire(now, nil)
	return p.followUnlock(ctx, a, acquiring{waits: m.waits, urgent: m.urgent, tests: p.testsBegin(now), seen: s})
}

// followUnlock is follow for an answer that the ledger has just given.
func (p *Pool[T]) followUnlock(ctx context.Context, a ledger.Answer, x acquiring) (Lease[T], error) {
	if a.Do == ledger.Refused {
		var s snapshot
		p.snapshotLocked(&s)
		p.member.countLateLocked()
		p.unlockDelegating()
		return Lease[T]{}, p.refusedBy(&s, a.Why, 0)
	}
	p.unlockDelegating()
	return p.follow(ctx, a, x)
}

// follow does what the ledger answers, until an answer ends the acquire. It keeps
// the pool alive until then, even if this is the program's last use of the pool.
func (p *Pool[T]) follow(ctx context.Context, a ledger.Answer, x acquiring) (Lease[T], error) {
	defer runtime.KeepAlive(p)
	done := p.doneOf(ctx, a)
	var err error
	for {
		switch a.Do {
		case ledger.Granted:
			return leaseOf[T](a.Handle.Slot), nil
		case ledger.Test:
			a = p.test(ctx, done, a, &x.tests)
		case ledger.Open:
			a, err = p.open(p.beforeOpen(ctx, x.seen), done, a.Handle)
			if a.Do == ledger.Held {
				a, err = p.heldUp(ctx, done, &x, err)
			}
		case ledger.Held:
			a, err = p.heldUp(ctx, done, &x, nil)
		case ledger.Close:
			a, err = p.closeFor(ctx, done, a.Handle, x.tests.err)
		case ledger.Refused:
			return Lease[T]{}, p.refused(a.Why, x.waited)
		default:
			panic("resource: an acquire was answered " + a.String())
		}
		if err != nil {
			return Lease[T]{}, err
		}
	}
}
