package ledger

// An acquire in the background has a lower class than all others: it takes only a place
// that no other acquire needs. If an acquire waits, it is refused at once. It is also
// refused unless at least Reserve places of MaxActive are then still free, or have an
// idle slot. It never waits in the queue. So it delays no other acquire, and its own wait
// is bounded (I17).
//
// Once it has a place, it is an acquire like any other, and keeps the place until it has
// an outcome.

// AcquireBackground asks for a resource in the background. The answers are those of an
// Acquire that will not wait. The lane must be empty.
func (l *Ledger) AcquireBackground(now Instant) Answer {
	l.acquires++
	switch {
	case l.shut:
		return l.refuse(Shutdown)
	case l.queue.n > 0:
		return l.refuse(Reserved)
	}
	good := l.evictStale(now)
	switch {
	case l.inUse() >= l.maxActive-l.cfg.Reserve:
		return l.refuse(Reserved)
	case good != nil:
		l.removeIdle(good)
		return l.lendOrTest(now, good)
	case l.mayOpen(now):
		return l.open(forCaller)
	}
	return l.waitOrRefuse(now, nil)
}

// evictStale has the stale slots closed that an acquire finds. Until its close has
// returned, such a slot is in use. It returns the slot that would be lent next, or nil.
func (l *Ledger) evictStale(now Instant) *Slot {
	for range maxStaleScan {
		s := l.idle.first(l.order)
		if s == nil || now < s.until {
			return s
		}
		l.evict(now, s, l.staleReason(now, s))
		l.scheduleFillIfMinIdle(now)
	}
	return nil
}

// inUse returns how many places are neither free nor idle. A slot that is tested in the
// background counts as idle.
func (l *Ledger) inUse() int {
	return l.active() - int(l.tally[Idle]) - len(l.idleTests.under)
}
