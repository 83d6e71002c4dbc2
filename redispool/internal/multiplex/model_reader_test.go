package multiplex

func (m *model) takeFlight(s *modelState, t int8) {
	th := &s.th[t]
	s.flying -= s.landed
	s.landed = 0
	s.pending = list{}
	if s.failed || s.flight.n == 0 && th.idle {
		s.reading = false
		m.leaveRole(s, t, ended)
		return
	}
	s.pending, s.flight = s.flight, list{}
	if m.mayWrite(s) {
		s.writing = true
		m.spawn(s, beginBatch)
	}
	th.idle = s.pending.n == 0
	if s.pending.n > 0 {
		th.pc = receive
	}
}

// current is the call whose reply the reader receives.
func (m *model) current(s *modelState, t int8) int8 {
	if s.th[t].own && m.mistake == takesFirstForOwn {
		return s.th[t].self
	}
	if s.th[t].own {
		return s.flight.all[0]
	}
	return s.pending.all[0]
}

func (m *model) receive(s *modelState, t int8) bool {
	th := &s.th[t]
	switch {
	case s.replies.n > 0:
		th.reply = s.replies.pop()
		th.pc = awaitSent
	case s.down:
		th.pc = readerFailed
	default:
		return false
	}
	return true
}

func (m *model) awaitSent(s *modelState, t int8) bool {
	th := &s.th[t]
	switch {
	case s.sent > s.received || m.mistake == noAwait:
		s.received++
		th.pc = settle
	case s.failed:
		th.pc = readerFailed
	default:
		return false
	}
	return true
}

func (m *model) settle(s *modelState, t int8) {
	th := &s.th[t]
	if th.own && s.flight.n == 0 {
		m.fail("goroutine %d has a reply to no call", t)
		return
	}
	c := m.current(s, t)
	m.settleCall(s, c, th.reply)
	if th.own {
		m.landOwn(s, t, c)
		return
	}
	s.pending.pop()
	s.landed++
	th.pc = reap
}

// landOwn is what readOwn does after a reply.
func (m *model) landOwn(s *modelState, t, c int8) {
	th := &s.th[t]
	s.flight.pop()
	s.flying--
	th.hasOwn = th.hasOwn || c == th.self
	if th.hasOwn && (s.flight.n == 0 || s.replies.n == 0) {
		m.passReader(s, t)
		return
	}
	if s.replies.n == 0 && m.mayWrite(s) {
		s.writing = true
		m.spawn(s, beginBatch)
	}
	th.pc = receive
}

// reap is called after each reply, not only after each of many.
func (m *model) reap(s *modelState, t int8) {
	th := &s.th[t]
	s.flying -= s.landed
	s.landed = 0
	s.reaping = s.pending.n > 0 && (s.replies.n > 0 || m.mistake == reapsForever)
	if m.mistake == reapsForever {
		s.reaping = true
	}
	if m.mayWrite(s) {
		s.writing = true
		m.spawn(s, beginBatch)
	}
	th.pc = receive
	if s.pending.n == 0 {
		th.pc = takeFlight
	}
}

func (m *model) passReader(s *modelState, t int8) {
	th := &s.th[t]
	startWrite := m.mayWrite(s)
	if startWrite {
		s.writing = true
		m.spawn(s, beginBatch)
	}
	switch {
	case s.flight.n == 0:
		s.reading = false
		if startWrite {
			th.goTo(th.next())
		} else {
			m.leaveRole(s, t, th.next())
		}
	case s.flight.n < m.many && (!m.mayLeave(s.flight.all[0]) || m.mistake == passesToLeaver):
		s.call[s.flight.all[0]].signal = signalBecomes
		th.goTo(th.next())
	default:
		m.spawn(s, takeFlight)
		th.goTo(th.next())
	}
}

// settleEarly is a mistake: the calls get the error while the writer may still read their arguments.
func (m *model) settleEarly(s *modelState) {
	if m.mistake != settlesWhileSending {
		return
	}
	for _, l := range []*list{&s.pending, &s.flight} {
		for l.n > 0 {
			m.settleCall(s, l.pop(), failure)
		}
	}
}
