package resource

// stepBack has the steps of everything except an acquire.
func (m *model) stepBack(s *modelState, t, choice int8) bool {
	th := &s.th[t]
	lock := func(next int8) bool {
		if s.mu >= 0 {
			return false
		}
		s.mu, th.pc = t, next
		return true
	}
	switch th.pc {
	case atHold:
		switch {
		case choice == 1:
			th.pc, th.broken = atEnd, true
		case th.w&mMask == mLeased && s.lane == th.e:
			th.pc = atFree
		default:
			th.pc = atEnd
		}
	case atFree:
		if s.word[th.e] != th.w {
			m.fail("goroutine %d: a lease in force is over", t)
		}
		s.word[th.e] = th.w - mLeased + mLease + mIdle
		s.owner[th.e] = idleInLane
		s.cameBack(th.e)
		th.pc = atLook
	case atLook:
		if th.pc = atReclaim; s.lane == th.e || m.mistake == noSecondLook {
			s.finish(t)
		}
	case atReclaim:
		return lock(atReclaimLook)
	case atReclaimLook:
		if th.pc = atReclaimCAS; s.lane == th.e && m.mistake != reclaimBlind {
			th.pc = atUnlock
		}
	case atReclaimCAS:
		after := th.w - mLeased + mLease
		th.pc = atUnlock
		if s.word[th.e] == after+mIdle || m.mistake == reclaimStore {
			if s.owner[th.e] != idleInLane {
				m.fail("goroutine %d reclaims entry %d, which is with %d", t, th.e, s.owner[th.e])
			}
			s.word[th.e], s.owner[th.e], th.pc = after, t, atBack
			s.mu = -1
		}
	case atEnd:
		if s.word[th.e] != th.w {
			m.fail("goroutine %d: a lease in force is over", t)
		}
		s.word[th.e] = th.w&^mMask + mLease
		th.pc = atBack
		if th.broken {
			th.pc = atDiscard
		}
	case atBack:
		return lock(atYield)
	case atYield:
		m.yieldLane(s, t)
	case atRelease:
		if !th.ordered {
			s.cameBack(th.e)
		}
		m.giveBack(s, th.e, false)
		m.enterLane(s, t)
	case atFill, atFillWord:
		first := th.pc == atFill
		if first != (m.mistake == fillWordFirst) {
			s.lane = th.e
		} else {
			s.word[th.e] = th.seen
		}
		if th.pc++; th.pc == atUnlock {
			th.seen = 0
		}
	case atUnlock:
		s.mu = -1
		s.finish(t)
	case atDiscard:
		if lock(atEmpty) {
			th.cont = atApply
			return true
		}
		return false
	case atEvent:
		if m.roles[t] == 'l' { // the time in the lane is up
			if s.lane >= 0 {
				s.late[s.lane] = true
			}
			s.finish(t)
			return true
		}
		if lock(atEmpty) {
			th.cont = atApply
			return true
		}
		return false
	case atApply:
		m.apply(s, t)
	case atTest, atTestLook, atTestCAS, atWithdraw, atTested:
		return m.stepTestInLane(s, t, choice)
	default:
		m.stepEmpty(s, t)
	}
	return true
}

func (m *model) yieldLane(s *modelState, t int8) {
	th := &s.th[t]
	if th.w&mMask == mLeased && m.mistake != usesUnreported {
		s.used[th.e] = th.w/mLease + 1
	}
	if th.pc = atRelease; s.lane < 0 {
		return
	}
	w := s.word[s.lane]
	s.report(s.lane, w)
	idle := w&mMask == mIdle && m.mistake != keepIdleAbove
	mustYield := s.nlist+1 >= m.idle && m.mistake != mustYieldIgnored
	if idle || s.missedReleases == m.maxMissed || mustYield {
		th.cont, th.pc = atRelease, atEmpty
		return
	}
	// A release to the lane from here on overlaps with this one, and may count as
	// the later of the two.
	s.missedReleases++
	s.cameBack(th.e)
	th.ordered = true
}

