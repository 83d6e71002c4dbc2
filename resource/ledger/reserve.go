package ledger

// An acquire in the background has a lower class than all others: it takes only what
// nobody else needs. It is answered only while nobody waits, and only if afterwards at
// least Reserve places of MaxActive are free, or have an idle slot. Else it is refused at
// once. It never waits in the queue, so it delays no other acquire, and no wait of its
// own can be without an end (I17).
//
// Once it was answered, it is an acquire as any other: it keeps its place until it has an
// outcome.

// AcquireBackground asks for a resource in the background. The answers are those of an
// Acquire that will not wait. The lane must be empty.
func (l *Ledger) AcquireBackground(now Instant) Answer {
	l.acquires++
	switch {
	case l.shut:
		return l.refuse(Shutdown)
	case l.queue.n > 0 || l.inUse() >= l.maxActive-l.cfg.Reserve:
		return l.refuse(Reserved)
	}
	if a := l.seek(now); a.Do != Wait {
		return a
	}
	return l.waitOrRefuse(now, nil)
}

// inUse returns how many places are neither free nor idle. A slot that is tested in the
// background counts as idle.
func (l *Ledger) inUse() int {
	return l.active() - int(l.tally[Idle]) - len(l.idleTests.under)
}
