package ledger

// takeOldest lets an acquirer of l have the place of the slot that has been idle longest.
func (l *Ledger) takeOldest(now Instant) Answer { return l.takeOver(now, l.total.oldestIdle()) }

// takeOver lets an acquirer of l have the place of s, which is not in use and
// may belong to another ledger. The acquirer closes s first. A slot of l is made at
// once, so that the ledger's own limit holds as well (T5). Until s is closed, the
// place in the total is that of s.
func (l *Ledger) takeOver(now Instant, s *Slot) Answer {
	from := s.details.ledger
	why := Displaced
	if from.state(s) == Idle {
		if now >= s.until {
			why = from.staleReason(now, s)
		}
		from.removeIdle(s)
	}
	l.total.active-- // s and its heir count once
	heir := l.open(forCaller).Handle.Slot
	s.details.heir = heir
	a := from.close(now, s, why, closeHandOver)
	from.scheduleFillIfMinIdle(now)
	return a
}

// Heir returns the slot that gets the place of a closing slot of another ledger (T5). It is
// zero if there is none.
func Heir(h Handle) Handle {
	if h.Slot == nil || h.Slot.details == nil || h.Slot.details.heir == nil {
		return Handle{}
	}
	return h.Slot.details.heir.Handle()
}

// handOver continues Closed for a slot whose place goes to another ledger.
func (l *Ledger) handOver(now Instant, s *Slot) Answer {
	heir := s.details.heir
	s.details.heir = nil
	to := heir.details.ledger
	l.total.active++ // from here on s and its heir count each on its own
	l.removeSlot(s)
	var a Answer
	if to.shut {
		to.removeSlot(heir)
		to.lowerCeiling()
		a = to.refuse(Shutdown)
	} else {
		a = Answer{Do: Open, Handle: heir.Handle()}
	}
	l.serve(now) // the ledger has room again, if not the total
	l.scheduleFillIfMinIdle(now)
	return a
}

// disinherit is for a slot whose acquirer has left: when the slot is closed, its
// place is free for anybody. It returns the ledger of that acquirer.
func (l *Ledger) disinherit(now Instant, s *Slot) *Ledger {
	heir := s.details.heir
	s.details.heir, s.then = nil, closeFree
	to := heir.details.ledger
	l.total.active++ // the place stays that of s
	to.removeSlot(heir)
	to.serve(now) // the acquirer's ledger has room again, and others may be idle
	to.scheduleFillIfMinIdle(now)
	return to
}
