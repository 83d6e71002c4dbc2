package ledger

// A borrow may have several tests, each with a gate that says when it is due. A
// slot keeps the earliest of them in testFrom, and what the gates need to
// remember apart from each other only where there are several.

// gateFrom asks one gate, with its own memory of when it last passed.
func (l *Ledger) gateFrom(i int, s *Slot) Instant {
	facts := s.Facts()
	if by := s.details.testedBy; by != nil {
		facts.Tested = by[i]
	}
	return l.gates[i].From(facts)
}

// setTestFrom asks all gates, when a slot has come back.
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

// openGates starts the gates' memory: a fresh resource counts as tested.
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
	d := s.details
	d.tested = now
	for i := range d.testedBy {
		if d.due&(1<<i) != 0 {
			d.testedBy[i] = now
		}
	}
}
