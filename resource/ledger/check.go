package ledger

import "fmt"

// Check verifies the invariants that a single state can show, and says which one is
// broken and how. It walks over the whole state, so it is for tests and
// simulations. Call it between two events.
func (l *Ledger) Check() error {
	for _, check := range []func() error{
		l.checkTallies, l.checkLimits, l.checkWaiting, l.checkOutcomes, l.checkShut, l.checkTime, l.checkSlots,
		l.checkTwice, l.checkFilling, l.checkForgotten, l.checkIdleTests, l.checkReplacing, l.checkShedding, l.checkUrgent,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("%w in %v", err, l)
		}
	}
	return nil
}

func (l *Ledger) checkTallies() error {
	var tally [numStates]int32
	for i, s := range l.live {
		if int(s.livePos) != i {
			return fmt.Errorf("I1: slot %d has the position %d in the list of live slots, and stands at %d", s.id, s.livePos, i)
		}
		tally[l.state(s)]++
	}
	for st := Opening; st < numStates; st++ {
		if tally[st] != l.tally[st] {
			return fmt.Errorf("I1: %d slots are %v, counted are %d", tally[st], st, l.tally[st])
		}
	}
	n := int32(0)
	var prev *Slot
	for s := l.idle.front; s != nil; prev, s = s, s.next {
		if l.state(s) != Idle || s.prev != prev {
			return fmt.Errorf("I1: slot %d in the idle list is %v, or linked wrongly", s.id, l.state(s))
		}
		n++
	}
	if n != tally[Idle] || l.idle.back != prev {
		return fmt.Errorf("I1: %d slots in the idle list, %d are idle", n, tally[Idle])
	}
	return nil
}

func (l *Ledger) checkLimits() error {
	if l.active() > l.ceiling {
		return fmt.Errorf("I2: %d are active, the limit is %d", l.active(), l.ceiling)
	}
	if l.lane != nil && (l.state(l.lane) != Leased || int(l.tally[Idle]) >= l.maxIdle || l.queue.n > 0 || l.checkReturns) {
		return fmt.Errorf("I2: slot %d is in the lane and %v, %d others are idle of %d, %d wait", l.lane.id, l.state(l.lane), l.tally[Idle], l.maxIdle, l.queue.n)
	}
	if l.excess() && !l.trimming {
		return fmt.Errorf("I2: %d are idle, MaxIdle is %d, and nothing is trimmed", l.tally[Idle], l.maxIdle)
	}
	return nil
}

func (l *Ledger) checkWaiting() error {
	n := int32(0)
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		for t := q.head; t != q.tail; t++ {
			if w := *q.slotOf(t); w != nil {
				n++
				if !w.queued || w.ticket != t {
					return fmt.Errorf("I4: a waiter with ticket %d stands at %d", w.ticket, t)
				}
			}
		}
	}
	if n != l.queue.n {
		return fmt.Errorf("I1: %d wait, counted are %d", n, l.queue.n)
	}
	if n > 0 && l.firstWaiter() == nil {
		return fmt.Errorf("I4: %d wait, and no waiter is first", n)
	}
	if n > 0 && (l.tally[Idle] > 0 || l.room() && !l.OpensHeld()) {
		return fmt.Errorf("I3: %d wait, though something is idle or there is room", n)
	}
	return l.checkHold()
}

// checkHold checks that while openings are held, a waiter that could open is not forgotten.
func (l *Ledger) checkHold() error {
	h := &l.hold
	switch {
	case h.failures == 0 && (h.probe != nil || h.until != 0):
		return fmt.Errorf("I11: opens are not held, and there is a probe or a pause until %v", h.until)
	case h.probe != nil && l.state(h.probe) != Opening:
		return fmt.Errorf("I11: the probe, slot %d, is %v", h.probe.id, l.state(h.probe))
	case h.probeDue() && l.queue.n > 0 && l.room() && l.next > h.until:
		return fmt.Errorf("I11: %d wait for the end of a pause at %v, next is %v", l.queue.n, h.until, l.next)
	}
	return nil
}

