package ledger

import "github.com/respool/respool/policy"

// maxStaleScan bounds how many stale slots one Acquire looks at.
const maxStaleScan = 64

// idleList is the list of idle slots, from the one that came back last (front) to
// the one that has been idle longest (back).
type idleList struct{ front, back *Slot }

func (l *idleList) pushFront(s *Slot) {
	s.prev, s.next = nil, l.front
	if l.front != nil {
		l.front.prev = s
	} else {
		l.back = s
	}
	l.front = s
}

func (l *idleList) remove(s *Slot) {
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
func (l *idleList) first(o policy.Order) *Slot {
	if o == policy.FIFO {
		return l.back
	}
	return l.front
}

// makeIdle makes a slot idle. If MaxIdle slots are idle already, the one that has
// been idle longest goes, and the one that just came back stays.
func (l *Ledger) makeIdle(now Instant, s *Slot) (a Answer) {
	if int(l.tally[Idle]) >= l.maxIdle {
		if l.maxIdle == 0 {
			return l.close(now, s, Surplus, closeFree)
		}
		oldest := l.idle.back
		l.removeIdle(oldest)
		a = l.close(now, oldest, Surplus, closeFree)
	}
	l.leaves(s.state)
	l.pushIdle(s.state, s)
	if l.total != nil {
		l.total.pushIdle(s)
		if a.Do == Done {
			a = l.total.surplusIdle(now)
		}
	}
	if l.eviction != nil || s.until != Never {
		l.setDeadline(now, s)
	}
	if l.idleTests.every > 0 {
		l.idles++
		s.details.idleSeq = l.idles
		l.scheduleIdleTest(now, s)
	}
	l.idleGrew(now)
	raiseMax(&l.peakIdle, l.tally[Idle])
	return a
}

// pushIdle makes a slot idle that is in another state.
func (l *Ledger) pushIdle(from State, s *Slot) {
	l.tally[from]--
	l.tally[Idle]++
	s.state, s.epoch = Idle, l.epoch
	l.idle.pushFront(s)
}

// skipStale takes stale slots off the idle list until it finds a good one, or has
// looked at maxStaleScan of them. It returns the first stale slot and the good one,
// both off the list. It has the other stale ones closed as work.
func (l *Ledger) skipStale(now Instant) (mine, good *Slot) {
	for range maxStaleScan {
		s := l.idle.first(l.order)
		if s == nil {
			break
		}
		l.removeIdle(s)
		if now < s.until {
			return mine, s
		}
		if mine == nil {
			mine = s
		} else {
			l.closeLater(now, s, l.staleReason(now, s))
		}
	}
	return mine, nil
}

func (l *Ledger) staleReason(now Instant, s *Slot) Reason {
	if now >= s.expires {
		return TooOld
	}
	return IdleTooLong
}

// setDeadline asks the eviction policy about a slot that has become idle. The slot
// may have come back earlier: a waiter got it, and canceled. The policy gets now as
// the time of the return; otherwise the limits would not be in the order of the
// idle list.
func (l *Ledger) setDeadline(now Instant, s *Slot) {
	s.until = s.expires
	var stay policy.IdleLimit
	if l.eviction != nil {
		facts := s.Facts()
		facts.Returned = now
		stay = l.eviction.IdleLimit(facts)
	}
	soft := Never
	switch {
	case stay.Until == 0:
	case stay.Keep > 0:
		soft = stay.Until
	default:
		s.until = min(s.expires, stay.Until)
	}
	if d := s.details; d != nil {
		d.softAt, d.softKeep = soft, stay.Keep
		l.idles++
		d.idleSeq = l.idles
	}
	l.schedule(s, min(s.until, soft))
}

// schedule has Advance look at an idle slot at an instant. If the slot's entry in
// the heap is earlier, nothing has to change.
func (l *Ledger) schedule(s *Slot, at Instant) {
	switch {
	case l.heap.has(s):
		if at < l.heap.at(s) {
			l.heap.set(s, at)
			l.setDue(at)
		}
	case at != Never:
		l.heap.push(s, at)
		l.setDue(at)
	}
}

// evict has an idle slot closed as work.
func (l *Ledger) evict(now Instant, s *Slot, why Reason) {
	l.removeIdle(s)
	l.closeLater(now, s, why)
}
