package resource

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Lease is the right to use a resource, until it is released, discarded or
// detached. It is a small value; copies are the same lease. The zero Lease is
// over from the start.
//
// A lease that is over stays so: its methods never touch the lease of whoever
// has the resource next.
type Lease[T any] struct {
	e    *entry[T]
	word word
}

// Value returns the resource. It panics if the lease is over, which is a mistake
// in the program; see [Lease.ValueOK].
func (l Lease[T]) Value() T {
	v, ok := l.ValueOK()
	if !ok {
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

// Release gives the resource back, after Config.Cleanup where there is one. If
// that means that one must be closed (this one, or another above MaxIdle), Release
// does it before it returns.
// It reports whether the lease was in force. Called again it does nothing and
// returns false, so a deferred Release after an explicit one is harmless.
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
	if p.hasCleanup {
		p.cleanUp(l)
		return true
	}
	p.giveBack(l)
	return true
}

// giveBack gives a resource back by way of the ledger. Its lease is over.
func (p *core[T]) giveBack(l Lease[T]) {
	var now policy.Instant
	exact := false
	if p.clock.on {
		now, exact = p.slowReturnTime(l.e)
	}
	if !p.mu.TryLock() {
		p.mu.lockSlow()
	}
	if p.clock.on {
		waiting := p.ledger.HasWaiters()
		if waiting && !exact {
			now = p.clock.read() // what goes on at once must not have been past its time when it came (I10)
		}
		if waiting != p.hadWaiters.Load() {
			p.hadWaiters.Store(waiting)
		}
		now = p.advanceClock(now)
	}
	if l.word.state() == laneLeased || p.lane.Load() != nil {
		p.yieldLane(l, now)
	}
	var a ledger.Answer
	next, ok := p.ledger.ReturnFast(now, &l.e.slot)
	switch {
	case next != nil: // and nothing else has changed
		p.mu.Unlock()
		next.Tag.(*waiter).ready <- struct{}{}
		return
	case !ok:
		a = p.ledger.Release(now, l.e.slot.Handle())
	}
	if a.Do == ledger.Done && p.nothingToDo() {
		if p.useLane {
			p.fillLane(now)
		}
		p.mu.Unlock()
		return
	}
	p.finish(a, p.unlock())
}

// Discard closes the resource instead of giving it back: it is broken. It reports
// whether the lease was in force.
func (l Lease[T]) Discard() bool {
	if !l.end() {
		return false
	}
	l.e.pool.discard(l)
	return true
}

// discard closes the resource of a lease that is over.
func (p *core[T]) discard(l Lease[T]) {
	now := p.lock()
	p.reportUses(l)
	a := p.ledger.Discard(now, l.e.slot.Handle())
	p.finish(a, p.unlock())
}

// Detach takes the resource out of the pool, which forgets it: from now on the
// caller closes it. Its place is free. It returns false, and no resource, if the
// lease is over.
func (l Lease[T]) Detach() (v T, ok bool) {
	if !l.end() {
		return v, false
	}
	p := l.e.pool
	now := p.lock()
	p.reportUses(l)
	a := p.ledger.Detach(now, l.e.slot.Handle())
	p.finish(a, p.unlock())
	return l.e.val, true
}

// finish does what is left to do after a lease has ended. Its caller waits for the
// one close that the answer asks for, and not for other closes.
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
