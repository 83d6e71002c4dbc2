package ledger

// A borrow may have several tests, each with a gate that says when it is due. A
// slot keeps the earliest of these instants in testFrom. It remembers when each
// test last passed only where there are several tests.

// gateFrom asks one gate, with the instant at which its own test last passed.
func (l *Ledger) gateFrom(i int, s *Slot) Instant {
	facts := s.Facts()
	if by := s.details.testedBy; by != nil {
		facts.Tested = by[i]
	}
	return l.gates[i].From(facts)
}

// setTestFrom asks all gates. It is called when a slot has come back.
func (l *Ledger) setTestFrom(s *Slot) {
	d := s.details
	d.testFrom = Never
	for i := range l.gates {
		d.testFrom = min(d.testFrom, l.gateFrom(i, s))
	}
}

func (l *Ledger) dueGates(now Instant, s *Slot) (due uint64) {
	for i := range l.gates {
		if now >= l.gateFrom(i, s) {
			due |= 1 << i
		}
	}
	return due
}

// dueTests returns the tests of a borrow that begin now.
func (l *Ledger) dueTests(now Instant, s *Slot) uint64 {
	if l.suspected(s) {
		return l.allGates()
	}
	return l.dueGates(now, s)
}

// openGates notes that all tests have just passed: a new resource counts as tested.
func (l *Ledger) openGates(now Instant, s *Slot) {
	if len(l.gates) > 1 {
		s.details.testedBy = make([]Instant, len(l.gates))
		for i := range s.details.testedBy {
			s.details.testedBy[i] = now
		}
	}
}

// passed notes which tests have passed.
func (l *Ledger) passed(now Instant, s *Slot) {
	l.clear(s)
	d := s.details
	d.tested = now
	for i := range d.testedBy {
		if d.due&(1<<i) != 0 {
			d.testedBy[i] = now
		}
	}
}

// Tested reports the outcome of the tests that an answer asked for, or work. If no
// acquirer waits for it, the answer is Done or Close.
func (l *Ledger) Tested(now Instant, h Handle, v Verdict) Answer {
	s := l.current("Tested", h, Testing, Testing)
	if v != Passed {
		l.Suspect()
	}
	if len(l.idleTests.under) > 0 {
		if i := l.idleTests.index(s); i >= 0 {
			return l.idleTested(now, i, v)
		}
	}
	if v == Passed {
		l.passed(now, s)
	}
	switch {
	case l.shut:
		return l.close(now, s, l.testReason(v, PoolShut), closeRefuse)
	case v == GaveUp:
		return l.replaceUseless(now, s, FailedTest, closeReopen)
	case v == Failed:
		return l.replaceUseless(now, s, FailedTest, closeRetry)
	case s.resets != l.resets:
		return l.replaceUseless(now, s, s.replacedReason(), closeRetry)
	case now >= s.until:
		// The test took too long (I10). The test of the next idle slot, and of each after
		// it, might take too long as well. A new resource needs no test, so the acquirer
		// opens one.
		return l.replaceUseless(now, s, l.staleReason(now, s), closeReopen)
	}
	a := l.grant(s)
	l.scheduleFillIfMinIdle(now) // a pause may have ended
	return a
}

// replaceUseless continues an acquire when s has turned out to be of no use. Without a
// MaxActive, s is closed as work. With one, the acquirer closes s before it goes on, so
// that it takes no more than one place. Other acquirers then find theirs, even if none of
// the idle slots is good.
func (l *Ledger) replaceUseless(now Instant, s *Slot, why Reason, then afterClose) Answer {
	if l.limited() {
		return l.close(now, s, why, then)
	}
	if then == closeRetry {
		mine, good := l.skipStale(now)
		if mine != nil {
			l.closeLater(now, mine, l.staleReason(now, mine))
		}
		if good != nil {
			l.closeLater(now, s, why)
			return l.lendOrTest(now, good)
		}
	}
	l.closeLater(now, s, why)
	if l.hold.holds(now) {
		return l.heldUp()
	}
	return l.open(forCaller)
}

// TestsDue returns the tests that are under way on a slot, by bit, or about to begin.
func (l *Ledger) TestsDue(h Handle) uint64 {
	if d := h.Slot.details; d != nil && l.state(h.Slot) == Testing {
		return d.due
	}
	return 0
}

func (l *Ledger) testReason(v Verdict, passed Reason) Reason {
	if v == Passed {
		return passed
	}
	return FailedTest
}
