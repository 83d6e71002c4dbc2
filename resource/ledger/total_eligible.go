package ledger

// eligibleHeap has the ledgers whose first waiter lacks only a place of the total,
// by the arrival of the oldest waiter.
type eligibleHeap struct{ heap[*Ledger, byArrival] }

type byArrival struct{}

var _ order[*Ledger] = byArrival{}

func (byArrival) before(l, m *Ledger) bool { return l.firstArrival < m.firstArrival }
func (byArrival) pos(l *Ledger) *int32     { return &l.eligiblePos }

// first returns the ledger whose oldest waiter has waited longest, or nil.
func (h *eligibleHeap) first() *Ledger {
	if len(h.entries) == 0 {
		return nil
	}
	return h.entries[0]
}

// set puts a ledger, with the arrival of its oldest waiter, where it belongs.
func (h *eligibleHeap) set(l *Ledger, oldest uint64, eligible bool) {
	switch {
	case eligible && l.eligiblePos == 0:
		l.firstArrival = oldest
		h.add(l)
	case eligible && oldest != l.firstArrival:
		l.firstArrival = oldest
		h.fix(int(l.eligiblePos) - 1)
	case !eligible && l.eligiblePos > 0:
		h.remove(l)
	}
}

func (h *eligibleHeap) remove(l *Ledger) { h.removeAt(int(l.eligiblePos) - 1) }
