package ledger

// The lane holds one slot that its owner lends by itself, without an event for
// each use: the one that came back last. While it is there the ledger believes
// it to be leased, so all limits hold whether it is or not, and its place among
// the idle ones is kept free. Whatever the ledger decides that depends on more
// than that, the owner first takes the slot out with Leave, and the ledger knows
// all again.
//
// The lane is empty while somebody waits, and once the ledger is shut.

// Lap is what the owner needs to know to lend a slot by itself.
type Lap struct {
	Slot  *Slot
	Until Instant // first instant at which it may not
}

// Enter puts the idle slot that would be lent next into the lane, if the policies
// are steady and nothing is out of the ordinary.
func (l *Ledger) Enter(now Instant) (lap Lap, ok bool) {
	s := l.idle.front
	if s == nil || l.lane != nil || !l.steady || l.strict || l.trimming || l.queue.n > 0 {
		return Lap{}, false
	}
	until := s.until
	if len(l.gates) > 0 && !l.cfg.LaneTests {
		until = min(until, s.details.testFrom)
	}
	if now >= until {
		return Lap{}, false
	}
	l.idle.remove(s)
	l.tally[Idle]--
	l.tally[Leased]++
	s.state = Leased
	l.lane = s
	return Lap{s, until}, true
}

// CanLane reports whether Enter can ever succeed.
func (l *Ledger) CanLane() bool { return l.steady }

// Crowded reports whether one more idle slot would leave no place for the one in
// the lane to be idle.
func (l *Ledger) Crowded() bool { return int(l.tally[Idle])+1 >= l.maxIdle }

// Used tells how often a leased slot has been lent in all.
func (l *Ledger) Used(s *Slot, uses uint64) {
	n := uint32(uses) - s.uses
	s.uses += n
	l.acquires += uint64(n)
	l.granted += uint64(n)
}

// Doubt is for an owner that tests what it lends from the lane. The slot has left
// the lane while an acquirer tests it, which the ledger hears of now: it believed
// the slot to be leased. Tested or Abandon comes next.
func (l *Ledger) Doubt(s *Slot) {
	l.acquires++
	s.gen++
	l.move(s, Testing)
	s.details.due = 1<<len(l.gates) - 1
}

// Turned tells how often the slot in the lane has been lent in all. Lent and idle
// tell whether it was one or the other at any time since the last report: it is
// told before anything else changes, so that the high-water marks are exact.
func (l *Ledger) Turned(uses uint64, lent, idle bool) {
	l.Used(l.lane, uses)
	if lent {
		atLeast(&l.peakLeased, l.tally[Leased])
	}
	if idle {
		atLeast(&l.peakIdle, l.tally[Idle]+1)
	}
}

// Leave takes the slot out of the lane, after a last report; it came back last at
// the instant returned. It stays with its holder, or, if it has none, is idle
// again, or work to be closed.
func (l *Ledger) Leave(now, returned Instant, leased bool) {
	s := l.lane
	l.lane = nil
	s.returned = returned
	if leased {
		return
	}
	s.gen++
	if why := l.unfit(now, s); why != NotClosed {
		l.doom(now, s, why)
		return
	}
	if len(l.gates) > 0 {
		l.setTestFrom(s)
	}
	l.keep(returned, s)
}
