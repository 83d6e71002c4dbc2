package ledger

// eligibleHeap has the ledgers whose first waiter lacks only a place of the total,
// by the arrival of the oldest waiter.
type eligibleHeap struct{ ledgers []*Ledger }

// first returns the ledger whose oldest waiter has waited longest, or nil.
func (h *eligibleHeap) first() *Ledger {
	if len(h.ledgers) == 0 {
		return nil
	}
	return h.ledgers[0]
}

// set puts a ledger, with the arrival of its oldest waiter, where it belongs.
func (h *eligibleHeap) set(l *Ledger, oldest uint64, eligible bool) {
	switch {
	case eligible && l.eligiblePos == 0:
		l.firstArrival = oldest
		h.ledgers = append(h.ledgers, l)
		h.up(len(h.ledgers) - 1)
	case eligible && oldest != l.firstArrival:
		l.firstArrival = oldest
		h.down(h.up(l.eligiblePos - 1))
	case !eligible && l.eligiblePos > 0:
		h.remove(l)
	}
}

func (h *eligibleHeap) remove(l *Ledger) {
	i, last := l.eligiblePos-1, len(h.ledgers)-1
	l.eligiblePos = 0
	moved := h.ledgers[last]
	h.ledgers[last] = nil
	h.ledgers = h.ledgers[:last]
	if i != last {
		h.put(i, moved)
		h.down(h.up(i))
	}
}

func (h *eligibleHeap) up(i int) int {
	l := h.ledgers[i]
	for i > 0 && l.firstArrival < h.ledgers[(i-1)/2].firstArrival {
		h.put(i, h.ledgers[(i-1)/2])
		i = (i - 1) / 2
	}
	h.put(i, l)
	return i
}

func (h *eligibleHeap) down(i int) {
	l := h.ledgers[i]
	for {
		child := 2*i + 1
		if r := child + 1; r < len(h.ledgers) && h.ledgers[r].firstArrival < h.ledgers[child].firstArrival {
			child = r
		}
		if child >= len(h.ledgers) || h.ledgers[child].firstArrival >= l.firstArrival {
			break
		}
		h.put(i, h.ledgers[child])
		i = child
	}
	h.put(i, l)
}

func (h *eligibleHeap) put(i int, l *Ledger) {
	h.ledgers[i] = l
	l.eligiblePos = i + 1
}
