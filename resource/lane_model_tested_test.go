package resource

// takeForTest has t take e from the lane to test it. e is not lent yet, but no
// other goroutine may have it.
func (m *model) takeForTest(s *modelState, t, e int8) {
	th := &s.th[t]
	s.word[e] = s.word[e]&^mMask | mTesting
	leases := s.leases[e]
	m.lend(s, t, e, idleInLane, s.word[e])
	s.leases[e], th.pc = leases, atTest
}

// stepTestInLane has the steps of testInLane: the test, which fails with choice 1, the
// change of the word, and what follows if the lane was emptied meanwhile.
func (m *model) stepTestInLane(s *modelState, t, choice int8) bool {
	th := &s.th[t]
	switch th.pc {
	case atTest:
		th.pc, th.broken = atTestLook, false
		if choice == 1 {
			th.pc, th.broken = atWithdraw, true
		}
	case atTestLook:
		if th.pc = atTestCAS; s.lane != th.e && m.mistake != testLooksNot {
			th.pc = atWithdraw
		}
	case atTestCAS:
		if s.word[th.e] != th.w && m.mistake != testBlind {
			th.pc = atWithdraw
			break
		}
		if s.shut || s.old[th.e] {
			m.fail("goroutine %d gets entry %d after Close or Reset", t, th.e)
		}
		s.word[th.e] = th.w | mLeased
		s.leases[th.e]++
		th.w, th.pc = s.word[th.e], atHold
	case atWithdraw:
		if s.mu >= 0 {
			return false
		}
		s.mu, th.cont, th.pc = t, atTested, atEmpty
	case atTested:
		m.withdrawTested(s, t)
	}
	return true
}

// withdrawTested is the code of that name and Ledger.Tested. The caller keeps its place.
func (m *model) withdrawTested(s *modelState, t int8) {
	th := &s.th[t]
	e := th.e
	if s.word[e] == th.w { // it was taken when it had left the lane
		s.word[e] &^= mMask
		s.used[e] = uint8(word(th.w).leases())
	}
	if s.word[e]&mMask != uint8(offLane) || s.owner[e] != t {
		m.fail("goroutine %d tests entry %d, which is with %d in state %d", t, e, s.owner[e], s.word[e]&mMask)
	}
	failed := th.broken || s.old[e]
	th.broken = false
	switch {
	case s.shut:
		m.kill(s, e)
		th.left = 0
		s.finish(t)
	case failed && s.active() > s.max:
		m.kill(s, e)
		s.finish(t)
	case failed:
		s.owner[e] = closed
		m.open(s, t)
	default:
		s.owner[e] = pooled
		m.grant(s, t, e, pooled)
	}
	s.mu = -1
}
