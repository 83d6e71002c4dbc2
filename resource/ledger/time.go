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
		l.touch()
	}
}

// Advance does the work that is due: it evicts idle slots, has others tested, refuses waiters that have waited
// too long or are shed, and opens a resource for MinIdle. It looks at a bounded number of slots. While
// NextDeadline is not later than now, there is more to do.
func (l *Ledger) Advance(now Instant) {
	l.reap(now)
	l.trim(now)
	l.testIdle(now)
	l.refuseLate(now)
	l.shed(now)
	if l.OpensHeld() {
		l.serve(now)
	}
	l.fill(now)
	l.replace(now)
	l.next = l.earliest(now)
}

// refuseLate refuses waiters that have waited too long. In each class, their deadlines are in
// the order of the queue, apart from those of waiters that stand in front because they have
// rejoined.
func (l *Ledger) refuseLate(now Instant) {
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		for w := range q.waiters {
			if now >= w.deadline {
				l.refuseWaiter(now, w, TimedOut)
			} else if !w.rejoined {
				break
			}
		}
	}
}

// firstDeadline returns the first deadline of a waiter, or Never.
func (l *Ledger) firstDeadline() Instant {
	return min(l.urgent.firstDeadline(), l.queue.firstDeadline())
}

func (q *queue) firstDeadline() Instant {
	first := Never
	for w := range q.waiters {
		first = min(first, w.deadline)
		if !w.rejoined {
			break
		}
	}
	return first
}

// probeAt returns the end of the pause if a waiter could open after it, or Never. With a
// Total, a waiter whose pause is over may still have to wait, for a place of the total.
func (l *Ledger) probeAt(now Instant) Instant {
	if l.hold.probeDue() && l.queue.n > 0 && l.ownRoom() && (l.total == nil || now < l.hold.until) {
		return max(now, l.hold.until)
	}
	return Never
}

// scheduleProbe has Advance called at the end of a pause, if a waiter needs it.
func (l *Ledger) scheduleProbe(now Instant) { l.setDue(l.probeAt(now)) }

// earliest computes NextDeadline from scratch.
func (l *Ledger) earliest(now Instant) Instant {
	next := Never
	if len(l.heap.entries) > 0 {
		next = l.heap.entries[0].at
	}
	next = min(next, l.firstDeadline())
	next = min(next, l.probeAt(now))
	if l.minIdle.want > 0 && l.needFill() {
		next = min(next, l.fillDue(now))
	}
	next = min(next, l.replaceAt())
	next = min(next, l.shedAt())
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
