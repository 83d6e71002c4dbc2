package ledger

// Work is what an event means for others than its caller. Whoever caused it
// does it, outside of any lock: waking and closing can be slow.
type Work struct {
	wake  *Waiter
	last  *Waiter // end of wake
	close *Slot   // each decided upon by itself
	swept *Slot   // the idle list as it was when it was detached
	open  *Slot
}

// Take returns the work of the events since the last call, which is from now on
// the caller's to do.
func (l *Ledger) Take() Work {
	w := l.work
	l.work, l.pending = Work{}, false
	return w
}

// Empty reports whether there is nothing to do.
func (w *Work) Empty() bool {
	return w.wake == nil && w.close == nil && w.swept == nil && w.open == nil
}

// NextWake returns the next waiter to be woken, or nil. Its Answer is settled, and
// as soon as it has been woken it belongs to its owner again.
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
	return s.handle(), true
}

// NextOpen returns the slot for which a resource must be opened, with nobody waiting
// for it, and reported Opened or OpenFailed. There is at most one.
func (w *Work) NextOpen() (Handle, bool) {
	s := w.open
	if s == nil {
		return Handle{}, false
	}
	w.open = nil
	return s.handle(), true
}

// Add moves the wakes of other to the end of w's, and its closes to w, in no
// order. Other's open stays where it is.
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
func (l *Ledger) answer(w *Waiter, a Answer) {
	l.queue.remove(w)
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

// closeLater has a slot that nobody holds closed as work.
func (l *Ledger) closeLater(now Instant, s *Slot, why Reason) {
	l.closing(now, s, why, closeFree)
	s.next, l.work.close = l.work.close, s
	l.pending = true
}

// sweep detaches all idle slots at once, and all deadlines with them.
func (l *Ledger) sweep() {
	n := l.tally[Idle]
	l.tally[Idle] = 0
	l.tally[Closing] += n
	l.work.swept = l.idle.front
	l.pending = l.pending || n > 0
	l.idle = idleList{}
	l.heap.clear()
	l.softIdle = softList{}
	l.epoch++
}

// Pending reports whether there is work to Take.
func (l *Ledger) Pending() bool { return l.pending }

// Peek shows the work that is not taken yet to the observer: each waiter
// to be woken, each slot to be closed, and the one to be opened.
func (l *Ledger) Peek(wake func(*Waiter), closes, opens func(Handle)) {
	for w := l.work.wake; w != nil; w = w.next {
		wake(w)
	}
	for _, s := range []*Slot{l.work.close, l.work.swept} {
		for ; s != nil; s = s.next {
			closes(s.handle())
		}
	}
	if s := l.work.open; s != nil {
		opens(s.handle())
	}
}
