package ledger

import (
	"fmt"
	"time"
)

// With ReplaceAhead a slot near the end of its lifetime is replaced: another resource is
// opened first, and then the old one is closed. So no acquirer has to open a resource
// because of an end that was known all along. An old slot that is idle is closed at once.
// An old slot that is leased or tested is closed when it comes back and no acquire waits.
// Until the end of its lifetime it still serves waiters.
//
//   - The successor is opened in advance, as resources for MinIdle are. One opening in
//     advance is made at a time, with the same pauses after a failure, and none while an
//     acquire waits or openings are held.
//   - The successor takes a place of MaxActive. If no place is left, the ledger closes
//     the old slot first and opens in its place, but only if the old slot is idle and
//     another one is idle too: an acquirer that comes meanwhile finds the other one.
//   - A slot that was never lent is not replaced. So an unused pool does not open again
//     and again: after the last lease each resource is replaced at most once. A resource
//     that MinIdle needs is opened when the old one has gone.
//   - A slot that cannot be replaced when it is due is looked at again and again, up to
//     replaceTries times until its end.

// replaceTries is how often the ledger looks at a slot between ReplaceAhead before its
// end and the end.
const replaceTries = 16

// replacing is the ledger's state about slots to replace.
type replacing struct {
	ahead time.Duration // zero: none is replaced ahead
	// due orders the open slots by when they are to be replaced. A slot that is being
	// replaced, or will not be, is not there.
	due     deadlines
	closing *Slot // is closed so that its successor can have its place
	// superseded counts the slots in use whose successor is open.
	superseded int
}

// replaceFrom returns the instant from which a slot is to be replaced, if it was opened
// at the instant opened. It is in the second half of the slot's lifetime.
func (r *replacing) replaceFrom(opened Instant, s *Slot) Instant {
	half := opened + (s.expires-opened)/2
	return max(half, s.expires-Instant(r.ahead))
}

// scheduleReplacing is called when a slot has got its lifetime.
func (l *Ledger) scheduleReplacing(now Instant, s *Slot) {
	r := &l.replacing
	if r.ahead > 0 && s.expires != Never && now < s.expires && !l.shut {
		r.due.push(s, r.replaceFrom(now, s)) // Opened sets the deadline
	}
}

// replaceAt returns the instant at which Advance should look at the slots to replace.
func (l *Ledger) replaceAt() Instant {
	r := &l.replacing
	if len(r.due.entries) == 0 || l.minIdle.filling {
		return Never
	}
	return max(r.due.entries[0].at, l.minIdle.pausedTo, l.hold.until)
}

// forgetReplacing drops a slot that is no longer in use.
func (l *Ledger) forgetReplacing(s *Slot) {
	r := &l.replacing
	if r.ahead == 0 {
		return
	}
	if r.due.has(s) {
		r.due.remove(s)
	}
	if s.details.superseded {
		s.details.superseded = false
		r.superseded--
		l.setFastPaths()
	}
}

// replace begins to replace a slot that is due.
func (l *Ledger) replace(now Instant) {
	r := &l.replacing
	for range advanceBatch {
		if l.replaceAt() > now {
			return
		}
		s := r.due.entries[0].slot
		switch {
		case !l.worthReplacing(now, s):
			r.due.remove(s)
		case l.queue.n > 0 || l.hold.probe != nil:
			l.replaceLater(now, s)
		case l.mayReplaceBeside(s):
			l.openAhead(s)
		case l.mayReplaceInPlace(s):
			l.removeIdle(s)
			r.closing = s
			l.closeLaterAnd(now, s, TooOld, closeReplace)
		default:
			l.replaceLater(now, s)
		}
	}
}

// worthReplacing reports whether a slot may be lent again before its end, and has been
// lent.
func (l *Ledger) worthReplacing(now Instant, s *Slot) bool {
	switch l.state(s) {
	case Idle, Testing, Leased:
		return s.uses > 0 && l.wornReason(now, s) == NotClosed
	}
	return false
}

