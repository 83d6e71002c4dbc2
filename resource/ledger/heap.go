package ledger

// heap is a binary heap. Its elements know their places, so each of them can move, or go.
// The first element is entries[0].
type heap[E any, O order[E]] struct {
	entries []E
	order   O
}

// order is what a heap must know of its elements.
type order[E any] interface {
	before(a, b E) bool
	pos(e E) *int32 // the element's place, from 1; zero: not in the heap
}

func (h *heap[E, O]) add(e E) {
	h.entries = append(h.entries, e)
	h.up(len(h.entries) - 1)
}

// fix moves the element at i, which has changed, to its place.
func (h *heap[E, O]) fix(i int) { h.down(h.up(i)) }

func (h *heap[E, O]) removeAt(i int) {
	last := len(h.entries) - 1
	*h.order.pos(h.entries[i]) = 0
	moved := h.entries[last]
	var none E
	h.entries[last] = none
	h.entries = h.entries[:last]
	if i < last {
		h.entries[i] = moved
		h.fix(i)
	}
}

// up moves the element at i to its place above, and returns that place.
func (h *heap[E, O]) up(i int) int {
	e := h.entries[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !h.order.before(e, h.entries[parent]) {
			break
		}
		h.put(i, h.entries[parent])
		i = parent
	}
	h.put(i, e)
	return i
}

func (h *heap[E, O]) down(i int) {
	e := h.entries[i]
	for {
		child := 2*i + 1
		if child >= len(h.entries) {
			break
		}
		if r := child + 1; r < len(h.entries) && h.order.before(h.entries[r], h.entries[child]) {
			child = r
		}
		if !h.order.before(h.entries[child], e) {
			break
		}
		h.put(i, h.entries[child])
		i = child
	}
	h.put(i, e)
}

func (h *heap[E, O]) put(i int, e E) {
	h.entries[i] = e
	*h.order.pos(e) = int32(i + 1)
}
