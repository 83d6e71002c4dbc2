package ledger

import "github.com/respool/respool/policy"

// list is the idle slots, from the one that came back last (front) to the one
// that has been idle longest (back).
type list struct{ front, back *Slot }

func (l *list) pushFront(s *Slot) {
	s.prev, s.next = nil, l.front
	if l.front != nil {
		l.front.prev = s
	} else {
		l.back = s
	}
	l.front = s
}

func (l *list) remove(s *Slot) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		l.front = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		l.back = s.prev
	}
	s.next, s.prev = nil, nil
}

// first returns the slot that is lent next.
func (l *list) first(o policy.Order) *Slot {
	if o == policy.FIFO {
		return l.back
	}
	return l.front
}
