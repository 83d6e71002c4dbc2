package ledger

// Shut ends the pool: nothing is lent any more, all who wait are refused, and
// what is idle is work to be closed. What is leased, and what is being opened or
// tested, is closed when it comes back (I6). A second call does nothing.
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

// Reset replaces all resources: what is idle is work to be closed, what is
// leased or being opened is closed when it comes back, what is being tested
// after the test. They occupy capacity until then.
func (l *Ledger) Reset(now Instant) {
	if l.shut {
		return
	}
	l.resets++
	l.stats.Resets++
	l.sweep()
	l.scheduleFillIfMinIdle(now)
}
