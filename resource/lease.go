package resource

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Lease is the right to use a resource until the lease is released, discarded or
// detached. It is a small value; copies are the same lease, and == reports whether two
// leases are the same. The zero Lease is over from the start. A lease is safe for
// concurrent use; whether its resource is depends on the resource.
//
// A lease that is over stays over: its methods never touch the lease of the next
// holder.
type Lease[T any] struct {
	e    *entry[T]
	word word
}

// Value returns the resource. It panics if the lease is over, which is a mistake
// in the program; see [Lease.ValueOK]. But if [Pool.Terminate] has ended the lease, Value
// returns the resource, which is closed.
func (l Lease[T]) Value() T {
	v, ok := l.ValueOK()
	if !ok {
		if l.e != nil && l.e.word.Load() == l.word|revoked {
			return l.e.val
		}
		panic("resource: Value of a lease that is over")
	}
	return v
}

// ValueOK returns the resource, or false if the lease is over.
func (l Lease[T]) ValueOK() (v T, ok bool) {
	if l.e == nil || l.e.word.Load() != l.word {
		return v, false
	}
	return l.e.val, true
}

// end makes the lease over, and reports whether it was in force. Of several
// goroutines that try, one succeeds.
func (l Lease[T]) end() bool {
	return l.e != nil && l.e.word.CompareAndSwap(l.word, l.word.ended(offLane))
}

// Release gives the resource back, after Config.Cleanup where there is one. If a
// resource must then be closed (this one, or another above MaxIdle), Release closes
// it before it returns. Release reports whether the lease was in force. Called
// again it does nothing and returns false, so a deferred Release after an explicit
// one is harmless.
func (l Lease[T]) Release() bool {
	if l.word.state() == laneLeased {
		e, p := l.e, l.e.pool
		if p.lane.Load() == e {
			if p.clock.needReturnTime && !l.noteReturn() {
				return false
			}
			after := l.word.ended(laneIdle)
			if !e.word.CompareAndSwap(l.word, after) {
				return false
			}
			if p.lane.Load() != e {
				p.reclaim(l, after)
			}
			return true
		}
	}
	if !l.end() {
		return false
	}
	p := l.e.pool
	if p.endHooks {
		return p.releaseHooked(l)
	}
	p.giveBack(l)
	return true
}

// giveBack gives a resource back by way of the ledger. Its lease is over.
//
// The body of Lock is repeated here and in acquire, because a call of Lock would
// not be inlined: the compiler inlines up to a cost of 80, and Lock costs 93.
func (p *core[T]) giveBack(l Lease[T]) {
	timed := p.clock.on
	var now policy.Instant
	var exact bool
	if timed {
		now, exact = p.slowReturnTime(l.e)
	}
	if !p.mu.TryLock() {
		p.mu.lockSlow()
	}
	if timed {
		now = p.returnTimeLocked(now, exact)
	} else {
		now = p.latestEvent
	}
	if l.word.state() == laneLeased || p.lane.Load() != nil {
		p.yieldLaneLocked(l, now)
	}
	next, done := p.ledger.ReturnFast(now, &l.e.slot)
	if next != nil { // the waiter has the resource, and nothing else has changed
		p.mu.Unlock()
		wake(next)
		return
	}
	var a ledger.Answer
	if !done {
		a = p.ledger.Release(now, l.e.slot.Handle())
	}
	if a.Do != ledger.Done || !p.nothingToDoLocked() {
		p.finish(a, p.unlock())
		return
	}
	if p.useLane {
		p.fillLaneLocked(now)
	}
	p.mu.Unlock()
}

// Discard closes the resource instead of giving it back. Use it if the resource is, or
// may be, broken. With Config.TestSuspects all idle resources are then tested before they
// are lent. Discard reports whether the lease was in force.
func (l Lease[T]) Discard() bool {
	if !l.end() {
		return false
	}
	return l.e.pool.discardLeased(l, true)
}

// DiscardSound is Discard for a resource that is not broken, but must not be used any
// more. It says nothing about other resources.
func (l Lease[T]) DiscardSound() bool {
	if !l.end() {
		return false
	}
	return l.e.pool.discardLeased(l, false)
}

// discardLeased discards the resource of a lease that its holder has just ended.
func (p *core[T]) discardLeased(l Lease[T], broken bool) bool {
	l, ok := p.inner(l)
	if ok {
		p.takenOut(EventDiscarded, l)
		p.discard(l, broken)
	}
	return ok
}

// discard closes the resource of a lease that is over.
func (p *core[T]) discard(l Lease[T], broken bool) {
	now := p.lock()
	p.reportUsesLocked(l)
	if broken {
		p.ledger.Suspect()
	}
	a := p.ledger.Discard(now, l.e.slot.Handle())
	p.finish(a, p.unlock())
}

// Detach takes the resource out of the pool and returns it. The pool forgets the
// resource, so the caller closes it, and its place is free. If the lease is over,
// Detach returns the zero T and false.
func (l Lease[T]) Detach() (v T, ok bool) {
	if !l.end() {
		return v, false
	}
	p := l.e.pool
	if l, ok = p.inner(l); !ok {
		return v, false
	}
	p.takenOut(EventDetached, l)
	now := p.lock()
	p.reportUsesLocked(l)
	a := p.ledger.Detach(now, l.e.slot.Handle())
	p.finish(a, p.unlock())
	return l.e.val, true
}

// finish does the work that the end of a lease has caused. Its caller waits for the
// one close that the answer asks for, and for no other.
func (p *core[T]) finish(a ledger.Answer, w ledger.Work) {
	p.performAsync(w)
	switch a.Do {
	case ledger.Done:
	case ledger.Close:
		p.close(a.Handle)
	default:
		panic("resource: a lease ended with " + a.String())
	}
}

// Outdated reports whether the pool would close the resource if it were given back now.
// That is so if the resource is older than its lifetime or worn out, if Reset or Retire
// has replaced it, if it is one too many since a Resize, or if the pool is closed. A
// holder that keeps a resource for a long time may ask now and then, and give it back. It
// takes the pool's lock. Outdated returns true if the lease is over.
func (l Lease[T]) Outdated() bool {
	if l.e == nil {
		return true
	}
	p := l.e.pool
	now := p.lock()
	defer p.unlockDelegating() // the lane is empty, which may be work
	if l.e.word.Load() != l.word {
		return true
	}
	if p.loans != nil {
		l = handleOf(l).loan.lease
	}
	return p.ledger.Unfit(now, &l.e.slot)
}
