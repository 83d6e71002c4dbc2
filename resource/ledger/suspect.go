package ledger

// If a resource turns out to be broken, the other end may have restarted. So with
// TestSuspects all resources that are idle at that moment become suspects: each is tested
// before it is lent again, regardless of the gates (I12). After a restart callers then
// meet one broken resource, not one for each idle resource.
//
// Each slot keeps the number of the latest suspicion that it is clear of. Opening, a
// return and a passed test clear a slot of all suspicions so far.

// Suspect reports that the other end may be gone. A failed test does so by itself.
func (l *Ledger) Suspect() {
	if l.cfg.TestSuspects {
		l.suspicions++
	}
}

// clear notes that a slot is clear of all suspicions so far.
func (l *Ledger) clear(s *Slot) {
	if l.cfg.TestSuspects {
		s.details.clearOf = l.suspicions
	}
}

// suspected reports whether a slot must be tested before it is lent, because another
// turned out to be broken.
func (l *Ledger) suspected(s *Slot) bool {
	return l.cfg.TestSuspects && s.details.clearOf != l.suspicions
}
