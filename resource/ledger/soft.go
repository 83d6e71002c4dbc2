package ledger

// A soft limit lets an idle slot stay past the limit while no more than softKeep slots
// are idle. A slot that stays has no deadline any more: it may go when one more slot
// becomes idle. Soft limits may pass in any order, so the slot that is evicted is not
// always the one that has been idle longest. softList is a heap of the slots that stay.
// First comes the slot with the lowest softKeep, and of these the one that has been idle
// longest.
type softList struct{ heap[*Slot, bySoftKeep] }

type bySoftKeep struct{}

var _ order[*Slot] = bySoftKeep{}

func (bySoftKeep) before(s, t *Slot) bool {
	if s.details.softKeep != t.details.softKeep {
		return s.details.softKeep < t.details.softKeep
	}
	return s.details.idleSeq < t.details.idleSeq
}

func (bySoftKeep) pos(s *Slot) *int32 { return &s.details.softPos }

// first returns the slot that goes first, or nil.
func (o *softList) first() *Slot {
	if len(o.entries) == 0 {
		return nil
	}
	return o.entries[0]
}

func (o *softList) remove(s *Slot) { o.removeAt(int(s.details.softPos) - 1) }

// pastSoftLimit reports whether an idle slot is past its soft limit and more slots
// are idle than the limit keeps.
func (l *Ledger) pastSoftLimit(now Instant, s *Slot) bool {
	return s.details != nil && now >= s.details.softAt && int(l.tally[Idle]) > s.details.softKeep
}

// listSoft notes that a slot is past its soft limit and stays.
func (l *Ledger) listSoft(s *Slot) {
	l.reschedule(s, s.until)
	if s.details.softPos == 0 {
		l.softIdle.add(s)
	}
}

// idleGrew is called when the idle count has grown by one. So one more slot past
// its soft limit may have to go.
func (l *Ledger) idleGrew(now Instant) {
	s := l.idle.back
	if !l.pastSoftLimit(now, s) {
		s = l.softIdle.first()
	}
	if s != nil && l.pastSoftLimit(now, s) {
		l.evict(now, s, l.staleReason(now, s))
	}
}

// removeIdle takes a slot off the idle list.
func (l *Ledger) removeIdle(s *Slot) {
	if len(l.idleTests.under) > 0 {
		l.idleTests.left(s)
	}
	l.idle.remove(s)
	if l.total != nil {
		l.total.removeIdle(s)
	}
	if s.details != nil && s.details.softPos > 0 {
		l.softIdle.remove(s)
	}
}

// longestIdle returns the slot that goes first when s is past its soft limit. A
// late Advance finds several such slots, in the order of heap entries, which may be
// early. The slot that has been idle longest goes first, if it is one of them.
func (l *Ledger) longestIdle(now Instant, s *Slot) *Slot {
	if b := l.idle.back; l.pastSoftLimit(now, b) {
		return b
	}
	return s
}