// checkOutcomes counts the acquires that are under way, and adds those that
// have ended.
func (l *Ledger) checkOutcomes() error {
	pending := l.queue.n + int32(l.hold.undone)
	for _, s := range l.live {
		switch l.state(s) {
		case Opening:
			if s.openedFor == forCaller {
				pending++
			}
		case Testing:
			if l.idleTests.index(s) < 0 {
				pending++
			}
		case Closing:
			if s.state == Closing && s.then.acquires() {
				pending++
			}
		}
	}
	st := l.Stats()
	ended := st.Granted + st.Canceled + st.Failed
	for _, n := range st.Refused {
		ended += n
	}
	if st.Acquires != ended+uint64(pending) {
		return fmt.Errorf("I5: %d acquires, %d have ended and %d are under way", st.Acquires, ended, pending)
	}
	gone := st.Detached
	for _, n := range st.Closed {
		gone += n
	}
	if here := uint64(l.active() - st.Opening); st.Opened != gone+here {
		return fmt.Errorf("I9: %d were opened, %d closed or detached, and %d are here", st.Opened, gone, here)
	}
	return nil
}

func (l *Ledger) checkShut() error {
	if l.shut && (l.tally[Idle] > 0 || l.queue.n > 0 || l.next != Never) {
		return fmt.Errorf("I6: shut, but %d are idle, %d wait, next is %v", l.tally[Idle], l.queue.n, l.next)
	}
	return nil
}

func (l *Ledger) checkTime() error {
	for i, e := range l.heap.entries {
		if int(e.slot.heapPos) != i+1 {
			return fmt.Errorf("I7: slot %d has the position %d in the heap, and stands at %d", e.slot.id, e.slot.heapPos, i+1)
		}
		if st := l.state(e.slot); st == Opening || st == Closing || st == Gone {
			return fmt.Errorf("I7: slot %d is %v, and has a deadline as an idle one", e.slot.id, st)
		}
		if i > 0 && l.heap.entries[(i-1)/2].at > e.at {
			return fmt.Errorf("I7: the heap is out of order at %d", i)
		}
	}
	for s := l.idle.front; s != nil; s = s.next {
		soft := s.softAt()
		if s.details != nil && int(l.tally[Idle]) <= s.details.softKeep {
			soft = Never
		}
		if at := min(s.until, soft); at < l.next {
			return fmt.Errorf("I7: slot %d is due at %v, next is %v", s.id, at, l.next)
		}
	}
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		if w := q.first(); w != nil && w.deadline < l.next {
			return fmt.Errorf("I7: a waiter is due at %v, next is %v", w.deadline, l.next)
		}
	}
	return nil
}

func (l *Ledger) checkSlots() error {
	for _, s := range l.live {
		if st := l.state(s); (st == Opening || st == Testing) && s.why != NotClosed {
			return fmt.Errorf("I9: slot %d is %v after it was to be closed (%v)", s.id, st, s.why)
		}
	}
	return nil
}

// checkTwice checks the fields that follow from the limits.
func (l *Ledger) checkTwice() error {
	if want := max(l.maxActive, l.active()); l.ceiling != want {
		return fmt.Errorf("I2: up to %d may be active, and %d are of %d", l.ceiling, l.active(), l.maxActive)
	}
	if want := l.shut || l.maxIdle == 0 || l.ceiling > l.maxActive; l.checkReturns != want {
		return fmt.Errorf("I2: returns are looked at closely: %t, should be %t", l.checkReturns, want)
	}
	if want := l.noGates && !l.checkReturns && l.total == nil && l.replacing.superseded == 0 && l.shedding.target == 0 && l.urgent.quiet(); l.fastReturn != want {
		return fmt.Errorf("I2: the common case of Release is taken: %t, should be %t", l.fastReturn, want)
	}
	if want := min(l.cfg.MinIdle, l.maxIdle, l.maxActive); l.minIdle.want != want {
		return fmt.Errorf("I2: MinIdle is %d, as far as the limits allow it is %d", l.minIdle.want, want)
	}
	return nil
}

