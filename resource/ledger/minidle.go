package ledger

import "time"

// A ledger opens resources for MinIdle one after another, so as not to storm a
// server. It pauses when that is in vain: the opening failed, or the resource was
// closed before anybody had it. The pause grows each time. A success ends it early:
//
//   - An opening for an acquirer succeeded, whether the acquirer is still there or
//     not. The other end is there again, and somebody has use for a resource.
//   - A resource that was opened for MinIdle was lent. Opening in advance is of
//     use, but that does not say that an opening would succeed now.
//
// Two events are not a success. An opening for MinIdle may have given a resource that
// is closed the next moment. And a lease of any other resource says nothing about
// openings, and comes too often to begin one each time.

// minIdle is what the ledger knows about its openings for MinIdle.
type minIdle struct {
	want     int     // MinIdle
	filling  bool    // an opening is under way
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

// fillDone ends an opening for MinIdle that has succeeded.
func (l *Ledger) fillDone(s *Slot) {
	s.openedFor = unusedFill
	m := &l.minIdle
	m.filling, m.failures = false, 0
	if m.wasted == 0 {
		m.pausedTo = 0
	}
}

// closedUnused notes that a resource that was opened for MinIdle is closed before
// anybody had it. One pause answers all that happens while it lasts.
func (l *Ledger) closedUnused(now Instant, s *Slot, why Reason) {
	switch why {
	case IdleTooLong, TooOld, Surplus, FailedTest:
		// A slot that was never lent "came back" when it was opened.
		if m := &l.minIdle; now >= m.pausedTo && now.Sub(s.returned) < longestFillPause {
			m.wasted++
			m.pause(now)
		}
	}
}

// lentFilled ends a pause that resources closed unused have caused: a resource that
// was opened for MinIdle has found a user.
func (l *Ledger) lentFilled(s *Slot) {
	s.openedFor = forNobody
	m := &l.minIdle
	m.wasted = 0
	if m.failures == 0 {
		m.pausedTo = 0
	}
}

// needFill reports whether a resource should be opened for MinIdle.
func (l *Ledger) needFill() bool {
	return int(l.tally[Idle]) < l.minIdle.want && !l.minIdle.filling && l.room() && l.queue.n == 0
}

// scheduleFill has Advance called when a resource should be opened for MinIdle.
func (l *Ledger) scheduleFill(now Instant) {
	if l.needFill() {
		l.setDue(max(now, l.minIdle.pausedTo))
	}
}

func (l *Ledger) scheduleFillIfMinIdle(now Instant) {
	if l.minIdle.want > 0 {
		l.scheduleFill(now)
	}
}

// fill opens a resource for MinIdle.
func (l *Ledger) fill(now Instant) {
	if l.minIdle.want > 0 && now >= l.minIdle.pausedTo && l.needFill() {
		l.minIdle.filling = true
		l.work.open = l.open(forMinIdle).Handle.Slot
		l.pending = true
	}
}