// mayReplaceBeside reports whether the successor of a slot may be opened before the slot
// is closed. The successor of a leased slot must find a place among the idle ones.
func (l *Ledger) mayReplaceBeside(s *Slot) bool {
	if !l.room() || l.total != nil && !l.total.canFill() {
		return false
	}
	st := l.state(s)
	return st == Idle || st == Leased && int(l.tally[Idle]) < l.maxIdle
}

// mayReplaceInPlace reports whether a slot may be closed for its successor.
func (l *Ledger) mayReplaceInPlace(s *Slot) bool {
	return l.total == nil && l.active() == l.maxActive && l.state(s) == Idle && l.tally[Idle] > 1 && l.replacing.closing == nil
}

func (l *Ledger) replaceLater(now Instant, s *Slot) {
	l.replacing.due.set(s, now.Add(max(1, l.replacing.ahead/replaceTries)))
}

// openAhead opens the successor of a slot, or of one that is closed already.
func (l *Ledger) openAhead(old *Slot) {
	if old != nil {
		l.replacing.due.remove(old)
	}
	l.beginFill(forReplacement).details.replaces = old
}

// openInPlace opens the successor of a slot that was closed for it, unless the place was
// needed for a waiter.
func (l *Ledger) openInPlace(now Instant) {
	if l.room() && !l.minIdle.filling && l.hold.probe == nil && l.fillDue(now) == now {
		l.openAhead(nil)
	}
}

// supersede is called when the successor of a slot is open.
func (l *Ledger) supersede(now Instant, successor *Slot) {
	old := successor.details.replaces
	successor.details.replaces, successor.openedFor = nil, forNobody
	l.fillSucceeded()
	if old == nil || l.shut {
		return
	}
	switch l.state(old) {
	case Idle:
		l.evict(now, old, TooOld)
	case Leased, Testing:
		old.details.superseded = true
		l.replacing.superseded++
		l.setFastPaths()
	}
}

// notReplaced is called when the successor of a slot could not be opened.
func (l *Ledger) notReplaced(now Instant, successor *Slot) {
	old := successor.details.replaces
	successor.details.replaces = nil
	if old != nil && !l.shut && l.worthReplacing(now, old) {
		l.replacing.due.push(old, now.Add(max(1, l.replacing.ahead/replaceTries)))
	}
}

// supersededUnneeded reports whether a slot that came back has a successor, and no waiter
// needs it.
func (l *Ledger) supersededUnneeded(s *Slot) bool {
	return l.replacing.superseded > 0 && s.details.superseded && l.queue.n == 0 && l.olderElsewhere() == nil
}

// checkReplacing checks the slots that are to be replaced (I15), and those that were.
func (l *Ledger) checkReplacing() error {
	r := &l.replacing
	for i, e := range r.due.entries {
		switch st := l.state(e.slot); {
		case int(e.slot.details.replacePos) != i+1 || i > 0 && r.due.order.before(e, r.due.entries[(i-1)/2]):
			return fmt.Errorf("I7: the heap of slots to replace is out of order at %d", i)
		case st == Gone || st == Opening || e.slot.state == Closing || e.slot.details.superseded:
			return fmt.Errorf("I15: slot %d is %v, superseded: %t, and to be replaced", e.slot.id, st, e.slot.details.superseded)
		}
	}
	if at := l.replaceAt(); at < l.next && !l.shut {
		return fmt.Errorf("I7: a slot is to be replaced at %v, next is %v", at, l.next)
	}
	if r.closing != nil && (l.state(r.closing) != Closing || r.closing.then != closeReplace) {
		return fmt.Errorf("I15: slot %d makes place for its successor, and is %v", r.closing.id, l.state(r.closing))
	}
	if r.ahead == 0 {
		return nil
	}
	n := 0
	for _, s := range l.live {
		if !s.details.superseded {
			continue
		}
		n++
		if st := l.state(s); st != Leased && st != Testing {
			return fmt.Errorf("I15: slot %d has a successor, and is %v", s.id, st)
		}
	}
	if n != r.superseded {
		return fmt.Errorf("I15: %d slots in use have a successor, counted are %d", n, r.superseded)
	}
	return nil
}
