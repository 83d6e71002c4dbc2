package ledger

// Acquire asks for a resource. The answer is Granted or Refused; or Wait, if w is
// not nil; or Test, Open or Close. The caller does what these three ask for and
// reports it; the report's answer is the next step, and so on until it is Granted
// or Refused.
func (l *Ledger) Acquire(now Instant, w *Waiter) Answer {
	if s := l.LendFast(now); s != nil {
		return Answer{Do: Granted, Handle: s.Handle()}
	}
	if l.OpensHeld() {
		l.serve(now) // the pause may be over, and the first waiter's turn comes first
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

// LendFast is the common case of Acquire: it grants an idle slot that needs no
// further checks. In any other case it returns nil and changes nothing. It causes
// no work.
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

// Enqueue is Acquire for a caller that has to wait: the waiter's answer is Wait. Enqueue
// returns false and changes nothing in three cases: the caller need not wait, the queue
// is full, or the pool is shut.
func (l *Ledger) Enqueue(now Instant, w *Waiter) bool {
	if !l.AtCapacity() || l.shut || !l.mayWait(w) {
		return false
	}
	l.acquires++
	l.wait(now, w)
	l.classOf(w).push(w)
	if l.timedWaits || w.Urgent {
		l.joined(now, w)
	}
	l.arrived(now, w, nil)
	raiseMax(&l.peakWaiting, l.queue.n)
	return true
}

// wait prepares a waiter for the queue.
func (l *Ledger) wait(now Instant, w *Waiter) {
	w.answer = Answer{Do: Wait}
	w.rejoined = false
	w.deadline = Never
	if l.timedWaits {
		l.boundWait(now, w)
	}
}

// boundWait is wait where the time of a waiter matters.
func (l *Ledger) boundWait(now Instant, w *Waiter) {
	w.came = now
	if l.waitTimeout > 0 {
		w.deadline = now.Add(l.waitTimeout)
		l.setDue(w.deadline)
	}
}

// waiterCame notes that a waiter has come while openings may be held.
func (l *Ledger) waiterCame(now Instant) {
	raiseMax(&l.peakWaiting, l.queue.n)
	l.scheduleProbe(now)
}

// searchIdle continues Acquire when the first idle slot is stale or no slot is idle.
func (l *Ledger) searchIdle(now Instant, w *Waiter) Answer {
	if a := l.seek(now); a.Do != Wait {
		return a
	}
	return l.waitOrRefuse(now, w)
}

// seek finds something that an acquire can do now. If it can only wait, the answer is
// Wait, and the caller has yet to join the queue.
func (l *Ledger) seek(now Instant) Answer {
	if l.shut {
		return l.refuse(Shutdown)
	}
	// This acquire may need the place of a stale slot, so the caller may have to
	// close the first one. It does not close others: they are not its concern.
	mine, good := l.skipStale(now)
	switch {
	case good != nil:
		if mine != nil {
			l.closeLater(now, mine, l.staleReason(now, mine))
		}
		return l.lendOrTest(now, good)
	case mine != nil && (l.room() || l.hold.holds(now)):
		l.closeLater(now, mine, l.staleReason(now, mine))
	case mine != nil:
		return l.close(now, mine, l.staleReason(now, mine), closeRetry)
	}
	if l.mayOpen(now) {
		return l.open(forCaller)
	}
	if l.canTakeOver() && !l.hold.holds(now) {
		return l.takeOldest(now)
	}
	return Answer{Do: Wait}
}

// waitOrRefuse ends Acquire when nothing is idle and nothing may be opened. If there is
// no room and the queue is not full, Enqueue has answered before.
func (l *Ledger) waitOrRefuse(now Instant, w *Waiter) Answer {
	held := l.room() || l.hold.holds(now)
	switch {
	case w == nil && held:
		return l.refuse(OpenFails)
	case w == nil:
		return l.refuse(Exhausted)
	case !l.mayWait(w):
		return l.refuse(QueueFull)
	}
	l.wait(now, w)
	l.classOf(w).push(w)
	l.joined(now, w)
	l.arrived(now, w, nil)
	l.waiterCame(now)
	return w.answer
}

// lendOrTest gives a slot that is in no list to an acquirer, at once or after a
// test.
func (l *Ledger) lendOrTest(now Instant, s *Slot) (a Answer) {
	if len(l.gates) > 0 && (now >= s.details.testFrom || l.suspected(s)) {
		l.move(s, Testing)
		s.details.due = l.dueTests(now, s)
		a = Answer{Do: Test, Handle: s.Handle(), Due: s.details.due}
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
	l.leaves(l.state(s))
	l.tally[l.state(s)]--
	l.lease(s)
	return Answer{Do: Granted, Handle: s.Handle()}
}

// lease makes a slot leased. The caller has already removed the slot from the tally of
// its former state.
func (l *Ledger) lease(s *Slot) {
	l.tally[Leased]++
	s.state = Leased
	s.uses++
	l.granted++
	if l.total != nil {
		l.total.lent()
	}
	raiseMax(&l.peakLeased, l.tally[Leased])
}

func (l *Ledger) refuse(why Refusal) Answer {
	l.stats.Refused[why]++
	return Answer{Do: Refused, Why: why}
}

// refuseWaiter takes a waiter out of the queue and refuses it.
func (l *Ledger) refuseWaiter(now Instant, w *Waiter, why Refusal) {
	l.stats.WaitsRefused++
	l.answer(now, w, l.refuse(why))
}

// Cancel takes a waiter out of the queue whose caller has left. It is the only
// place where canceling meets granting: a slot that the waiter was given in the
// meantime goes to the next waiter, and a waiter that was refused stays refused.
// The answer is Done; or Refused; or Close, if the slot that the waiter was given
// has to go.
func (l *Ledger) Cancel(now Instant, w *Waiter) Answer {
	if w.queued {
		l.leaveQueue(now, w, false)
		l.stats.Canceled++
		l.queued(-1)
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
	case Close: // of a slot of another ledger
		s.details.ledger.disinherit(now, s)
		return Answer{Do: Close, Handle: s.Handle()}
	case Granted:
		// The slot was not used, so the use and the grant do not count.
		l.granted--
		s.uses--
	}
	return l.giveBack(now, s)
}
