package ledger

// The lane holds one slot that the ledger's owner lends by itself, without an event
// for each use: the slot that came back last. While the slot is there, the ledger
// believes that it is leased. It also keeps a place free for the slot among the
// idle ones. So all limits hold, whether the slot is leased or not. Before an event
// that depends on more than that, the owner takes the slot out with ExitLane, and
// then the ledger knows everything again.
//
// The lane is empty while an acquire waits, and once the ledger is shut.

// LaneEntry says how the owner may lend the slot in the lane.
type LaneEntry struct {
	Slot  *Slot
	Until Instant // first instant at which the owner may not lend it
}

// EnterLane puts the idle slot that would be lent next into the lane, if the policies
// are steady and nothing is out of the ordinary.
func (l *Ledger) EnterLane(now Instant) (lap LaneEntry, ok bool) {
	s := l.idle.front
	if s == nil || l.suspected(s) || s.maxUses > 0 || l.lane != nil || !l.steady || l.checkReturns || l.trimming || l.queue.n > 0 || !l.idleTests.cameLast(s) {
		return LaneEntry{}, false
	}
	until := s.until
	if len(l.gates) > 0 && !l.cfg.LaneTests {
		until = min(until, s.details.testFrom)
	}
	if now >= until {
		return LaneEntry{}, false
	}
	l.idleTests.left(s)
	l.idle.remove(s)
	l.tally[Idle]--
	l.tally[Leased]++
	s.state = Leased
	l.lane = s
	return LaneEntry{s, until}, true
}

// LaneEligible reports whether EnterLane can ever succeed.
func (l *Ledger) LaneEligible() bool { return l.steady }

// LaneMustYield reports whether one more idle slot would leave no place for the one in
// the lane to be idle.
func (l *Ledger) LaneMustYield() bool { return int(l.tally[Idle])+1 >= l.maxIdle }

// ReportUses reports how often a leased slot has been lent in all.
func (l *Ledger) ReportUses(s *Slot, uses uint64) {
	n := uint32(uses) - s.uses
	s.uses += n
	l.acquires += uint64(n)
	l.granted += uint64(n)
}

// TestedInLane is for an owner that tests the slot in the lane before it lends it.
// It reports that the slot has left the lane and an acquirer is testing it; until
// now the ledger believed that the slot was leased. The report of the test follows:
// Tested or Abandon.
func (l *Ledger) TestedInLane(s *Slot) {
	l.acquires++
	s.gen++
	l.move(s, Testing)
	s.details.due = l.allGates()
}

// ReportLane reports how often the slot in the lane has been lent in all. Lent says
// whether it was leased at any time since the last report, idle whether it was
// idle. The owner reports before anything else changes, so that the high-water
// marks are exact.
func (l *Ledger) ReportLane(uses uint64, lent, idle bool) {
	l.ReportUses(l.lane, uses)
	if lent {
		raiseMax(&l.peakLeased, l.tally[Leased])
	}
	if idle {
		raiseMax(&l.peakIdle, l.tally[Idle]+1)
	}
}

// ExitLane takes the slot out of the lane, after a last report. The slot last came
// back at the instant returned. If it is leased, it stays with its holder. If not,
// it is idle again, or work to be closed.
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
	l.clear(s)
	if len(l.gates) > 0 {
		l.setTestFrom(s)
	}
	l.makeIdle(returned, s)
}
