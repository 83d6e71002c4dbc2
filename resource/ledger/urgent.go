package ledger

import "fmt"

// An urgent waiter has a higher class than all others: it is served before them, and in FIFO
// order among its own. A stream of urgent acquires must not starve the others. So after 4
// urgent waiters in a row that were served while others waited, the first of the others is
// served (I18). Up to MaxWaiters may wait in each class: a queue that is full of ordinary
// waiters is no reason to refuse an urgent acquire. Urgent waiters are not shed, and do not
// make the queue stand.
//
// The class matters only while an acquire waits. No acquire waits while a slot is idle (I3),
// so an acquire that need not wait overtakes none.

// maxUrgentRun is how many urgent waiters are served in a row while others wait.
const maxUrgentRun = 4

// urgent are the waiters of the higher class. The queue's count has them, too.
type urgent struct {
	queue
	run int32 // how many have been served since another one was, while others waited
}

// quiet reports whether the other waiters are served as if there were no urgent ones.
func (u *urgent) quiet() bool { return u.n == 0 && u.run == 0 }

// ordinary returns how many waiters are not urgent.
func (l *Ledger) ordinary() int32 { return l.queue.n - l.urgent.n }

// firstWaiter returns the waiter next to be served, or nil.
func (l *Ledger) firstWaiter() *Waiter {
	if l.urgent.n > 0 && (l.urgent.run < maxUrgentRun || l.ordinary() == 0) {
		return l.urgent.first()
	}
	return l.queue.first()
}

// classOf returns the queue of a waiter's class.
func (l *Ledger) classOf(w *Waiter) *queue {
	if w.Urgent {
		return &l.urgent.queue
	}
	return &l.queue
}

// mayWait reports whether one more waiter may wait.
func (l *Ledger) mayWait(w *Waiter) bool {
	n := l.ordinary()
	if w.Urgent {
		n = l.urgent.n
	}
	return int(n) < l.maxWaiters
}

// joined notes that a waiter has joined the queue of its class.
func (l *Ledger) joined(now Instant, w *Waiter) {
	if !w.Urgent {
		l.queueMoved(now, false)
		return
	}
	l.queue.n++
	l.setFastPaths()
}

// leaveQueue takes a waiter out of the queue. Served says that it got something.
func (l *Ledger) leaveQueue(now Instant, w *Waiter, served bool) {
	quiet := l.urgent.quiet()
	l.classOf(w).remove(w)
	if w.Urgent {
		l.queue.n--
		if served {
			l.urgent.run++
		}
	} else {
		if served {
			l.urgent.run = 0
		}
		l.queueMoved(now, served)
	}
	if l.ordinary() == 0 {
		l.urgent.run = 0 // nobody stood back
	}
	if quiet != l.urgent.quiet() {
		l.setFastPaths()
	}
}

// oldestArrival returns the arrival of the waiter that has waited longest, if any waits. An
// urgent waiter takes the turn of that one among the ledgers of a Total.
func (l *Ledger) oldestArrival() (arrival uint64, waits bool) {
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		if w := q.first(); w != nil && (!waits || w.arrival < arrival) {
			arrival, waits = w.arrival, true
		}
	}
	return arrival, waits
}

// checkUrgent checks the classes of the waiters (I18).
func (l *Ledger) checkUrgent() error {
	switch u := &l.urgent; {
	case u.n < 0 || u.n > l.queue.n:
		return fmt.Errorf("I18: %d of %d waiters are urgent", u.n, l.queue.n)
	case u.run < 0 || u.run > maxUrgentRun:
		return fmt.Errorf("I18: %d urgent waiters were served in a row", u.run)
	case u.run > 0 && l.ordinary() == 0:
		return fmt.Errorf("I18: %d urgent waiters were served in a row, and no other one waits", u.run)
	}
	for _, urgent := range [...]bool{true, false} {
		q := l.classOf(&Waiter{Urgent: urgent})
		for w := range q.waiters {
			if w.Urgent != urgent {
				return fmt.Errorf("I18: a waiter of the wrong class has ticket %d", w.ticket)
			}
		}
	}
	return nil
}
