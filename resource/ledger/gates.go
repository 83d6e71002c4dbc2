package ledger

// A borrow may have several tests, each with a gate that says when it is due. A
// slot keeps the earliest of them in testFrom, and what the gates need to
// remember apart from each other only where there are several.

// gateFrom asks one gate, with its own memory of when it last passed.
func (l *Ledger) gateFrom(i int, s *Slot) Instant {
	facts := s.facts
	if s.tested != nil {
		facts.Tested = s.tested[i]
	}
	return l.gates[i].From(facts)
}

// setTestFrom asks all gates, when a slot has come back.
func (l *Ledger) setTestFrom(s *Slot) {
	s.testFrom = Never
	for i := range l.gates {
		s.testFrom = min(s.testFrom, l.gateFrom(i, s))
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
	s.facts.Tested = now
	if len(l.gates) > 1 {
		s.tested = make([]Instant, len(l.gates))
		for i := range s.tested {
			s.tested[i] = now
		}
	}
}

// passed notes which tests have passed.
func (l *Ledger) passed(now Instant, s *Slot) {
	s.facts.Tested = now
	for i := range s.tested {
		if s.due&(1<<i) != 0 {
			s.tested[i] = now
		}
	}
}
