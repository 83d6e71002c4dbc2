package multiplex

// The steps of a call that is alone: see doAlone.

func (m *model) stepAlone(s *modelState, t int8) bool {
	th := &s.th[t]
	switch th.pc {
	case openAlone:
		m.openAlone(s, t)
	case sendAlone:
		th.failed = s.down
		if !s.down {
			s.replies.push(th.self)
		}
		th.pc = sentAlone
	case sentAlone:
		m.sentAlone(s, t)
	case receiveAlone:
		switch {
		case s.replies.n > 0:
			th.reply = s.replies.pop()
		case s.down:
			th.failed = true
		default:
			return false
		}
		th.pc = readAlone
	case readAlone:
		m.readAlone(s, t)
	case closeAlone:
		s.open--
		th.pc = closedAlone
	case closedAlone:
		m.closedAlone(s, t)
	}
	return true
}

func (m *model) tryAlone(s *modelState, t int8) {
	th := &s.th[t]
	th.pc = join
	if s.phase == closed && !m.mayLeave(th.self) {
		s.phase = aloneOpening
		th.pc = openAlone
	}
}

func (m *model) openAlone(s *modelState, t int8) {
	th := &s.th[t]
	fails := s.fails && s.sent == 0
	alone := s.phase == aloneOpening
	switch {
	case fails && alone:
		s.fails = false
		s.phase = closed
		m.settleCall(s, th.self, failure)
		th.goTo(waiting)
	case !fails && alone && !s.failed && !s.retiring:
		s.attach()
		s.phase, s.lone = aloneSending, th.self
		th.pc = sendAlone
	default:
		m.toMany(s)
		late := s.queue
		s.queue = list{}
		s.queue.push(th.self)
		for late.n > 0 {
			s.queue.push(late.pop())
		}
		m.openConn(s, t)
	}
}

// toMany is toManyLocked.
func (m *model) toMany(s *modelState) (was uint32) {
	was = s.phase
	switch was {
	case closed, aloneOpening:
		s.phase = opening
	case aloneSending, aloneReading:
		s.phase = open
		s.flight.push(s.lone)
		s.flying = 1
		s.writing, s.reading = was == aloneSending, m.mistake != adoptsWithoutReader
		if was == aloneReading && m.mistake != adoptsUnsent {
			s.sent++
		}
	case aloneClosing:
		s.phase = closing
	}
	return was
}

// sentAlone is what follows Flush, and sentAsMany.
func (m *model) sentAlone(s *modelState, t int8) {
	th := &s.th[t]
	if !th.failed && s.phase == aloneSending {
		s.phase = aloneReading
		th.pc = receiveAlone
		return
	}
	m.toMany(s)
	if !th.failed {
		s.sent++
	}
	th.own = true
	m.endBatch(s, t)
}

// readAlone is what follows Receive, and readAsMany.
func (m *model) readAlone(s *modelState, t int8) {
	th := &s.th[t]
	switch {
	case th.failed:
		m.toMany(s)
		th.goTo(readerFailed)
	case !th.retires && s.phase == aloneReading, m.mistake == closesAlthoughJoined:
		s.phase = aloneClosing
		th.pc = closeAlone
	default:
		m.toMany(s)
		s.retiring = s.retiring || th.retires
		if s.sent <= s.received || s.flight.n == 0 || s.flight.all[0] != th.self {
			m.fail("call %d is not the first in flight", th.self)
			return
		}
		s.received++
		m.settleCall(s, th.self, th.reply)
		th.own = true
		m.landOwn(s, t, th.self)
	}
}

func (m *model) closedAlone(s *modelState, t int8) {
	th := &s.th[t]
	m.settleCall(s, th.self, th.reply)
	if s.phase == aloneClosing || m.mistake == closesAloneWithQueue {
		s.phase = closed
		th.goTo(waiting)
		return
	}
	th.then = waiting
	m.wasClosed(s, t)
}
