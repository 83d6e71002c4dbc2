package ledger

import "fmt"

// state returns the slot's state. A slot that was detached with the whole idle
// list is closing, though nobody has touched it.
func (l *Ledger) state(s *Slot) State {
	if s.state == Idle && s.epoch != l.epoch {
		return Closing
	}
	return s.state
}

// move is the only place where a state changes and a tally with it (I1).
func (l *Ledger) move(s *Slot, to State) {
	l.tally[l.state(s)]--
	l.tally[to]++
	s.state = to
	s.epoch = l.epoch
}

// current panics unless h is current and its slot in one of two states: anything
// else is a mistake of the ledger's owner.
func (l *Ledger) current(event string, h Handle, a, b State) *Slot {
	if h.Slot == nil || h.Gen != h.Slot.gen {
		panic(fmt.Sprintf("ledger: %s of stale %v in %v", event, h, l))
	}
	if st := l.state(h.Slot); st != a && st != b {
		panic(fmt.Sprintf("ledger: %s of %v, which is %v, in %v", event, h, st, l))
	}
	return h.Slot
}

// State returns where the slot stands in l.
func (l *Ledger) State(s *Slot) State { return l.state(s) }
