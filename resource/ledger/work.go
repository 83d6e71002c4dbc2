package ledger

// Work is what an event means for others than its caller. The caller does it
// without holding a lock, because waking and closing can be slow.
type Work struct {
	wake  *Waiter
	last  *Waiter // end of wake
	close *Slot   // slots that were chosen one by one
	swept *Slot   // the idle list as it was when sweep cut it off
	open  *Slot
	test  *Slot // slots to test in the background
}

// Take returns the work of the events since the last call. The caller must do it.
func (l *Ledger) Take() Work {
	w := l.work
	l.work, l.pending = Work{}, false
	return w
}

// Empty reports whether there is nothing to do.
func (w *Work) Empty() bool {
	return w.wake == nil && w.close == nil && w.swept == nil && w.open == nil && w.test == nil
}

// NextWake returns the next waiter to be woken, or nil. Its Answer is settled. As
// soon as it has been woken, it belongs to its owner again.
func (w *Work) NextWake() *Waiter {
	first := w.wake
	if first != nil {
		w.wake, first.next = first.next, nil
	}
	return first
}

// NextClose returns the next slot whose resource must be closed and reported
// Closed. It returns false when there is none.
func (w *Work) NextClose() (Handle, bool) {
	from := &w.close
	if *from == nil {
		from = &w.swept
	}
	s := *from
	if s == nil {
		return Handle{}, false
	}
	*from, s.next, s.prev = s.next, nil, nil
	return s.Handle(), true
}

// NextOpen returns the slot for which a resource must be opened, and reported
// Opened or OpenFailed. No acquirer waits for it. It returns false when there is
// none; there is at most one.
func (w *Work) NextOpen() (Handle, bool) {
	s := w.open
	if s == nil {
		return Handle{}, false
	}
	w.open = nil
	return s.Handle(), true
}

// NextTest returns the next slot whose resource must be tested, by the tests in due,
// and reported Tested. No acquirer waits for it. It returns false when there is none.
func (w *Work) NextTest() (h Handle, due uint64, ok bool) {
	s := w.test
	if s == nil {
		return Handle{}, 0, false
	}
	w.test, s.next = s.next, nil
	return s.Handle(), s.details.due, true
}

// Add moves work from other to w: waiters to the end of w's waiters, and slots to
// close in no order. The slots to open and to test stay in other.
func (w *Work) Add(other *Work) {
	if other.wake != nil {
		if w.wake == nil {
			w.wake = other.wake
		} else {
			w.last.next = other.wake
		}
		w.last = other.last
		other.wake = nil
	}
	w.addCloses(&other.close)
	if w.swept == nil {
		w.swept, other.swept = other.swept, nil
	}
	w.addCloses(&other.swept)
}

func (w *Work) addCloses(from **Slot) {
	for s := *from; s != nil; s = *from {
		*from = s.next
		s.next, w.close = w.close, s
	}
}

// answer settles a waiter's answer and has it woken.
func (l *Ledger) answer(now Instant, w *Waiter, a Answer) {
	l.leaveQueue(now, w, a.Do != Refused)
	l.queued(-1)
	w.answer = a
	l.wake(w)
}

// wake adds a waiter that has its answer to the work.
func (l *Ledger) wake(w *Waiter) {
	l.pending = true
	if l.work.wake == nil {
		l.work.wake = w
	} else {
		l.work.last.next = w
	}
	l.work.last = w
}

// closeLater makes the close of a slot work. The slot has no holder.
func (l *Ledger) closeLater(now Instant, s *Slot, why Reason) {
	l.closeLaterAnd(now, s, why, closeFree)
}

// closeLaterAnd is closeLater with what follows the close.
func (l *Ledger) closeLaterAnd(now Instant, s *Slot, why Reason, then afterClose) {
	l.closing(now, s, why, then)
	s.next, l.work.close = l.work.close, s
	l.pending = true
	l.touch()
}

// sweep cuts off the idle list, to be closed as work, and all deadlines with it.
func (l *Ledger) sweep() {
	n := l.tally[Idle]
	l.tally[Idle] = 0
	l.tally[Closing] += n
	l.work.swept = l.idle.front
	if l.total != nil {
		l.touch()
		l.total.sweepIdle(l)
	}
	l.pending = l.pending || n > 0
	l.idle = idleList{}
	l.heap.clear()
	l.idleTests.due.clear()
	for i := range l.idleTests.under {
		l.idleTests.under[i].before = nil
	}
	l.softIdle = softList{}
	l.epoch++
}

// Pending reports whether there is work to Take.
func (l *Ledger) Pending() bool { return l.pending }
