package ledger

// Shut ends the pool: no slot is lent any more, all waiters are refused, and idle
// slots are work to be closed. Slots that are leased, or being opened or tested,
// are closed when they come back (I6). A second call does nothing.
func (l *Ledger) Shut(now Instant) {
	if l.shut {
		return
	}
	l.shut = true
	l.setFastPaths()
	l.sweep()
	for w := l.firstWaiter(); w != nil; w = l.firstWaiter() {
		l.refuseWaiter(now, w, Shutdown)
	}
	l.trimming = false
	l.replacing.due.clear()
	l.next = Never
	if l.total != nil {
		l.touch()
		l.total.feed() // the ledger may have been the one to open next
	}
}

// Reset replaces all resources. Idle slots are work to be closed. Slots that are
// leased or being opened are closed when they come back, and slots that are being
// tested after the test. They occupy capacity until their close has returned.
func (l *Ledger) Reset(now Instant) {
	if l.shut {
		return
	}
	if l.resets++; l.resets == retired {
		l.resets = 0
	}
	l.stats.Resets++
	l.sweep()
	l.scheduleFillIfMinIdle(now)
}

// retired, as the resets of a slot, says that Retire has named it. The count of resets
// never gets that high.
const retired = 1<<32 - 1

// Retire replaces one resource. An idle slot is work to be closed. A slot that is
// leased or being opened is closed when it comes back, and one that is being tested
// after the test. A slot that is closing already, or gone, stays as it is.
func (l *Ledger) Retire(now Instant, s *Slot) {
	switch l.state(s) {
	case Idle:
		l.evict(now, s, Retired)
		l.scheduleFillIfMinIdle(now)
	case Opening, Testing, Leased:
		s.resets = retired
	}
}

// replacedReason returns why a slot is closed that Reset or Retire replaces.
func (s *Slot) replacedReason() Reason {
	if s.resets == retired {
		return Retired
	}
	return WasReset
}

// LastID returns the ID of the slot that was the last to begin to open.
func (l *Ledger) LastID() int { return int(l.ids) }

// LiveSlot returns a slot that occupies capacity, by a number below Levels.Active. The
// numbers change when a slot goes: the last slot gets the number of the one that went.
// So a walk from the highest number down to 0 comes to every slot, even if other events
// come between its steps.
func (l *Ledger) LiveSlot(i int) *Slot { return l.live[i] }

// OpenedAt returns the instant at which a slot that occupies capacity was opened, or zero
// if it is still being opened.
func (l *Ledger) OpenedAt(s *Slot) Instant { return l.opened[s.livePos] }
