package ledger

import "github.com/respool/respool/policy"

// Release gives a resource back. The answer is Done; or Close, with the slot
// that has to go: this one, or the one for which there is no place any more; or
// Stale.
func (l *Ledger) Release(now Instant, h Handle) Answer {
	s := l.leased(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	if w, ok := l.ReturnFast(now, s); ok {
		if w != nil {
			l.wake(w)
		}
		return Answer{}
	}
	s.gen++
	s.returned = now
	return l.giveBack(now, s)
}

// ReturnFast is the common case of Release, for whoever knows that its lease is in
// force: the slot becomes idle, or goes to the first in line, whom the caller
// wakes. It returns false, and has changed nothing, if it is not that case.
func (l *Ledger) ReturnFast(now Instant, s *Slot) (next *Waiter, ok bool) {
	if !l.fastReturn || l.wornReason(now, s) != NotClosed {
		return nil, false
	}
	if l.queue.n == 0 {
		if int(l.tally[Idle]) >= l.maxIdle {
			return nil, false
		}
		s.gen++
		s.returned = now
		l.pushIdle(Leased, s)
		if l.eviction != nil || s.until != Never {
			l.setDeadline(now, s)
		}
		raiseMax(&l.peakIdle, l.tally[Idle])
		return nil, true
	}
	s.gen++
	s.uses++
	l.granted++
	l.waitsGranted++
	next = l.queue.pop()
	next.answer = Answer{Do: Granted, Handle: s.handle()}
	return next, true
}

// Discard gives a resource back that is of no use any more. The answer is Close
// or Stale.
func (l *Ledger) Discard(now Instant, h Handle) Answer {
	s := l.endLease(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	return l.close(now, s, Discarded, closeFree)
}

// Detach takes a resource out of the pool for good: it is its holder's now. The
// answer is Done or Stale.
func (l *Ledger) Detach(now Instant, h Handle) Answer {
	s := l.endLease(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	l.stats.Detached++
	l.freePlace(now, s)
	return Answer{}
}

// leased returns the slot of a lease, or nil if the handle is stale (I8).
func (l *Ledger) leased(h Handle) *Slot {
	if s := h.Slot; s != nil && s.gen == h.Gen && s.state == Leased {
		return s
	}
	return nil
}

// endLease makes a handle stale, if it is not yet.
func (l *Ledger) endLease(h Handle) *Slot {
	s := l.leased(h)
	if s != nil {
		s.gen++
	}
	return s
}

// giveBack finds out what becomes of a slot that nobody holds any more: it is
// closed, goes to the first in line, or idle.
func (l *Ledger) giveBack(now Instant, s *Slot) Answer {
	if why := l.slotUnfit(now, s); why != NotClosed {
		return l.close(now, s, why, closeFree)
	}
	s.until = s.expires
	if len(l.gates) > 0 {
		l.setTestFrom(s)
	}
	if w := l.queue.first(); w != nil {
		l.waitsGranted++
		l.answer(w, l.lendOrTest(now, s))
		return Answer{}
	}
	return l.makeIdle(now, s)
}

func (l *Ledger) slotUnfit(now Instant, s *Slot) Reason {
	if l.shut {
		return PoolShut
	}
	if why := l.wornReason(now, s); why != NotClosed {
		return why
	}
	switch {
	case l.active()-int(l.tally[Closing]) > l.maxActive: // since Resize
		return Surplus
	case l.maxIdle == 0 && s.uses > 0: // then nothing is used twice, whoever waits
		return Surplus
	}
	return NotClosed
}

// wornReason is the part of unfit that looks at the slot alone.
func (l *Ledger) wornReason(now Instant, s *Slot) Reason {
	switch {
	case s.resets != l.resets:
		return WasReset
	case now >= s.expires:
		return TooOld
	case s.maxUses > 0 && s.uses >= s.maxUses:
		return WornOut
	}
	return NotClosed
}

// makeIdle makes a slot idle. Where MaxIdle are idle already the one that has been
// so the longest goes, and the one that just came back stays.
func (l *Ledger) makeIdle(now Instant, s *Slot) (a Answer) {
	if int(l.tally[Idle]) >= l.maxIdle {
		if l.maxIdle == 0 {
			return l.close(now, s, Surplus, closeFree)
		}
		oldest := l.idle.back
		l.removeIdle(oldest)
		a = l.close(now, oldest, Surplus, closeFree)
	}
	l.pushIdle(s.state, s)
	if l.eviction != nil || s.until != Never {
		l.setDeadline(now, s)
	}
	l.idleGrew(now)
	raiseMax(&l.peakIdle, l.tally[Idle])
	return a
}

// pushIdle makes a slot idle that is in another state.
func (l *Ledger) pushIdle(from State, s *Slot) {
	l.tally[from]--
	l.tally[Idle]++
	s.state, s.epoch = Idle, l.epoch
	l.idle.pushFront(s)
}

// setDeadline asks the eviction policy about a slot that has become idle. That
// may be later than when it came back: a waiter had it, and cancelled. To the
// policy it came back now, or limits were not in the order of the idle list.
func (l *Ledger) setDeadline(now Instant, s *Slot) {
	s.until = s.expires
	var stay policy.IdleLimit
	if l.eviction != nil {
		facts := s.Facts()
		facts.Returned = now
		stay = l.eviction.IdleLimit(facts)
	}
	soft := Never
	switch {
	case stay.Until == 0:
	case stay.Keep > 0:
		soft = stay.Until
	default:
		s.until = min(s.expires, stay.Until)
	}
	if d := s.details; d != nil {
		d.softAt, d.softKeep = soft, stay.Keep
		l.idles++
		d.idleSeq = l.idles
	}
	l.schedule(s, min(s.until, soft))
}

// schedule has Advance look at an idle slot at an instant. An entry of the heap
// that is earlier will do.
func (l *Ledger) schedule(s *Slot, at Instant) {
	switch {
	case l.heap.has(s):
		if at < l.heap.at(s) {
			l.heap.set(s, at)
			l.setDue(at)
		}
	case at != Never:
		l.heap.push(s, at)
		l.setDue(at)
	}
}

// evict has an idle slot closed as work.
func (l *Ledger) evict(now Instant, s *Slot, why Reason) {
	l.removeIdle(s)
	l.closeLater(now, s, why)
}
