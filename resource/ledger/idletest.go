package ledger

import (
	"slices"
	"time"
)

// Idle slots can be tested in the background: a slot that has been idle for
// Config.TestIdleEvery, and was not tested in the background meanwhile, is work to be
// tested. No caller waits for such a test. Until it is reported, the slot is Testing, so
// it is not lent (I14). A slot that passes takes its place in the idle list again, and
// its time without use goes on. Only a few are tested at a time, so most of the idle
// slots stay at hand for acquirers. While an acquire waits, no slot is idle (I3), so no
// test begins then, and a test that ends gives the slot to the first waiter.

// At most maxIdleTests slots are tested in the background at a time, and at most one
// in idleTestShare of the slots that are idle or tested in this way. One slot is
// always few enough.
const (
	maxIdleTests  = 4
	idleTestShare = 2
)

// idleTests is the ledger's state about tests in the background.
type idleTests struct {
	every time.Duration // zero: there are none
	// due orders slots by when their next test is due. As in the heap of deadlines, an
	// entry is a lower bound, and a slot that is lent keeps its entry.
	due   deadlines
	under []underTest // the tests under way
}

// underTest is a slot that is tested in the background.
type underTest struct {
	slot *Slot
	// before is the slot behind which it stood in the idle list: one that has been idle
	// for longer. Nil: it stood at the end.
	before *Slot
}

// index returns the number of a slot's test among those under way.
func (t *idleTests) index(s *Slot) int {
	return slices.IndexFunc(t.under, func(u underTest) bool { return u.slot == s })
}

// left notes that s leaves the idle list, so that its neighbors find their places again.
func (t *idleTests) left(s *Slot) {
	for i := range t.under {
		if t.under[i].before == s {
			t.under[i].before = s.next
		}
	}
}

// cameLast reports whether no slot is tested that became idle later than s. Then s may
// enter the lane: it leaves the lane to the front of the idle list.
func (t *idleTests) cameLast(s *Slot) bool {
	for _, u := range t.under {
		if u.slot.details.idleSeq > s.details.idleSeq {
			return false
		}
	}
	return true
}

// forget drops the deadline of a slot that is no longer idle.
func (t *idleTests) forget(s *Slot) {
	if t.every > 0 && t.due.has(s) {
		t.due.remove(s)
	}
}

// mayTestIdle reports whether one more test may begin when it is due.
func (l *Ledger) mayTestIdle() bool {
	t := &l.idleTests
	n := len(t.under)
	return len(t.due.entries) > 0 && n < min(maxIdleTests, max(1, (int(l.tally[Idle])+n)/idleTestShare))
}

// setIdleTestDue has Advance called when the next test is due. It is called when
// there may be one more.
func (l *Ledger) setIdleTestDue() {
	if l.mayTestIdle() {
		l.setDue(l.idleTests.due.entries[0].at)
	}
}

// scheduleIdleTest is called when a slot has become idle or has passed its test. It did
// so at the instant from. A slot that leaves the lane may have come back before its last
// test.
func (l *Ledger) scheduleIdleTest(from Instant, s *Slot) {
	t := &l.idleTests
	if t.every == 0 {
		return
	}
	s.details.idleTestAt = max(s.details.idleTestAt, from.Add(t.every))
	if !t.due.has(s) {
		t.due.push(s, s.details.idleTestAt)
	}
	l.setIdleTestDue()
}

// testIdle begins the tests that are due, the earliest first.
func (l *Ledger) testIdle(now Instant) {
	t := &l.idleTests
	for range advanceBatch {
		if !l.mayTestIdle() || t.due.entries[0].at > now {
			return
		}
		switch s := t.due.entries[0].slot; {
		case l.state(s) != Idle:
			t.due.remove(s) // it gets a new entry when it comes back
		case s.details.idleTestAt > t.due.entries[0].at:
			t.due.set(s, s.details.idleTestAt)
		default:
			l.beginIdleTest(s)
		}
	}
}

func (l *Ledger) beginIdleTest(s *Slot) {
	t := &l.idleTests
	t.due.remove(s)
	before := s.next
	if l.total != nil {
		l.touch()
		l.total.beginTest(s)
	}
	l.removeIdle(s)
	t.under = append(t.under, underTest{s, before})
	l.move(s, Testing)
	s.details.due = l.allGates()
	s.next, l.work.test = l.work.test, s
	l.pending = true
}

// allGates returns all gates by bit.
func (l *Ledger) allGates() uint64 { return 1<<len(l.gates) - 1 }

// idleTested ends a test in the background.
func (l *Ledger) idleTested(now Instant, i int, v Verdict) (a Answer) {
	u := l.idleTests.under[i]
	l.idleTests.under = slices.Delete(l.idleTests.under, i, i+1)
	why := l.idleTestUnfit(now, u.slot, v)
	o := l.olderElsewhere()
	if l.total != nil {
		l.total.endTest(u.slot, why == NotClosed && o == nil && l.queue.n == 0)
	}
	if why != NotClosed {
		a = l.close(now, u.slot, why, closeFree)
	} else if o != nil {
		o.waitsGranted++
		o.answer(now, o.firstWaiter(), o.takeOver(now, u.slot))
	} else if w := l.firstWaiter(); w != nil {
		l.waitsGranted++
		l.answer(now, w, l.grant(u.slot)) // the test was as good as the waiter's own
	} else {
		a = l.idleAgain(now, u)
	}
	if !l.shut {
		l.setIdleTestDue()
		l.scheduleFillIfMinIdle(now)
	}
	return a
}

// idleTestUnfit returns why a slot is closed after its test in the background.
func (l *Ledger) idleTestUnfit(now Instant, s *Slot, v Verdict) Reason {
	if v != Passed {
		return FailedTest
	}
	l.passed(now, s)
	if why := l.slotUnfit(now, s); why != NotClosed {
		return why
	}
	if now >= s.until {
		return l.staleReason(now, s)
	}
	return NotClosed
}

// idleAgain puts a slot back to its place in the idle list. Its limits go on from
// where they were. If MaxIdle slots are idle already, the one that has been idle
// longest goes.
func (l *Ledger) idleAgain(now Instant, u underTest) (a Answer) {
	s := u.slot
	l.move(s, Idle)
	l.idle.insert(s, u.before)
	for i := range l.idleTests.under { // of those that stood at the same place, the ones in front of s
		if o := &l.idleTests.under[i]; o.before == u.before && o.slot.details.idleSeq > s.details.idleSeq {
			o.before = s
		}
	}
	l.setTestFrom(s)
	l.schedule(s, min(s.until, s.softAt()))
	l.scheduleIdleTest(now, s)
	if int(l.tally[Idle]) > l.maxIdle {
		oldest := l.idle.back
		l.removeIdle(oldest)
		return l.close(now, oldest, Surplus, closeFree)
	}
	if l.total != nil {
		if a = l.total.surplusIdle(now); a.Do != Done {
			return a
		}
	}
	l.idleGrew(now)
	raiseMax(&l.peakIdle, l.tally[Idle])
	return a
}

// insert puts s in front of another slot of the list, or at the end for nil.
func (l *idleList) insert(s, before *Slot) {
	switch {
	case before != nil:
		s.prev, s.next = before.prev, before
		before.prev = s
	default:
		s.prev, s.next = l.back, nil
		l.back = s
	}
	if s.prev != nil {
		s.prev.next = s
	} else {
		l.front = s
	}
}
