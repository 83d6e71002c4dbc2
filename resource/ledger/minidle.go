package ledger

import "time"

// A ledger opens resources for MinIdle one after another, because many openings at once
// could overload a server. It pauses after a wasted opening: one that failed, or whose
// resource was closed before any caller used it. The pause grows each time. A success
// ends it early:
//
//   - An opening for an acquirer succeeded, whether the acquirer is still there or not.
//     The other end accepts openings again, and callers need resources.
//   - A resource that was opened for MinIdle was lent. So opening in advance is
//     useful. But it does not show that an opening would succeed now: a pause after
//     failures goes on.
//
// Two events do not count as a success. A resource that was just opened for MinIdle
// may be closed the next moment. And a lease of any other resource says nothing
// about openings, and comes too often to begin an opening each time.

// minIdle is the ledger's state about its openings for MinIdle.
type minIdle struct {
	want     int     // MinIdle
	filling  bool    // an opening is under way, for MinIdle or to replace a slot
	pausedTo Instant // the end of the pause; zero: there is none
	failures int     // of openings, in a row
	wasted   int     // resources closed unused, in a row
}

// The first pause, and the longest. A resource that has lasted for the longest pause
// was not opened in vain: replacing it needs no pause.
const (
	firstFillPause   = 100 * time.Millisecond
	longestFillPause = 10 * time.Second
)

func (m *minIdle) pause(now Instant) {
	m.pausedTo = now.Add(min(firstFillPause<<min(m.failures+m.wasted-1, 10), longestFillPause))
}

// failed ends an opening that has failed.
func (m *minIdle) failed(now Instant) {
	m.filling = false
	m.failures++
	m.pause(now)
}

// openedForAcquirer ends a pause: a resource was opened for an acquirer.
func (m *minIdle) openedForAcquirer() {
	m.failures, m.wasted, m.pausedTo = 0, 0, 0
}

// MinIdle returns how many slots are kept idle as far as the limits, which Resize may have
// lowered, allow it.
func (l *Ledger) MinIdle() int { return min(l.minIdle.want, l.maxActive, l.maxIdle) }

// fillDone ends an opening for MinIdle that has succeeded.
func (l *Ledger) fillDone(s *Slot) {
	s.openedFor = unusedFill
	l.fillSucceeded()
}

// fillSucceeded ends an opening in advance that has succeeded.
func (l *Ledger) fillSucceeded() {
	m := &l.minIdle
	m.filling, m.failures = false, 0
	l.filled()
	if m.wasted == 0 {
		m.pausedTo = 0
	}
}

// closedUnused notes that a resource that was opened for MinIdle is closed before any
// caller used it. During a pause, further ones do not lengthen the pause.
func (l *Ledger) closedUnused(now Instant, s *Slot, why Reason) {
	switch why {
	case IdleTooLong, TooOld, Surplus, FailedTest, Displaced:
		// A slot that was never lent "came back" when it was opened.
		if m := &l.minIdle; now >= m.pausedTo && now.Sub(s.returned) < longestFillPause {
			m.wasted++
			m.pause(now)
		}
	}
}

// lentFilled notes that a resource that was opened for MinIdle is lent. It ends a
// pause that resources closed unused have caused.
func (l *Ledger) lentFilled(s *Slot) {
	s.openedFor = forNobody
	m := &l.minIdle
	m.wasted = 0
	if m.failures == 0 {
		m.pausedTo = 0
	}
}

// needFill reports whether a resource should be opened for MinIdle. A slot that is
// tested in the background counts as idle.
func (l *Ledger) needFill() bool { return l.wantsFill() && (l.total == nil || l.total.canFill()) }

// wantsFill is needFill, but whether the total has room does not matter.
func (l *Ledger) wantsFill() bool {
	return int(l.tally[Idle])+len(l.idleTests.under) < l.minIdle.want && !l.minIdle.filling && l.ownRoom() && l.queue.n == 0 && l.hold.probe == nil
}

// filled is called when an opening for MinIdle has ended.
func (l *Ledger) filled() {
	if l.total != nil {
		l.total.filling--
		l.total.feed()
	}
}

// fillDue returns the instant at which a needed opening for MinIdle may begin.
func (l *Ledger) fillDue(now Instant) Instant {
	return max(now, l.minIdle.pausedTo, l.hold.until)
}

// scheduleFill has Advance called when a resource should be opened for MinIdle.
func (l *Ledger) scheduleFill(now Instant) {
	if l.needFill() {
		l.setDue(l.fillDue(now))
	} else if l.total != nil && l.wantsFill() {
		l.total.noteHungry(l)
	}
}

// scheduleFillIfMinIdle is called when an opening in advance may be due earlier than
// before.
func (l *Ledger) scheduleFillIfMinIdle(now Instant) {
	if l.minIdle.want > 0 {
		l.scheduleFill(now)
	}
	if l.replacing.ahead > 0 {
		l.setDue(l.replaceAt())
	}
}

// fill opens a resource for MinIdle.
func (l *Ledger) fill(now Instant) {
	if l.minIdle.want > 0 && l.needFill() && l.fillDue(now) == now {
		l.beginFill(forMinIdle)
	}
	if l.total != nil {
		l.hungerOrFeed()
	}
}

// beginFill begins an opening in advance.
func (l *Ledger) beginFill(whom openFor) *Slot {
	l.minIdle.filling = true
	if l.total != nil {
		l.total.filling++
	}
	s := l.open(whom).Handle.Slot
	l.work.open = s
	l.pending = true
	return s
}
