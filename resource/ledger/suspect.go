package ledger

// With TestSuspects, one resource that has turned out to be broken casts suspicion on
// those that were idle at that moment: the other end may have restarted. They are tested
// before they are lent again, whatever the gates say (I12). So a caller finds one broken
// resource after a restart, and not one for each that was idle.
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

// suspected reports whether a slot must be tested before it is lent, because of what has
// happened to another.
func (l *Ledger) suspected(s *Slot) bool {
	return l.cfg.TestSuspects && s.details.clearOf != l.suspicions
}
