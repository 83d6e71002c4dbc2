package ledger

// Release gives a resource back. The answer is Done; or Close, with the slot
// that has to go: this one, or the one for which there is no place any more; or
// Stale.
func (l *Ledger) Release(now Instant, h Handle) Answer {
	s := l.endLease(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	s.facts.Returned = now
	return l.giveBack(now, s)
}

// Discard gives a resource back that is of no use any more. The answer is Close
// or Stale.
func (l *Ledger) Discard(now Instant, h Handle) Answer {
	s := l.endLease(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	return l.close(s, Discarded, thenFree)
}

// Detach takes a resource out of the pool for good: it is its holder's now. The
// answer is Done or Stale.
func (l *Ledger) Detach(now Instant, h Handle) Answer {
	s := l.endLease(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	l.stats.Detached++
	l.gone(now, s)
	return Answer{}
}

// endLease makes a handle stale, if it is not yet (I8).
func (l *Ledger) endLease(h Handle) *Slot {
	if s := h.Slot; s != nil && s.gen == h.Gen && s.state == Leased {
		s.gen++
		return s
	}
	return nil
}

// giveBack finds out what becomes of a slot that nobody holds any more: it is
// closed, goes to the first in line, or idle.
func (l *Ledger) giveBack(now Instant, s *Slot) Answer {
	if why := l.unfit(now, s); why != NotClosed {
		return l.close(s, why, thenFree)
	}
	s.until = s.expires
	if len(l.gates) > 0 {
		l.setTestFrom(s)
	}
	if w := l.queue.first(); w != nil {
		l.stats.WaitsGranted++
		l.answer(w, l.lend(now, s))
		return Answer{}
	}
	return l.keep(now, s)
}

func (l *Ledger) unfit(now Instant, s *Slot) Reason {
	switch {
	case l.shut:
		return PoolShut
	case s.resets != l.resets:
		return WasReset
	case now >= s.expires:
		return TooOld
	case s.maxUses > 0 && s.facts.Uses >= s.maxUses:
		return WornOut
	case l.active()-l.tally[Closing] > l.maxActive: // since Resize
		return Surplus
	case l.maxIdle == 0 && s.facts.Uses > 0: // then nothing is used twice, whoever waits
		return Surplus
	}
	return NotClosed
}

// keep makes a slot idle. Where MaxIdle are idle already the one that has been
// so the longest goes, and the one that just came back stays.
func (l *Ledger) keep(now Instant, s *Slot) (a Answer) {
	if l.maxIdle == 0 {
		return l.close(s, Surplus, thenFree)
	}
	if l.tally[Idle] >= l.maxIdle {
		oldest := l.idle.back
		l.idle.remove(oldest)
		a = l.close(oldest, Surplus, thenFree)
	}
	l.move(s, Idle)
	l.idle.pushFront(s)
	l.setDeadline(now, s)
	// One more is idle than before, so one more is beyond the minimum of those
	// past a soft limit.
	if b := l.idle.back; now >= b.softAt && l.tally[Idle] > b.keep {
		l.evict(b, l.staleReason(now, b))
	}
	l.stats.PeakIdle = max(l.stats.PeakIdle, l.tally[Idle])
	return a
}

// setDeadline asks the eviction policy about a slot that has become idle. That
// may be later than when it came back: a waiter had it, and cancelled. To the
// policy it came back now, or limits were not in the order of the idle list.
func (l *Ledger) setDeadline(now Instant, s *Slot) {
	s.softAt = Never
	if l.eviction != nil {
		facts := s.facts
		facts.Returned = now
		stay := l.eviction.Stay(facts)
		switch {
		case stay.Until == 0:
		case stay.Keep > 0:
			s.softAt, s.keep = stay.Until, stay.Keep
		default:
			s.until = min(s.expires, stay.Until)
		}
	}
	at := min(s.until, s.softAt)
	switch {
	case l.heap.has(s):
		if at < l.heap.at(s) {
			l.heap.set(s, at)
			l.due(at)
		}
	case at != Never:
		l.heap.push(s, at)
		l.due(at)
	}
}

// evict has an idle slot closed as work.
func (l *Ledger) evict(s *Slot, why Reason) {
	l.idle.remove(s)
	l.doom(s, why)
}