// checkFilling checks the slots that are being opened for MinIdle, and those that
// were.
func (l *Ledger) checkFilling() error {
	n := 0
	for _, s := range l.live {
		switch st := l.state(s); {
		case (s.openedFor == forMinIdle || s.openedFor == forReplacement) && st == Opening:
			n++
		case s.openedFor == unusedFill && s.uses == 0 && (st == Idle || st == Testing || s.state == Idle):
		case s.openedFor != forNobody && st != Opening:
			return fmt.Errorf("I1: slot %d is %v after %d uses, and counts as just opened (%d)", s.id, st, s.uses, s.openedFor)
		}
	}
	if l.minIdle.filling != (n == 1) || n > 1 {
		return fmt.Errorf("I1: %d are opened for MinIdle or to replace a slot, and one is: %t", n, l.minIdle.filling)
	}
	if vain := l.minIdle.failures + l.minIdle.wasted; (vain == 0) != (l.minIdle.pausedTo == 0) {
		return fmt.Errorf("I7: %d openings in advance came to nothing, and the pause ends at %v", vain, l.minIdle.pausedTo)
	}
	return nil
}

// checkForgotten looks for waiters and slots that have left and are still kept in
// memory.
func (l *Ledger) checkForgotten() error {
	n := int32(0)
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		for _, w := range q.ring {
			if w != nil {
				n++
			}
		}
	}
	if n != l.queue.n {
		return fmt.Errorf("I4: %d waiters are kept, and %d wait", n, l.queue.n)
	}
	for i, s := range l.softIdle.entries {
		if l.state(s) != Idle || int(s.details.softPos) != i+1 || i > 0 && l.softIdle.order.before(s, l.softIdle.entries[(i-1)/2]) {
			return fmt.Errorf("I7: slot %d is %v, stands at %d of those past a soft limit, and has the position %d", s.id, l.state(s), i+1, s.details.softPos)
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

// checkIdleTests checks the slots that are tested in the background, and those that will
// be.
func (l *Ledger) checkIdleTests() error {
	t := &l.idleTests
	if len(t.under) > maxIdleTests {
		return fmt.Errorf("I14: %d are tested in the background", len(t.under))
	}
	for _, u := range t.under {
		if l.state(u.slot) != Testing {
			return fmt.Errorf("I14: slot %d is tested in the background and %v", u.slot.id, l.state(u.slot))
		}
		if u.before != nil && l.state(u.before) != Idle {
			return fmt.Errorf("I14: slot %d goes back to a place before slot %d, which is %v", u.slot.id, u.before.id, l.state(u.before))
		}
	}
	if t.every == 0 {
		return nil
	}
	for i, e := range t.due.entries {
		if int(e.slot.details.idleTestPos) != i+1 || i > 0 && t.due.entries[(i-1)/2].at > e.at || e.at > e.slot.details.idleTestAt {
			return fmt.Errorf("I7: the heap of tests in the background is out of order at %d", i)
		}
		if st := l.state(e.slot); st == Opening || st == Closing || st == Gone {
			return fmt.Errorf("I7: slot %d is %v, and to be tested", e.slot.id, st)
		}
	}
	for s := l.idle.front; s != nil; s = s.next {
		if !t.due.has(s) {
			return fmt.Errorf("I7: slot %d is idle, and never to be tested", s.id)
		}
		if s.next != nil && s.details.idleSeq <= s.next.details.idleSeq {
			return fmt.Errorf("I14: slot %d stands before slot %d, which became idle later", s.id, s.next.id)
		}
	}
	if l.mayTestIdle() && t.due.entries[0].at < l.next {
		return fmt.Errorf("I7: a test is due at %v, next is %v", t.due.entries[0].at, l.next)
	}
	return nil
}
