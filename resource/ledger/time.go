package ledger

// advanceBatch bounds how many slots one Advance looks at.
const advanceBatch = 64

// NextDeadline returns the instant at which Advance should be called, or Never. It may
// be early, never late (I7).
func (l *Ledger) NextDeadline() Instant { return l.next }

// setDue makes NextDeadline no later than at.
func (l *Ledger) setDue(at Instant) {
	if at < l.next {
		l.next = at
	}
}

// Advance does what has fallen due: it evicts idle slots and has others tested, refuses
// waiters that have waited too long, and opens a resource for MinIdle. It looks at a bounded number
// of slots; while NextDeadline is not later than now, there is more to do.
func (l *Ledger) Advance(now Instant) {
	l.reap(now)
	l.trim(now)
	l.testIdle(now)
	for w := l.queue.first(); w != nil && now >= w.deadline; w = l.queue.first() {
		l.refuseWaiter(w, TimedOut)
	}
	l.fill(now)
	l.next = l.earliest(now)
}

// earliest computes NextDeadline from scratch.
func (l *Ledger) earliest(now Instant) Instant {
	next := Never
	if len(l.heap.entries) > 0 {
		next = l.heap.entries[0].at
	}
	if w := l.queue.first(); w != nil {
		next = min(next, w.deadline)
	}
	if l.minIdle.want > 0 && l.needFill() {
		next = min(next, max(now, l.minIdle.pausedTo))
	}
	if l.mayTestIdle() {
		next = min(next, l.idleTests.due.entries[0].at)
	}
	if l.trimming {
		next = min(next, now)
	}
	return next
}

// reap evicts idle slots that are past their limits, in the order of the deadlines.
// An entry of the heap may be early, or belong to a slot that is in use.
func (l *Ledger) reap(now Instant) {
	for range advanceBatch {
		if len(l.heap.entries) == 0 || l.heap.entries[0].at > now {
			return
		}
		s := l.heap.entries[0].slot
		switch {
		case l.state(s) != Idle:
			l.heap.remove(s) // it gets a new entry when it comes back
		case now >= s.until:
			l.evict(now, s, l.staleReason(now, s))
		case l.pastSoftLimit(now, s):
			longest := l.longestIdle(now, s)
			l.evict(now, longest, l.staleReason(now, longest))
		case now >= s.softAt():
			l.listSoft(s)
		default:
			l.reschedule(s, min(s.until, s.softAt()))
		}
	}
}

func (l *Ledger) reschedule(s *Slot, at Instant) {
	if at == Never {
		l.heap.remove(s)
	} else {
		l.heap.set(s, at)
	}
}
