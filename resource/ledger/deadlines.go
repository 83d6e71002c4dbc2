package ledger

// deadlines orders slots by the instants at which Advance must look at them if they are
// idle. An entry's instant is a lower bound. A slot that is lent keeps its entry, although
// it gets a later deadline when it comes back; the entry is corrected when it falls due. So
// a slot in steady use costs one correction in each period, and none at each use.
type deadlines struct{ heap[deadline, deadlineKind] }

type deadline struct {
	at   Instant
	slot *Slot
}

// deadlineKind says which deadlines are meant. A slot has a place in a heap of each kind.
type deadlineKind uint8

const (
	idleDeadlines     deadlineKind = iota // evictions
	idleTestDeadlines                     // tests in the background
	replaceDeadlines                      // slots to replace ahead
)

func newDeadlines(of deadlineKind) deadlines {
	return deadlines{heap[deadline, deadlineKind]{order: of}}
}

func (k deadlineKind) pos(d deadline) *int32 { return k.posOf(d.slot) }

func (k deadlineKind) posOf(s *Slot) *int32 {
	switch k {
	case idleDeadlines:
		return &s.heapPos
	case idleTestDeadlines:
		return &s.details.idleTestPos
	}
	return &s.details.replacePos
}

// before reports whether one deadline comes before another. Slots to replace that are due
// at the same instant come in the order in which they began to open.
func (k deadlineKind) before(a, b deadline) bool {
	return a.at < b.at || a.at == b.at && k == replaceDeadlines && a.slot.id < b.slot.id
}

// clear forgets all entries in O(1). The slots keep their places, which are stale then. So
// has compares the slot as well.
func (h *deadlines) clear() { h.entries = nil }

func (h *deadlines) has(s *Slot) bool {
	i := h.index(s)
	return i >= 0 && i < len(h.entries) && h.entries[i].slot == s
}

func (h *deadlines) index(s *Slot) int { return int(*h.order.posOf(s)) - 1 }

// at returns the bound of a slot that is in the heap.
func (h *deadlines) at(s *Slot) Instant { return h.entries[h.index(s)].at }

func (h *deadlines) push(s *Slot, at Instant) { h.add(deadline{at, s}) }

// set changes a slot's bound.
func (h *deadlines) set(s *Slot, at Instant) {
	i := h.index(s)
	h.entries[i].at = at
	h.fix(i)
}

func (h *deadlines) remove(s *Slot) { h.removeAt(h.index(s)) }
