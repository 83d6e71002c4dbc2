package ledger

import "time"

// A ledger opens resources for MinIdle one after another, so as not to storm a
// server. Where that comes to nothing it pauses: the opening failed, or the
// resource was closed before anybody had it. The pause grows each time, and ends
// early with a success:
//
//   - An opening for an acquirer succeeded, whether the acquirer is still there or
//     not. The other end is there again, and somebody has use for a resource.
//   - A resource that was opened for MinIdle was lent. Opening in advance is of
//     use, but that does not say that an opening would succeed now.
//
// An opening for MinIdle that succeeds is no success yet: the resource may be
// closed the next moment. Nor is the lease of any other resource: that says
// nothing about openings, and comes too often to begin one each time.

// The pause after a first failure, and at most. A resource that has lasted for
// the longest pause was not opened in vain: replacing it needs no pause.
const (
	fillDelay    = 100 * time.Millisecond
	fillDelayMax = 10 * time.Second
)

// fillDone ends an opening for MinIdle that has succeeded.
func (l *Ledger) fillDone(s *Slot) {
	s.openedFor, l.filling, l.failures = unusedFill, false, 0
	if l.wasted == 0 {
		l.fillAt = 0
	}
}

// fillFailed ends an opening for MinIdle that has failed.
func (l *Ledger) fillFailed(now Instant) {
	l.filling = false
	l.failures++
	l.pause(now)
}

// closedUnused notes that a resource that was opened for MinIdle is closed before
// anybody had it. One pause answers all that happens while it lasts.
func (l *Ledger) closedUnused(now Instant, s *Slot, why Reason) {
	switch why {
	case IdleTooLong, TooOld, Surplus, FailedTest:
		// What has never been lent came back when it was opened.
		if now >= l.fillAt && now.Sub(s.returned) < fillDelayMax {
			l.wasted++
			l.pause(now)
		}
	}
}

func (l *Ledger) pause(now Instant) {
	l.fillAt = now.Add(min(fillDelay<<min(l.failures+l.wasted-1, 10), fillDelayMax))
}

// succeeded ends a pause: a resource was opened for an acquirer.
func (l *Ledger) succeeded() {
	l.failures, l.wasted, l.fillAt = 0, 0, 0
}

// lentFilled ends a pause after resources that nobody had: now somebody has one.
func (l *Ledger) lentFilled(s *Slot) {
	s.openedFor, l.wasted = forNobody, 0
	if l.failures == 0 {
		l.fillAt = 0
	}
}

// needFill reports whether a resource should be opened for MinIdle.
func (l *Ledger) needFill() bool {
	return int(l.tally[Idle]) < l.minIdle && !l.filling && l.room() && l.queue.n == 0
}

// scheduleFill has Advance called when a resource should be opened for MinIdle.
func (l *Ledger) scheduleFill(now Instant) {
	if l.needFill() {
		l.setDue(max(now, l.fillAt))
	}
}

func (l *Ledger) scheduleFillIfMinIdle(now Instant) {
	if l.minIdle > 0 {
		l.scheduleFill(now)
	}
}

// fill opens for MinIdle.
func (l *Ledger) fill(now Instant) {
	if l.minIdle > 0 && now >= l.fillAt && l.needFill() {
		l.filling = true
		l.work.open = l.open(forMinIdle).Handle.Slot
		l.pending = true
	}
}
