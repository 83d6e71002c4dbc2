package resource

const (
	atStart int8 = iota
	atWord
	atUntil
	atCAS
	atLock
	atAgain // take under the lock
	atAgainWord
	atAgainUntil
	atAgainCAS
	atReport
	atLedger
	atWait
	atCancel
	atHold
	atFree
	atLook
	atReclaim
	atReclaimLook
	atReclaimCAS
	atEnd
	atBack
	atYield
	atRelease
	atFill
	atFillWord
	atUnlock
	atEmpty
	atEmptyWord
	atEmptyCAS
	atDiscard
	atEvent
	atApply
	atCanceled
	atTest
	atTestLook
	atTestCAS
	atWithdraw
	atTested
	atDone
)

const (
	mIdle    = uint8(laneIdle)
	mTesting = uint8(laneTesting)
	mLeased  = uint8(laneLeased)
	mMask    = uint8(stateMask)
	mLease   = uint8(oneLease)
)

func (s *modelState) finish(t int8) {
	th := &s.th[t]
	*th = modelThread{left: th.left}
	if th.left == 0 {
		th.pc = atDone
	}
}

// step makes one step of t; choice selects one of two possible steps. It reports
// whether t can make it.
func (m *model) step(s *modelState, t, choice int8) bool {
	th := &s.th[t]
	lock := func(next int8) bool {
		if s.mu >= 0 {
			return false
		}
		s.mu, th.pc = t, next
		return true
	}
	empty := func(cont int8) { th.cont, th.pc = cont, atEmpty }
	if choice == 1 && !(th.pc == atWait && m.cancel || (th.pc == atHold || th.pc == atTest) && m.discard) {
		return false
	}
	switch th.pc {
	case atDone:
		return false
	case atStart:
		th.left--
		if m.roles[t] != 'a' && m.roles[t] != 'o' {
			th.pc = atEvent
			return true
		}
		for i := int8(0); i < s.nqueue; i++ {
			th.ahead |= 1 << s.queue[i]
		}
		th.solo = m.rest(s, t)
		m.look(s, t, atWord, atLock)
	case atWord, atAgainWord:
		th.w = s.word[th.e]
		th.pc++
		if th.w&mMask != mIdle {
			th.pc = m.missed(th.pc)
		}
	case atUntil, atAgainUntil:
		th.pc++
		if s.late[th.e] {
			th.pc = m.missed(th.pc)
		}
	case atCAS, atAgainCAS:
		if s.word[th.e] != th.w {
			th.pc = m.missed(th.pc)
			break
		}
		locked := th.pc == atAgainCAS
		if m.tests {
			m.takeForTest(s, t, th.e)
		} else {
			s.word[th.e] |= mLeased
			m.lend(s, t, th.e, idleInLane, s.word[th.e])
		}
		if locked {
			s.mu = -1
		}
	case atLock:
		if !lock(atAgain) {
			return false
		}
		th.e, th.w = 0, 0
		if s.lane < 0 {
			th.pc = atLedger
		}
	case atAgain:
		m.look(s, t, atAgainWord, atReport)
	case atReport:
		w := s.word[s.lane]
		s.report(s.lane, w)
		th.e, th.w, th.pc = 0, 0, atLedger
		busy := s.nlist == 0 && s.active() >= s.max && m.mistake != queueOnFullLane
		if w&mMask == mIdle || busy {
			empty(atLedger)
		}
	case atLedger:
		s.mu = -1
		switch {
		case s.shut:
			th.left = 0
			s.finish(t)
		case s.nlist > 0:
			e := s.list[0]
			drop(s.list[:], &s.nlist, e)
			m.grant(s, t, e, pooled)
		case s.active() < s.max:
			m.open(s, t)
		default:
			s.queue[s.nqueue] = t
			s.nqueue++
			th.pc, th.solo, th.ahead = atWait, false, 0
		}
	case atWait: // a grant moves it on
		if choice == 0 {
			return false
		}
		th.pc = atCancel
	case atCancel:
		if lock(atEmpty) {
			th.cont = atCanceled
			return true
		}
		return false
	case atCanceled:
		drop(s.queue[:], &s.nqueue, t)
		for i := range s.th {
			s.th[i].ahead &^= 1 << t
		}
		if th.got { // the use is taken back
			s.used[th.e]--
			s.leases[th.e]--
			s.cameBack(th.e)
			m.giveBack(s, th.e, false)
		}
		s.mu = -1
		s.finish(t)
	default:
		return m.stepBack(s, t, choice)
	}
	return true
}

// look is the load of the pointer in take.
func (m *model) look(s *modelState, t, found, not int8) {
	th := &s.th[t]
	if th.pc = not; s.lane >= 0 {
		th.e, th.pc = s.lane, found
	}
}

// missed continues an acquire that got nothing from the lane.
func (m *model) missed(pc int8) int8 {
	if pc > atLock {
		return atReport
	}
	return atLock
}
