package ledger

// Acquire asks for a resource. The answer is Granted; or Test, Open or Close,
// which the caller does and reports until it is Granted or Refused; or Wait, if w
// is not nil; or Refused.
func (l *Ledger) Acquire(now Instant, w *Waiter) Answer {
	if s := l.LendFast(now); s != nil {
		return Answer{Do: Granted, Handle: s.handle()}
	}
	if w != nil && l.Enqueue(now, w) {
		return w.answer
	}
	l.acquires++
	s := l.idle.first(l.order)
	if s == nil || now >= s.until {
		return l.searchIdle(now, w)
	}
	l.removeIdle(s)
	return l.lendOrTest(now, s)
}

// LendFast is the common case of Acquire: an idle slot is granted without further
// questions. It returns nil, and has changed nothing, if it is not that case. It
// causes no work.
func (l *Ledger) LendFast(now Instant) *Slot {
	s := l.idle.first(l.order)
	if s == nil || !l.fastLend || now >= s.until {
		return nil
	}
	l.acquires++
	l.idle.remove(s)
	l.tally[Idle]--
	l.lease(s)
	return s
}

// Enqueue is Acquire where nothing is to be had now: the waiter's answer is Wait. It
// returns false, and has changed nothing, if that is not so, or the queue is full.
func (l *Ledger) Enqueue(now Instant, w *Waiter) bool {
	if !l.AtCapacity() || l.shut || int(l.queue.n) >= l.maxWaiters {
		return false
	}
	l.acquires++
	w.answer = Answer{Do: Wait}
	w.deadline = Never
	if l.waitTimeout > 0 {
		w.deadline = now.Add(l.waitTimeout)
		l.setDue(w.deadline)
	}
	l.queue.push(w)
	raiseMax(&l.peakWaiting, l.queue.n)
	return true
}

// searchIdle goes on where the first idle slot is not good.
func (l *Ledger) searchIdle(now Instant, w *Waiter) Answer {
	if l.shut {
		return l.refuse(Shutdown)
	}
	// The capacity of a stale slot may be needed here, so the first one is the
	// caller's. Further ones are not: a caller does not pay for closing others.
	mine, good := l.skipStale(now)
	switch {
	case good != nil:
		if mine != nil {
			l.closeLater(now, mine, l.staleReason(now, mine))
		}
		return l.lendOrTest(now, good)
	case mine != nil && l.room():
		l.closeLater(now, mine, l.staleReason(now, mine))
		return l.open(forCaller)
	case mine != nil:
		return l.close(now, mine, l.staleReason(now, mine), closeRetry)
	case l.room():
		return l.open(forCaller)
	case w == nil:
		return l.refuse(Exhausted)
	}
	return l.refuse(QueueFull) // or Join would have been the answer
}

// lendOrTest gives a slot that is in no list to an acquirer: at once, or after a test.
func (l *Ledger) lendOrTest(now Instant, s *Slot) (a Answer) {
	if len(l.gates) > 0 && now >= s.details.testFrom {
		l.move(s, Testing)
		s.details.due = l.dueGates(now, s)
		a = Answer{Do: Test, Handle: s.handle(), Due: s.details.due}
	} else {
		a = l.grant(s)
	}
	l.scheduleFillIfMinIdle(now)
	return a
}

func (l *Ledger) grant(s *Slot) Answer {
	if s.openedFor == unusedFill {
		l.lentFilled(s)
	}
	l.tally[l.state(s)]--
	l.lease(s)
	return Answer{Do: Granted, Handle: s.handle()}
}

// lease is for a slot that no tally counts any more.
func (l *Ledger) lease(s *Slot) {
	l.tally[Leased]++
	s.state = Leased
	s.uses++
	l.granted++
	raiseMax(&l.peakLeased, l.tally[Leased])
}

func (l *Ledger) refuse(why Refusal) Answer {
	l.stats.Refused[why]++
	return Answer{Do: Refused, Why: why}
}

// refuseWaiter refuses a waiter.
func (l *Ledger) refuseWaiter(w *Waiter, why Refusal) {
	l.stats.WaitsRefused++
	l.answer(w, l.refuse(why))
}

// Cancel takes a waiter out of the queue, whose caller has left. It is the only
// place where canceling meets granting: what the waiter has been given in the
// meantime goes to the next, and if it has been refused, it stays refused. The
// answer is Done or Refused, or Close: the slot that nobody can use any more.
func (l *Ledger) Cancel(now Instant, w *Waiter) Answer {
	if w.queued {
		l.queue.remove(w)
		l.stats.Canceled++
		return Answer{}
	}
	a := w.answer
	if a.Do == Refused {
		return a
	}
	l.stats.Canceled++
	l.waitsGranted--
	s := a.Handle.Slot
	s.gen++ // the waiter still has the handle (I8)
	switch a.Do {
	case Open:
		l.freePlace(now, s)
		return Answer{}
	case Granted:
		// It was not used: the use and the grant are taken back.
		l.granted--
		s.uses--
	}
	return l.giveBack(now, s)
}
