package resource

import "github.com/respool/respool/policy"

// A cycle reads the clock once, at the acquire, to know that the resource is not
// past its time; nothing less would be safe. The instant of the return only decides
// from when on the resource is idle. There a lower bound will do: the resource may
// look idle for longer than it is, never for less. In a busy pool that bound is the
// instant of the timer's last tick. In a pool that is not busy nothing ticks, and the
// return reads the clock.
//
// A resource that is too old when it comes back is closed before its release
// returns. So a release by way of the ledger reads the clock if the resource's
// lifetime ends before the next tick. A release to the lane need not: the timer
// empties the lane on time. A resource that goes to a waiter must not be past its
// time either, and only the present time shows that.

// tickState is what the timer knows of the ticks. The pool's lock guards it.
type tickState struct {
	next          policy.Instant // instant of the next tick; Never: the pool does not tick
	grantedAtTick uint64         // leases granted until the last tick
}

// slowReturnTime returns the instant of a return by way of the ledger, exact or a lower
// bound. The pool needs the time, although perhaps not that of a return. Then the instant
// is zero.
func (p *core[T]) slowReturnTime(e *entry[T]) (now policy.Instant, exact bool) {
	last := policy.Instant(p.clock.last.Load())
	switch {
	case p.hadWaiters.Load() || p.clock.hasLifetime && e.slot.Expires() <= last.Add(p.clock.tickInterval):
		return p.readReturnTime(), true
	case last != 0 && !p.clock.exactly:
		return last, false
	case p.clock.needReturnTime || p.clock.hasLifetime:
		return p.readReturnTime(), true
	}
	return 0, false
}

// returnTimeLocked completes what slowReturnTime has found, once the lock is held.
// A resource that goes to a waiter at once must not have been past its time when it
// came back (I10), so for a waiter the instant must be exact.
func (p *core[T]) returnTimeLocked(now policy.Instant, exact bool) policy.Instant {
	waiting := p.ledger.HasWaiters()
	if waiting && !exact {
		now = p.clock.read()
	}
	if waiting != p.hadWaiters.Load() {
		p.hadWaiters.Store(waiting)
	}
	return p.advanceClockLocked(now)
}

// noteReturn notes when the entry in the lane is given back, or a lower bound, if the lease
// is in force. The pool needs that instant.
func (l Lease[T]) noteReturn() bool {
	if l.e.word.Load() != l.word {
		return false
	}
	c := &l.e.pool.clock
	at := c.last.Load()
	switch {
	case at == 0:
		at = int64(l.e.pool.readReturnTime())
	case c.exactly:
		at = int64(c.read())
	}
	if at != l.e.returned.Load() {
		l.e.returned.Store(at)
	}
	return true
}

// readReturnTime reads the clock. If the pool does not tick yet, and this is called
// often enough within a tick interval, the pool starts to tick.
func (p *core[T]) readReturnTime() policy.Instant {
	now := p.clock.read()
	if p.clock.tickInterval == 0 || p.clock.last.Load() != 0 {
		return now
	}
	first := policy.Instant(p.clock.exact.Load())
	if first == 0 || now.Sub(first) >= p.clock.tickInterval {
		p.clock.exact.Store(int64(now))
		p.clock.since.Store(1)
	} else if p.clock.since.Add(1) >= p.clock.ticksFrom {
		p.startTicks(now)
	}
	return now
}

func (p *core[T]) startTicks(now policy.Instant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tickState.next != policy.Never || p.ledger.IsShut() {
		return
	}
	p.tickState = tickState{next: now.Add(p.clock.tickInterval), grantedAtTick: p.ledger.Granted()}
	p.clock.last.Store(int64(now))
	if p.tickState.next < p.timerAt {
		p.armLocked()
	}
}

// tickLocked makes a tick, if one is due. If too few leases were granted since the
// last tick, it ends the ticks instead. The lane is empty.
func (p *core[T]) tickLocked(now policy.Instant) {
	if now < p.tickState.next {
		return
	}
	granted := p.ledger.Granted()
	if granted-p.tickState.grantedAtTick < uint64(p.clock.ticksFrom/2) {
		p.stopTicksLocked()
		return
	}
	p.tickState = tickState{next: now.Add(p.clock.tickInterval), grantedAtTick: granted}
	p.clock.last.Store(int64(now))
}

func (p *core[T]) stopTicksLocked() {
	p.tickState.next = policy.Never
	p.clock.last.Store(0)
}