// enterLane is Ledger.EnterLane and the part of fillLaneLocked before it sets the pointer.
func (m *model) enterLane(s *modelState, t int8) {
	th := &s.th[t]
	th.pc = atUnlock
	if s.lane >= 0 && m.mistake != fillOver || s.nqueue > 0 && m.mistake != fillWaiting || s.shut || s.nlist == 0 {
		return
	}
	e := s.list[0]
	drop(s.list[:], &s.nlist, e)
	s.late[e], s.owner[e] = false, idleInLane
	th.e, th.seen, th.pc = e, s.word[e]+mIdle, atFill
	s.reported, s.missedReleases = th.seen, 0
}

func (m *model) stepEmpty(s *modelState, t int8) {
	th := &s.th[t]
	switch th.pc {
	case atEmpty:
		if s.lane < 0 || m.mistake == closeLeavesLane && m.roles[t] == 'c' {
			th.pc = th.cont
			return
		}
		// The entry is kept apart: a release has one of its own in hand.
		th.out = s.lane
		if th.pc = atEmptyWord; m.mistake == emptyLooksFirst {
			th.seen = s.word[s.lane]
			th.pc = atEmptyCAS
		}
		if m.mistake != emptyLooksFirst {
			s.lane = -1
		}
	case atEmptyWord:
		e := th.out
		th.seen = s.word[e]
		if th.pc = atEmptyCAS; !m.takesOut(s.word[e]) {
			m.exitLane(s, t, e, s.word[e], true)
		}
	case atEmptyCAS:
		e := th.out
		w := th.seen
		s.lane = -1
		switch {
		case !m.takesOut(w):
			m.exitLane(s, t, e, w, true)
		case s.word[e] == w || m.mistake == emptyStore:
			s.word[e] = w &^ mMask
			m.exitLane(s, t, e, w&^mMask, w&mMask == mTesting && m.mistake != testingGoesIdle)
		default:
			th.pc = atEmptyWord
		}
	}
}

// takesOut reports whether emptyLaneLocked changes such a word.
func (m *model) takesOut(w uint8) bool {
	return w&mMask == mIdle || w&mMask == mTesting && m.mistake != emptyLeavesTesting
}

// exitLane is the end of emptyLaneLocked: reportWordLocked and Ledger.ExitLane.
func (m *model) exitLane(s *modelState, t, e int8, w uint8, leased bool) {
	th := &s.th[t]
	s.report(e, w)
	if !leased {
		if s.owner[e] != idleInLane {
			m.fail("goroutine %d takes entry %d out as idle, which is with %d", t, e, s.owner[e])
		}
		m.giveBack(s, e, true)
	}
	th.out, th.seen, th.pc = 0, 0, th.cont
	th.cont = 0
}

// apply is the rest of an event that found the lane empty.
func (m *model) apply(s *modelState, t int8) {
	th := &s.th[t]
	closeIdle := func(keep int8) {
		for s.nlist > keep {
			e := s.list[s.nlist-1]
			drop(s.list[:], &s.nlist, e)
			m.kill(s, e)
		}
	}
	switch m.roles[t] {
	case 'a', 'o': // Discard
		if th.w&mMask == mLeased && m.mistake != discardUnreported {
			s.used[th.e] = th.w/mLease + 1
		}
		m.kill(s, th.e)
	case 'c': // Close
		s.shut = true
		for s.nqueue > 0 {
			u := s.first()
			s.th[u].left = 0
			s.finish(u)
		}
		closeIdle(0)
	case 'r': // Reset
		for e := range s.old {
			s.old[e] = s.owner[e] != closed
		}
		closeIdle(0)
	case 's': // Resize to one
		s.max = 1
		for s.nlist > 0 && s.active() > s.max {
			closeIdle(s.nlist - 1)
		}
	case 't': // the timer
	}
	s.mu = -1
	s.finish(t)
}
