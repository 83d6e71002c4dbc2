package ledger

import "github.com/respool/respool/policy"

// With OpenBackoff, a failed opening shows that the other end may be down. From then on
// openings are held, until one succeeds:
//
//   - One resource at a time is opened, the probe. It is opened for an acquirer, or for
//     MinIdle. The openings that were under way when the first one failed go on beside it.
//   - After a failed probe there is a pause before the next one.
//   - An acquire that needs a new resource waits in the queue, and takes a resource that
//     comes back before the next probe. An acquire whose own opening has failed waits in
//     front, because it came first. Acquires that do not wait are refused.
//   - If a probe fails while nothing else is alive in the pool, no resource can come
//     back. Then waiters whose wait nothing bounds are refused. Otherwise their number
//     would grow for as long as the other end is down.
//
// A success ends all of this at once, and serves waiters as long as there is room.

// hold is the ledger's state about openings that are held.
type hold struct {
	backoff  policy.Backoff
	failures int     // in a row; zero: openings are not held
	until    Instant // the end of the pause
	probe    *Slot   // being opened while openings are held
	undone   int     // acquires that were answered Held and have not come back
}

// OpensHeld reports whether openings are held. Then an acquirer that is willing to wait
// comes with a waiter even if there is room.
func (l *Ledger) OpensHeld() bool { return l.hold.failures > 0 }

// probeDue reports whether openings are held, and a probe may begin at once or after the
// pause.
func (h *hold) probeDue() bool { return h.failures > 0 && h.probe == nil }

// holds reports whether no opening may begin now.
func (h *hold) holds(now Instant) bool {
	return h.failures > 0 && (h.probe != nil || now < h.until)
}

// mayOpen reports whether there is room, and openings are not held.
func (l *Ledger) mayOpen(now Instant) bool { return l.room() && !l.hold.holds(now) }

// holdOpens notes a failed opening. Openings that were under way at the first failure count
// as one with it.
func (l *Ledger) holdOpens(now Instant, s *Slot) {
	h := &l.hold
	if h.backoff.IsZero() || h.failures > 0 && h.probe != s {
		return
	}
	h.failures++
	l.pauseOver = false
	h.until = now.Add(h.backoff.Pause(h.failures, l.rand.Float64()))
	h.probe = nil
}

// liftHold notes a successful opening.
func (l *Ledger) liftHold() (lifted bool) {
	lifted = l.hold.failures > 0
	l.hold.failures, l.hold.until, l.hold.probe = 0, 0, nil
	return lifted
}

// refuseUnbounded refuses the waiters whose wait nothing bounds, if no resource can come
// back to them.
func (l *Ledger) refuseUnbounded(now Instant) {
	if !l.OpensHeld() || l.tally[Leased]+l.tally[Testing]+l.tally[Opening] > 0 {
		return
	}
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		for w := range q.waiters {
			if w.Unbounded {
				l.refuseWaiter(now, w, OpenFails)
			}
		}
	}
}

// heldUp answers an acquirer that needs a new resource while openings are held.
func (l *Ledger) heldUp() Answer {
	l.hold.undone++
	return Answer{Do: Held}
}

// Rejoin goes on with an acquire that was answered Held. The answer is that of Acquire.
// If the acquire has to wait, it waits in front of those of its class that came later. Its wait ends
// at deadline, if that is not zero: so an acquire that rejoins again keeps the deadline
// of its first wait.
func (l *Ledger) Rejoin(now Instant, w *Waiter, deadline Instant) Answer {
	l.hold.undone--
	if a := l.seek(now); a.Do != Wait {
		return a
	}
	if !l.mayWait(w) {
		return l.refuse(QueueFull)
	}
	l.wait(now, w)
	if deadline != 0 {
		w.deadline = deadline
		l.setDue(deadline)
	}
	w.rejoined = true
	behind := l.classOf(w).first()
	if behind != nil {
		w.came = min(w.came, behind.came)
	}
	l.classOf(w).pushFront(w)
	l.joined(now, w)
	l.arrived(now, w, behind)
	l.waiterCame(now)
	return w.answer
}

// Withdraw ends an acquire that was answered Held. It counts as failed.
func (l *Ledger) Withdraw() {
	l.hold.undone--
	l.stats.Failed++
}
