package ledger

// Release gives a resource back. The answer is Done; or Close, with the slot that
// has to go (this one, or the one that has been idle longest if MaxIdle is
// exceeded); or Stale.
//
// The present instant of a return, here and in ReturnFast, may be a lower bound: a pool passes
// its timer's last tick, because reading the clock costs more than the rest. So an idle slot may
// seem to be idle for longer than it is, never for less. A new rule must not need the exact
// instant of a return.
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
	l.clear(s)
	return l.giveBack(now, s)
}

// ReturnFast is the common case of Release, for a caller that knows that its lease
// is in force: the slot becomes idle, or goes to the first waiter, which the caller
// wakes. In any other case it returns false and changes nothing.
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
	s.returned = now // counts if the waiter has left and never uses it
	s.uses++
	l.granted++
	l.waitsGranted++
	next = l.queue.pop()
	next.answer = Answer{Do: Granted, Handle: s.Handle()}
	return next, true
}

// Discard gives back a resource that must not be used again. The answer is Close or
// Stale.
func (l *Ledger) Discard(now Instant, h Handle) Answer {
	s := l.endLease(h)
	if s == nil {
		return Answer{Do: Stale}
	}
	return l.close(now, s, Discarded, closeFree)
}

// Detach takes a resource out of the pool for good: it belongs to its holder now.
// The answer is Done or Stale.
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

// endLease makes the handle of a lease stale. It returns the slot, or nil if the
// handle is stale already.
func (l *Ledger) endLease(h Handle) *Slot {
	s := l.leased(h)
	if s != nil {
		s.gen++
	}
	return s
}

// giveBack decides what becomes of a slot that came back: it is closed, goes to the first
// waiter, or becomes idle.
func (l *Ledger) giveBack(now Instant, s *Slot) Answer {
	if why := l.slotUnfit(now, s); why != NotClosed {
		return l.close(now, s, why, closeFree)
	}
	s.until = s.expires
	if len(l.gates) > 0 {
		l.setTestFrom(s)
	}
	if o := l.olderElsewhere(); o != nil {
		o.waitsGranted++
		o.answer(now, o.firstWaiter(), o.takeOver(now, s))
		return Answer{}
	}
	if w := l.firstWaiter(); w != nil {
		l.waitsGranted++
		l.answer(now, w, l.lendOrTest(now, s))
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
	case l.supersededUnneeded(s):
		return TooOld
	case l.maxIdle == 0 && s.uses > 0: // then no resource is used twice, even if a caller waits
		return Surplus
	}
	return NotClosed
}

// wornReason is the part of slotUnfit that looks at the slot alone.
func (l *Ledger) wornReason(now Instant, s *Slot) Reason {
	switch {
	case s.resets != l.resets:
		return s.replacedReason()
	case now >= s.expires:
		return TooOld
	case s.maxUses > 0 && s.uses >= s.maxUses:
		return WornOut
	}
	return NotClosed
}

// Unfit reports whether a leased slot would be closed if it were given back now. It changes
// nothing.
func (l *Ledger) Unfit(now Instant, s *Slot) bool { return l.slotUnfit(now, s) != NotClosed }
