package ledger

import "fmt"

// Check verifies the invariants of a Total that a single state can show, and those of
// its ledgers, which the caller names. It walks over the whole state, so it is for tests
// and simulations. Call it between two events, when all touched ledgers were taken.
func (t *Total) Check(ledgers []*Ledger) error {
	for _, l := range ledgers {
		if l.total != t {
			return fmt.Errorf("%v is of another total", l)
		}
		if err := l.Check(); err != nil {
			return err
		}
	}
	for _, check := range []func([]*Ledger) error{t.checkPlaces, t.checkIdle, t.checkWaiting, t.checkHeirs, t.checkTouched, t.checkHungry} {
		if err := check(ledgers); err != nil {
			return fmt.Errorf("%w in %+v", err, t.Levels())
		}
	}
	return nil
}

func (t *Total) checkPlaces(ledgers []*Ledger) error {
	active, leased, waiting, filling, tested := 0, 0, 0, 0, 0
	for _, l := range ledgers {
		active += l.active()
		leased += int(l.tally[Leased])
		waiting += int(l.queue.n)
		tested += len(l.idleTests.under)
		if l.minIdle.filling {
			filling++
		}
		for _, s := range l.live {
			if l.state(s) == Closing && s.details.heir != nil {
				active--
			}
		}
	}
	if active != t.active || active > t.maxActive {
		return fmt.Errorf("T1: %d places are taken, counted are %d, the limit is %d", active, t.active, t.maxActive)
	}
	if leased != t.leased || waiting != t.waiting || filling != t.filling || tested != t.tested {
		return fmt.Errorf("T1: %d are leased, %d wait, %d are opened for MinIdle, %d are tested; counted are %d, %d, %d, %d",
			leased, waiting, filling, tested, t.leased, t.waiting, t.filling, t.tested)
	}
	return nil
}

func (t *Total) checkIdle(ledgers []*Ledger) error {
	idle := 0
	for _, l := range ledgers {
		idle += int(l.tally[Idle])
	}
	n := 0
	var prev *Slot
	for s := t.idle.front; s != nil; prev, s = s, s.details.totalNext {
		l, d := s.details.ledger, s.details
		tested := l.idleTests.index(s) >= 0
		if l.state(s) != Idle && !tested || d.totalPrev != prev || !d.totalListed || d.totalTested != tested {
			return fmt.Errorf("T2: slot %d in the idle list of the total is %v, or linked wrongly", s.id, l.state(s))
		}
		if !tested {
			n++
		}
	}
	if n != idle || n != t.idle.n || t.idle.back != prev || n > t.maxIdle {
		return fmt.Errorf("T2: %d are idle, %d in the list, counted are %d, the limit is %d", idle, n, t.idle.n, t.maxIdle)
	}
	return nil
}

func (t *Total) checkWaiting(ledgers []*Ledger) error {
	n := 0
	for _, l := range ledgers {
		oldest, _ := l.oldestArrival()
		eligible := l.isEligible()
		switch {
		case eligible != (l.eligiblePos > 0):
			return fmt.Errorf("T4: %v is in the heap: %t, should be %t", l, l.eligiblePos > 0, eligible)
		case !eligible:
			continue
		case !t.full():
			return fmt.Errorf("T3: a waiter lacks a place of the total, and there is one: %v", l)
		case l.firstArrival != oldest || t.eligible.entries[l.eligiblePos-1] != l:
			return fmt.Errorf("T4: %v is at a wrong place of the heap", l)
		}
		n++
	}
	if n != len(t.eligible.entries) {
		return fmt.Errorf("T4: %d ledgers are in the heap, should be %d", len(t.eligible.entries), n)
	}
	for i, l := range t.eligible.entries {
		if l.firstArrival < t.eligible.entries[max(0, i-1)/2].firstArrival {
			return fmt.Errorf("T4: the heap is out of order at %d", i)
		}
	}
	return nil
}

func (t *Total) checkHeirs(ledgers []*Ledger) error {
	heirs := map[*Slot]bool{}
	for _, l := range ledgers {
		for _, s := range l.live {
			heir := s.details.heir
			if (heir != nil) != (l.state(s) == Closing && s.state == Closing && s.then == closeHandOver) {
				return fmt.Errorf("T5: slot %d is %v, what follows is %d, and it has an heir: %t", s.id, l.state(s), s.then, heir != nil)
			}
			if heir == nil {
				continue
			}
			to := heir.details.ledger
			if to == l || to.state(heir) != Opening || heir.openedFor != forCaller || heirs[heir] {
				return fmt.Errorf("T5: the heir of slot %d is %v, of the same ledger, or an heir twice", s.id, to.state(heir))
			}
			heirs[heir] = true
		}
	}
	return nil
}

func (t *Total) checkTouched(ledgers []*Ledger) error {
	if t.Touched() {
		return fmt.Errorf("T6: %d ledgers are touched, and were not taken", len(t.touched))
	}
	for _, l := range ledgers {
		if l.touched || l.pending {
			return fmt.Errorf("T6: %v has work that was not taken", l)
		}
	}
	return nil
}

// checkHungry checks that a ledger which lacks MinIdle is on its way to it: it is due,
// or it is hungry, and then the total is full or another ledger is due first.
func (t *Total) checkHungry(ledgers []*Ledger) error {
	hungry, due := 0, false
	for l := t.hungryFirst; l != nil; l = l.hungryNext {
		hungry++
		if !l.hungry {
			return fmt.Errorf("T7: %v is in the list of hungry ledgers, and not marked", l)
		}
	}
	for _, l := range ledgers {
		if l.hungry {
			hungry--
		}
		due = due || l.minIdle.want > 0 && l.next != Never // its Advance feeds the next one
	}
	if hungry != 0 {
		return fmt.Errorf("T7: %d hungry ledgers are not marked", hungry)
	}
	for _, l := range ledgers {
		switch {
		case !l.wantsFill():
		case !t.canFill() && !l.hungry && l.next == Never:
			return fmt.Errorf("T7: %v lacks MinIdle, and is neither due nor hungry", l)
		case t.canFill() && l.next == Never && !(l.hungry && (due || t.filling > 0)):
			return fmt.Errorf("T7: %v lacks MinIdle, there is room, and no ledger is due", l)
		}
	}
	return nil
}
