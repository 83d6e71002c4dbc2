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
	for w := l.queue.first(); w != nil; w = l.queue.first() {
		l.refuseWaiter(w, Shutdown)
	}
	l.trimming = false
	l.next = Never
}

// Reset replaces all resources. Idle slots are work to be closed. Slots that are
// leased or being opened are closed when they come back, and slots that are being
// tested after the test. They occupy capacity until their close has returned.
func (l *Ledger) Reset(now Instant) {
	if l.shut {
		return
	}
	l.resets++
	l.stats.Resets++
	l.sweep()
	l.scheduleFillIfMinIdle(now)
}
