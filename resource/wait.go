package resource

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// waiter is a goroutine in the queue. The goroutine that settles its answer wakes it,
// once.
type waiter struct {
	ready chan struct{} // in the cache line that the ledger's release touches
	ledger.Waiter
	began atomic.Int64                                    // when the wait began; zero: it has only just begun
	_     [128 - 16 - unsafe.Sizeof(ledger.Waiter{})]byte // two cache lines of its own
}

// wake wakes the goroutine of a waiter whose answer is settled.
func wake(w *ledger.Waiter) { w.Tag.(*waiter).ready <- struct{}{} }

func newWaiter() *waiter {
	w := &waiter{ready: make(chan struct{}, 1)}
	w.Tag = w
	return w
}

// acquireWaitingUnlock is for an acquire that has to wait.
//
// A goroutine resumes with a cold stack, so the path of a waiter that is granted a
// resource keeps few, small frames.
func (p *Pool[T]) acquireWaitingUnlock(ctx context.Context, begin policy.Instant, m acquireMode, s *seen) (Lease[T], error) {
	w := p.waiters.Get().(*waiter)
	w.Unbounded, w.Urgent = m.unbounded, m.urgent
	if !p.ledger.Enqueue(begin, &w.Waiter) { // the queue is full, the pool is closed, or openings are held
		if a := p.ledger.Acquire(begin, &w.Waiter); a.Do != ledger.Wait {
			p.waiters.Put(w)
			return p.followUnlock(ctx, a, acquiring{waits: true, urgent: m.urgent, seen: s})
		}
	}
	p.unlockDelegating()
	if !p.clock.timedLending {
		begin = p.clock.read()
	}
	w.began.Store(int64(max(begin, 1)))
	if done := p.doneOfWaiter(ctx, w, begin, s); done == nil {
		<-w.ready
	} else if !w.wait(done) {
		return p.cancel(ctx, w, begin, 0, s)
	}
	runtime.KeepAlive(p) // a pool with a waiter is not dropped
	waited := p.waited(begin, w)
	s.wait(waited)
	if w.Answer().Do != ledger.Granted {
		a := w.Answer()
		p.waiters.Put(w)
		return p.follow(ctx, a, acquiring{waits: true, urgent: m.urgent, waited: waited, seen: s})
	}
	slot := w.Answer().Handle.Slot
	p.waiters.Put(w)
	return leaseOf[T](slot), nil
}

// wait reports whether the waiter was woken before done. It is not inlined: the
// stack that a select needs would be part of its caller's frame.
//
//go:noinline
func (w *waiter) wait(done <-chan struct{}) bool {
	select {
	case <-w.ready:
		return true
	case <-done:
		return false
	}
}

// doneOfWaiter returns ctx.Done() for a waiter. A context is the user's code. If it
// panics, doneOfWaiter takes the waiter out of the queue. doneOfWaiter is not inlined,
// so that its deferred function is not part of its caller's frame.
//
//go:noinline
func (p *Pool[T]) doneOfWaiter(ctx context.Context, w *waiter, begin policy.Instant, s *seen) <-chan struct{} {
	returned := false
	defer func() {
		if !returned {
			p.cancelWaiter(w, begin, s)
		}
	}()
	done := ctx.Done()
	returned = true
	return done
}

// cancel is for a waiter whose context has ended. If it was refused in the
// meantime, that is the outcome. before is how long the acquire had waited before.
func (p *Pool[T]) cancel(ctx context.Context, w *waiter, begin policy.Instant, before time.Duration, s *seen) (Lease[T], error) {
	a, waited := p.cancelWaiter(w, begin, s)
	if a.Do == ledger.Refused {
		return Lease[T]{}, p.refused(a.Why, before+waited)
	}
	return Lease[T]{}, p.gaveUp(ended(ctx), before+waited)
}

// cancelWaiter takes a waiter out of the queue. The ledger passes on what the waiter was
// given in the meantime.
func (p *Pool[T]) cancelWaiter(w *waiter, begin policy.Instant, s *seen) (a ledger.Answer, waited time.Duration) {
	now := p.lock()
	a = p.ledger.Cancel(now, &w.Waiter)
	work := p.unlock()
	waited = p.waited(begin, w)
	s.wait(waited)
	if w.Answer().Do != ledger.Wait {
		<-w.ready // the wake is on its way, and must not meet the next user of w
	}
	p.waiters.Put(w)
	p.performAsync(work)
	if a.Do == ledger.Close {
		go p.close(a.Handle) // the caller's time is up: it waits for no close
	}
	return a, waited
}

// waited adds a wait to the total, and returns how long it was. The wait has ended, with
// a resource or without.
func (p *core[T]) waited(begin policy.Instant, w *waiter) time.Duration {
	w.began.Store(0)
	d := p.clock.read().Sub(begin)
	p.waitTime.Add(int64(d))
	if p.member != nil {
		p.member.shared.waitTime.Add(int64(d))
	}
	if p.watch != nil {
		p.watch.took(d, waitTimes)
	}
	return d
}
