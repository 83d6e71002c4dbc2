package ledger

import "fmt"

// Some facts stand in a ledger twice, so that a common case need not work them
// out. Check does.

// checkTwice looks at what follows from the limits.
func (l *Ledger) checkTwice() error {
	if want := max(l.maxActive, l.active()); l.ceiling != want {
		return fmt.Errorf("I2: up to %d may be active, and %d are of %d", l.ceiling, l.active(), l.maxActive)
	}
	if want := l.shut || l.maxIdle == 0 || l.ceiling > l.maxActive; l.checkReturns != want {
		return fmt.Errorf("I2: returns are looked at closely: %t, should be %t", l.checkReturns, want)
	}
	if want := l.noGates && !l.checkReturns; l.fastReturn != want {
		return fmt.Errorf("I2: the common case of Release is taken: %t, should be %t", l.fastReturn, want)
	}
	if want := min(l.cfg.MinIdle, l.maxIdle, l.maxActive); l.minIdle != want {
		return fmt.Errorf("I2: MinIdle is %d, as far as the limits allow it is %d", l.minIdle, want)
	}
	return nil
}

// checkFilling looks at what is opened for MinIdle, and at what was.
func (l *Ledger) checkFilling() error {
	n := 0
	for _, s := range l.live {
		switch st := l.state(s); {
		case s.openedFor == forMinIdle && st == Opening:
			n++
		case s.openedFor == unusedFill && s.uses == 0 && (st == Idle || st == Testing || s.state == Idle):
		case s.openedFor != forNobody && st != Opening:
			return fmt.Errorf("I1: slot %d is %v after %d uses, and counts as just opened (%d)", s.id, st, s.uses, s.openedFor)
		}
	}
	if l.filling != (n == 1) || n > 1 {
		return fmt.Errorf("I1: %d are opened for MinIdle, and one is: %t", n, l.filling)
	}
	if vain := l.failures + l.wasted; (vain == 0) != (l.fillAt == 0) {
		return fmt.Errorf("I7: %d openings for MinIdle came to nothing, and the pause ends at %v", vain, l.fillAt)
	}
	return nil
}

// checkForgotten looks for what is kept in memory though it has left.
func (l *Ledger) checkForgotten() error {
	n := int32(0)
	for _, w := range l.queue.ring {
		if w != nil {
			n++
		}
	}
	if n != l.queue.n {
		return fmt.Errorf("I4: %d waiters are kept, and %d wait", n, l.queue.n)
	}
	for i, s := range l.softIdle.slots {
		if l.state(s) != Idle || s.details.softPos != i+1 || i > 0 && l.softIdle.before(s, l.softIdle.slots[(i-1)/2]) {
			return fmt.Errorf("I7: slot %d is %v, at %d of those past a soft limit, and believes to be at %d", s.id, l.state(s), i+1, s.details.softPos)
		}
	}
	for _, s := range l.live[len(l.live):cap(l.live)] {
		if s != nil {
			return fmt.Errorf("I9: slot %d has left, and is kept", s.id)
		}
	}
	for _, e := range l.heap.entries[len(l.heap.entries):cap(l.heap.entries)] {
		if e.slot != nil {
			return fmt.Errorf("I7: slot %d has left the heap, and is kept", e.slot.id)
		}
	}
	return nil
}
