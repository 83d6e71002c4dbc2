package ledger

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
)

// With Shed the ledger cuts a standing queue: see policy.CoDel. The queue stands while
// its first waiter has waited for Target or more. If it has stood for an Interval without
// a break, the pool is overloaded, and a waiter that has waited for Target is refused.
// Overload ends when a waiter is served and no other waits, or when an acquire is granted
// without a wait. If the queue became empty because the last waiter was refused, or left,
// overload goes on: the pool may still be stuck for the next waiter.
//
// The waiters stand in the order of their arrival, so only the first one counts.

// shedding is the ledger's state about its queue.
type shedding struct {
	target   time.Duration // zero: nothing is shed
	interval time.Duration
	// stands is the instant since when the first waiter, whichever it was, has always
	// waited for the target. If it lies ahead, the wait of the first waiter reaches the
	// target then. Never: the queue is empty.
	stands     Instant
	overloaded bool
	// served is servedEver at the moment when the queue last became empty.
	served uint64
}

func newShedding(c policy.CoDel) shedding {
	return shedding{target: c.Target, interval: c.Burst(), stands: Never}
}

// servedEver counts grants and served waiters.
func (l *Ledger) servedEver() uint64 { return l.granted + l.waitsGranted }

// queueMoved is called when the first waiter may have changed. Served says that a waiter
// was served, not refused, and did not leave.
func (l *Ledger) queueMoved(now Instant, served bool) {
	s := &l.shedding
	if s.target == 0 {
		return
	}
	first := l.queue.first()
	switch {
	case first == nil:
		s.stands = Never
		s.overloaded = s.overloaded && !served
		s.served = l.servedEver()
		return
	case s.stands == Never:
		s.overloaded = s.overloaded && s.served == l.servedEver()
		s.stands = first.came.Add(s.target)
	case first.came.Add(s.target) > now:
		s.stands = first.came.Add(s.target)
	}
	l.setDue(l.shedAt())
}

// shedAt returns the instant at which the first waiter is refused, or the pool becomes
// overloaded, if nothing else happens; or Never.
func (l *Ledger) shedAt() Instant {
	s := &l.shedding
	switch {
	case s.stands == Never:
		return Never
	case s.overloaded:
		return l.queue.first().came.Add(s.target)
	}
	return s.stands.Add(s.interval)
}

// shed refuses the waiters that have waited for the target, if the pool is overloaded.
func (l *Ledger) shed(now Instant) {
	s := &l.shedding
	if l.shedAt() > now {
		return
	}
	s.overloaded = true
	for s.stands != Never && l.shedAt() <= now {
		l.refuseWaiter(now, l.queue.first(), Shed)
	}
}

// Overloaded reports whether the queue has stood for too long, so that waiters are
// refused.
func (l *Ledger) Overloaded() bool {
	s := &l.shedding
	return s.overloaded && (s.stands != Never || s.served == l.servedEver())
}

// checkShedding checks the state about the queue (I16).
func (l *Ledger) checkShedding() error {
	s := &l.shedding
	if s.target == 0 {
		return nil
	}
	first := l.queue.first()
	switch {
	case (first == nil) != (s.stands == Never):
		return fmt.Errorf("I16: %d wait, and the queue stands since %v", l.queue.n, s.stands)
	case first == nil:
		return nil
	case s.stands > first.came.Add(s.target):
		return fmt.Errorf("I16: the first waiter came at %v, and the queue stands since %v", first.came, s.stands)
	case l.shedAt() < l.next:
		return fmt.Errorf("I16: a waiter may be refused at %v, next is %v", l.shedAt(), l.next)
	}
	came := first.came
	for w := range l.queue.waiters {
		if w.came < came {
			return fmt.Errorf("I16: a waiter that came at %v stands behind one that came at %v", w.came, came)
		}
		came = w.came
	}
	return nil
}
