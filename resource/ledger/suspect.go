package ledger

// With TestSuspects, one resource that turns out to be broken casts suspicion on those
// that are idle at that moment: the other end may have restarted. They are tested before
// they are lent again, regardless of the gates (I12). So after a restart callers meet one
// broken resource, not one for each idle resource.
//
// A slot remembers the number of suspicions that it is clear of. It is clear of all that
// came before it was opened, came back or passed a test.

// Suspect reports that the other end may be gone. A failed test does so by itself.
func (l *Ledger) Suspect() {
	if l.cfg.TestSuspects {
		l.suspicions++
	}
}

// clear notes that a slot is above all suspicions so far.
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
