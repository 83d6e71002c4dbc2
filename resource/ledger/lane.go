package ledger

// The lane holds one slot that its owner lends by itself, without an event for
// each use: the one that came back last. While it is there the ledger believes
// it to be leased, so all limits hold whether it is or not, and its place among
// the idle ones is kept free. Whatever the ledger decides that depends on more
// than that, the owner first takes the slot out with Leave, and the ledger knows
// all again.
//
// The lane is empty while an acquire waits, and once the ledger is shut.

// LaneEntry is what the owner needs to know to lend a slot by itself.
type LaneEntry struct {
	Slot  *Slot
	Until Instant // first instant at which it may not
}

// EnterLane puts the idle slot that would be lent next into the lane, if the policies
// are steady and nothing is out of the ordinary.
func (l *Ledger) EnterLane(now Instant) (lap LaneEntry, ok bool) {
	s := l.idle.front
	if s == nil || l.lane != nil || !l.steady || l.checkReturns || l.trimming || l.queue.n > 0 {
		return LaneEntry{}, false
	}
	until := s.until
	if len(l.gates) > 0 && !l.cfg.LaneTests {
		until = min(until, s.details.testFrom)
	}
	if now >= until {
		return LaneEntry{}, false
	}
	l.idle.remove(s)
	l.tally[Idle]--
	l.tally[Leased]++
	s.state = Leased
	l.lane = s
	return LaneEntry{s, until}, true
}

// LaneEligible reports whether Enter can ever succeed.
func (l *Ledger) LaneEligible() bool { return l.steady }

// LaneMustYield reports whether one more idle slot would leave no place for the one in
// the lane to be idle.
func (l *Ledger) LaneMustYield() bool { return int(l.tally[Idle])+1 >= l.maxIdle }

// ReportUses tells how often a leased slot has been lent in all.
func (l *Ledger) ReportUses(s *Slot, uses uint64) {
	n := uint32(uses) - s.uses
	s.uses += n
	l.acquires += uint64(n)
	l.granted += uint64(n)
}

// TestedInLane is for an owner that tests what it lends from the lane. The slot has left
// the lane while an acquirer tests it, which the ledger hears of now: it believed
// the slot to be leased. Tested or Abandon comes next.
func (l *Ledger) TestedInLane(s *Slot) {
	l.acquires++
	s.gen++
	l.move(s, Testing)
	s.details.due = 1<<len(l.gates) - 1
}

// ReportLane tells how often the slot in the lane has been lent in all. Lent and idle
// tell whether it was one or the other at any time since the last report: it is
// told before anything else changes, so that the high-water marks are exact.
func (l *Ledger) ReportLane(uses uint64, lent, idle bool) {
	l.ReportUses(l.lane, uses)
	if lent {
		raiseMax(&l.peakLeased, l.tally[Leased])
	}
	if idle {
		raiseMax(&l.peakIdle, l.tally[Idle]+1)
	}
}

// ExitLane takes the slot out of the lane, after a last report; it came back last at
// the instant returned. It stays with its holder, or, if it has none, is idle
// again, or work to be closed.
func (l *Ledger) ExitLane(now, returned Instant, leased bool) {
	s := l.lane
	l.lane = nil
	s.returned = returned
	if leased {
		return
	}
	s.gen++
	if why := l.slotUnfit(now, s); why != NotClosed {
		l.closeLater(now, s, why)
		return
	}
	if len(l.gates) > 0 {
		l.setTestFrom(s)
	}
	l.makeIdle(returned, s)
}
