package ledger

// heap orders slots by their deadlines: the instants at which Advance must look at
// them if they are idle. An entry's instant is a lower bound. A slot that is lent
// keeps its entry, although it gets a later deadline when it comes back; the entry
// is corrected when it falls due. So a slot in steady use costs one correction in
// each period, and none at each use.
type heap struct {
	entries []entry
	of      heapKind
}

// heapKind says which deadlines a heap has. A slot has a place in a heap of each kind.
type heapKind uint8

const (
	idleDeadlines     heapKind = iota // evictions
	idleTestDeadlines                 // tests in the background
	replaceDeadlines                  // slots to replace ahead
)

type entry struct {
	at   Instant
	slot *Slot
}

// pos returns the slot's place in the heap, from 1.
func (h *heap) pos(s *Slot) *int32 {
	switch h.of {
	case idleDeadlines:
		return &s.heapPos
	case idleTestDeadlines:
		return &s.details.idleTestPos
	}
	return &s.details.replacePos
}

// clear forgets all entries in O(1). The slots keep their places, which mean
// nothing any more; has finds out.
func (h *heap) clear() { h.entries = nil }

func (h *heap) has(s *Slot) bool {
	i := int(*h.pos(s)) - 1
	return i >= 0 && i < len(h.entries) && h.entries[i].slot == s
}

// at returns the bound of a slot that is in the heap.
func (h *heap) at(s *Slot) Instant { return h.entries[*h.pos(s)-1].at }

func (h *heap) push(s *Slot, at Instant) {
	h.entries = append(h.entries, entry{at, s})
	h.up(len(h.entries) - 1)
}

// set changes a slot's bound.
func (h *heap) set(s *Slot, at Instant) {
	i := int(*h.pos(s) - 1)
	h.entries[i].at = at
	h.down(h.up(i))
}

func (h *heap) remove(s *Slot) {
	i, last := int(*h.pos(s)-1), len(h.entries)-1
	*h.pos(s) = 0
	moved := h.entries[last]
	h.entries[last] = entry{}
	h.entries = h.entries[:last]
	if i == last {
		return
	}
	h.entries[i] = moved
	h.down(h.up(i))
}

// before reports whether one entry comes before another. Slots to replace that are due
// at the same instant come in the order in which they began to open.
func (h *heap) before(a, b entry) bool {
	return a.at < b.at || a.at == b.at && h.of == replaceDeadlines && a.slot.id < b.slot.id
}

// up moves the entry at i to its place above, and returns that place.
func (h *heap) up(i int) int {
	e := h.entries[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !h.before(e, h.entries[parent]) {
			break
		}
		h.put(i, h.entries[parent])
		i = parent
	}
	h.put(i, e)
	return i
}

func (h *heap) down(i int) {
	e := h.entries[i]
	for {
		child := 2*i + 1
		if child >= len(h.entries) {
			break
		}
		if r := child + 1; r < len(h.entries) && h.before(h.entries[r], h.entries[child]) {
			child = r
		}
		if !h.before(h.entries[child], e) {
			break
		}
		h.put(i, h.entries[child])
		i = child
	}
	h.put(i, e)
}

func (h *heap) put(i int, e entry) {
	h.entries[i] = e
	*h.pos(e.slot) = int32(i + 1)
}
