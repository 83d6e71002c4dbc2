package resource

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// checkLocked verifies the invariants of the ledgers, and what shared knows of them.
func (s *shared[T]) checkLocked() error {
	var ledgers []*ledger.Ledger
	empty := 0
	for i, m := range s.members {
		l := &m.core.ledger
		ledgers = append(ledgers, l)
		switch {
		case m.at != i:
			return fmt.Errorf("%v has the number %d as a member, and is number %d", m.key, m.at, i)
		case m.isEmpty != (l.Empty() && !m.keep):
			return fmt.Errorf("%v is in the list of empty members: %t; %v", m.key, m.isEmpty, l)
		case l.Drained():
			return fmt.Errorf("%v is drained, and a member", m.key)
		}
		if m.isEmpty {
			empty++
		}
	}
	for m := s.empty.front; m != nil; m = m.next {
		empty--
		if m.next != nil && m.next.emptySince < m.emptySince {
			return fmt.Errorf("the list of empty members is out of order at %v", m.key)
		}
	}
	if empty != 0 {
		return fmt.Errorf("%d more are empty than are in the list", empty)
	}
	if s.empty.front != nil && s.timer == nil && !s.closed {
		return fmt.Errorf("a member is empty, and the timer is not set")
	}
	return s.total.Check(ledgers)
}
