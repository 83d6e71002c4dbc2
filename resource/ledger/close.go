package ledger

// closing moves a slot that is in no list to Closing. The slot still occupies its
// place (I2).
func (l *Ledger) closing(now Instant, s *Slot, why Reason, then afterClose) {
	if s.openedFor == unusedFill {
		l.closedUnused(now, s, why)
	}
	l.move(s, Closing)
	s.why, s.then, s.openedFor = why, then, forNobody
	if l.heap.has(s) {
		l.heap.remove(s)
	}
	l.idleTests.forget(s)
	l.forgetReplacing(s)
}

// close answers that the caller closes a slot.
func (l *Ledger) close(now Instant, s *Slot, why Reason, then afterClose) Answer {
	l.closing(now, s, why, then)
	return Answer{Do: Close, Handle: s.Handle()}
}

// Why returns the reason for which a closing slot is closed.
func (l *Ledger) Why(h Handle) Reason {
	s := h.Slot
	switch {
	case s.state == Closing:
		return s.why
	case s.state != Idle || s.epoch == l.epoch:
		return NotClosed
	case l.shut && s.epoch == l.epoch-1:
		return PoolShut // cut off by Shut, which cuts off the idle list for the last time
	}
	return WasReset
}

// Closed reports that the close of a slot's resource has returned: its place is
// free. If the caller is an acquirer that needs the place, the answer is its next
// action; else it is Done.
func (l *Ledger) Closed(now Instant, h Handle) Answer {
	return l.closeEnded(now, l.current("Closed", h, Closing, Closing))
}

// CloseTimedOut reports that the close of a slot's resource has taken too long, and that
// its caller no longer waits for it. The place is free, as after Closed, and the answer
// is the same. The slot has left the ledger, so the owner does not report how the close
// ends (I13).
func (l *Ledger) CloseTimedOut(now Instant, h Handle) Answer {
	s := l.current("CloseTimedOut", h, Closing, Closing)
	l.stats.ClosesAbandoned++
	return l.closeEnded(now, s)
}

// closeEnded counts the close of a slot, and frees its place.
func (l *Ledger) closeEnded(now Instant, s *Slot) Answer {
	l.stats.Closed[l.Why(s.Handle())]++
	then := s.then
	if then == closeHandOver {
		return l.handOver(now, s)
	}
	if l.shut && then.acquires() {
		then = closeRefuse
	}
	switch then {
	case closeRefuse:
		l.freePlace(now, s)
		return l.refuse(Shutdown)
	case closeRetry:
		return l.retry(now, s)
	case closeReopen:
		return l.reopen(now, s)
	case closeReplace:
		l.freePlace(now, s)
		l.openInPlace(now)
		return Answer{}
	}
	l.freePlace(now, s)
	return Answer{}
}

// retry lets the acquirer that closed s try another idle slot, or open one in the
// place of s. The acquirer came before all waiters, so the place is its own (I4).
func (l *Ledger) retry(now Instant, s *Slot) Answer {
	mine, good := l.skipStale(now)
	if mine != nil {
		l.closeLater(now, mine, l.staleReason(now, mine))
	}
	if good == nil {
		return l.reopen(now, s)
	}
	l.freePlace(now, s)
	return l.lendOrTest(now, good)
}

// reopen passes the place of s on to a new slot. Even if Resize took the place
// away, the acquirer gets it, because it was promised. Then an idle slot may have
// to go.
func (l *Ledger) reopen(now Instant, s *Slot) Answer {
	if l.hold.holds(now) {
		l.freePlace(now, s)
		return l.heldUp()
	}
	l.removeSlot(s)
	a := l.open(forCaller)
	l.trimSoon(now)
	return a
}

// freePlace frees the place of s. The first waiter gets the place, if there is a
// waiter.
func (l *Ledger) freePlace(now Instant, s *Slot) {
	l.removeSlot(s)
	l.serve(now)
	l.scheduleFillIfMinIdle(now)
}

// serve lets waiters open where there is room.
func (l *Ledger) serve(now Instant) {
	if l.total != nil {
		l.lookAtPause(now)
		l.total.serve(now) // leaves nothing to do below
	}
	for l.queue.n > 0 && l.mayOpen(now) {
		l.waitsGranted++
		l.answer(now, l.firstWaiter(), l.open(forCaller))
	}
	l.scheduleProbe(now)
	l.lowerCeiling()
}

// lowerCeiling moves the ceiling down toward a limit that Resize has lowered (I2).
func (l *Ledger) lowerCeiling() {
	if l.ceiling > l.maxActive {
		l.ceiling = max(l.maxActive, l.active())
		l.setFastPaths()
	}
}

// removeSlot takes a slot out of the ledger, so that it no longer occupies capacity.
func (l *Ledger) removeSlot(s *Slot) {
	if l.heap.has(s) {
		l.heap.remove(s)
	}
	l.idleTests.forget(s)
	l.forgetReplacing(s)
	if l.replacing.closing == s {
		l.replacing.closing = nil
	}
	l.move(s, Gone)
	if l.hold.probe == s {
		l.hold.probe = nil
	}
	last := len(l.live) - 1
	moved := l.live[last]
	l.live[s.livePos], l.opened[s.livePos] = moved, l.opened[last]
	moved.livePos = s.livePos
	l.live[last] = nil
	l.live, l.opened = l.live[:last], l.opened[:last]
	l.freed()
}
