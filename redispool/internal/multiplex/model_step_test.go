package multiplex

func (m *model) mayLeave(c int8) bool { return m.leaves[c] == 'l' }

// spawn starts a goroutine.
func (m *model) spawn(s *modelState, pc int8) {
	for i := modelCalls; i < modelThreads; i++ {
		if s.th[i].pc == ended {
			s.th[i] = modelThread{pc: pc, self: -1}
			return
		}
	}
	m.fail("too many goroutines")
}

// next returns the step after a role has ended: a caller waits for its signal, a goroutine ends.
func (th *modelThread) next() int8 {
	if th.self >= 0 {
		return waiting
	}
	return ended
}

// goTo makes a thread go on at a step, and forgets what earlier steps knew.
func (th *modelThread) goTo(pc int8) {
	*th = modelThread{pc: pc, self: th.self}
	if pc == ended {
		th.self = -1
	}
}

func (m *model) hasRoom(s *modelState) bool { return s.flying < m.room }

func (m *model) mayWrite(s *modelState) bool {
	idle := !s.writing || m.mistake == twoWriters
	return idle && s.phase == open && s.queue.n > 0 && m.hasRoom(s) && !s.failed && (!s.retiring || m.mistake == retireSends) &&
		!s.reaping && s.queue.n*m.inFlight >= s.flying
}

func (m *model) leave(s *modelState, c int8) bool {
	th := &s.th[c]
	if !m.mayLeave(c) || th.pc != waiting || s.call[c].outcome != undecided {
		return false
	}
	s.call[c].outcome = abandoned
	if m.mistake == leaverLeavesFlight {
		before := s.flight.n
		s.flight.remove(c)
		s.flying -= before - s.flight.n
	}
	th.goTo(ended)
	return true
}

// settleCall gives a caller its outcome.
func (m *model) settleCall(s *modelState, c, reply int8) {
	if s.call[c].outcome == undecided {
		s.call[c].outcome, s.call[c].reply, s.call[c].signal = answered, reply, signalDone
	}
}

func (m *model) step(s *modelState, t int8) bool {
	th := &s.th[t]
	switch th.pc {
	case tryAlone:
		m.tryAlone(s, t)
	case join:
		m.join(s, t)
	case openConn, reopenConn:
		m.openConn(s, t)
	case waiting:
		return m.wait(s, t)
	case beginBatch:
		m.beginBatch(s, t)
	case sendBegin, sendEnd:
		m.send(s, t)
	case endBatch:
		m.endBatch(s, t)
	case takeFlight:
		m.takeFlight(s, t)
	case receive:
		return m.receive(s, t)
	case awaitSent:
		return m.awaitSent(s, t)
	case settle:
		m.settle(s, t)
	case reap:
		m.reap(s, t)
	case readerFailed:
		s.failed, s.reading, s.reaping = true, false, false
		m.settleEarly(s)
		m.leaveRole(s, t, th.next())
	case settleLost:
		if th.lost.n > 0 {
			m.settleCall(s, th.lost.pop(), failure)
		} else {
			th.pc = closeConn
		}
	case closeConn:
		s.open--
		th.pc = wasClosed
	case wasClosed:
		m.wasClosed(s, t)
	default:
		return m.stepAlone(s, t)
	}
	return true
}

func (m *model) join(s *modelState, t int8) {
	th := &s.th[t]
	was := m.toMany(s)
	s.queue.push(th.self)
	if was == closed {
		th.pc = openConn
		return
	}
	if !m.mayWrite(s) {
		th.pc = waiting
		return
	}
	s.writing = true
	m.writeAs(s, t)
}

func (m *model) writeAs(s *modelState, t int8) {
	th := &s.th[t]
	if th.self >= 0 && !m.mayLeave(th.self) {
		th.goTo(beginBatch)
		return
	}
	m.spawn(s, beginBatch)
	th.goTo(th.next())
}

// openConn is openAs and reopen. An opening that may fail does so, or not: both are visited.
func (m *model) openConn(s *modelState, t int8) {
	if s.fails && s.sent == 0 { // fails once, at the first opening
		s.fails = false
		lost := s.queue
		s.queue = list{}
		s.phase = closed
		for lost.n > 0 {
			m.settleCall(s, lost.pop(), failure)
		}
		s.th[t].goTo(s.th[t].next())
		return
	}
	s.attach()
	s.phase, s.failed, s.retiring = open, false, false
	s.writing = true
	m.writeAs(s, t)
}

// attach is what a new connection changes.
func (s *modelState) attach() {
	s.open++
	s.down = false
	s.sent, s.received, s.replies = 0, 0, list{}
}

func (m *model) wait(s *modelState, t int8) bool {
	c := &s.call[s.th[t].self]
	switch c.signal {
	case signalDone:
		s.th[t].goTo(ended)
	case signalBecomes:
		c.signal = 0
		s.th[t].goTo(receive)
		s.th[t].own = true
	default:
		return false
	}
	return true
}

func (m *model) beginBatch(s *modelState, t int8) {
	th := &s.th[t]
	for (!s.retiring || m.mistake == retireSends) && !s.failed && s.queue.n > 0 {
		if c := s.queue.all[0]; s.call[c].outcome != abandoned {
			if !m.hasRoom(s) {
				break
			}
			if s.retiring {
				m.fail("call %d is sent on a connection that retires", c)
			}
			s.flying++
			s.batch.push(c)
			s.flight.push(c)
		}
		s.queue.pop()
	}
	needsReader := !s.reading && s.batch.n > 0
	th.own = needsReader && th.self >= 0 && s.batch.n < m.many && s.batch.has(th.self)
	if needsReader {
		s.reading = true
		if !th.own && m.mistake != readerForgotten {
			m.spawn(s, takeFlight)
		}
	}
	th.pc, th.i, th.failed = sendBegin, 0, false
}

// send is a Send in two steps: the server has the command before Send returns.
func (m *model) send(s *modelState, t int8) {
	th := &s.th[t]
	switch {
	case th.pc == sendBegin && th.i == s.batch.n:
		th.pc = endBatch
	case th.pc == sendBegin:
		c := s.batch.all[th.i]
		s.call[c].sending = true
		if !s.down {
			s.replies.push(c)
		}
		th.pc = sendEnd
	default:
		s.call[s.batch.all[th.i]].sending = false
		th.i++
		th.pc = sendBegin
		if s.down {
			th.failed = true
			th.pc = endBatch
		} else {
			s.sent++
		}
	}
}

func (m *model) endBatch(s *modelState, t int8) {
	th := &s.th[t]
	s.batch = list{}
	s.failed = s.failed || th.failed
	s.writing = false
	own := th.own
	next := th.next()
	if own {
		next = receive
	}
	if m.mayWrite(s) {
		s.writing = true
		if th.self >= 0 {
			m.spawn(s, beginBatch)
			th.goTo(next)
			th.own = own
		} else {
			th.goTo(beginBatch)
		}
		return
	}
	m.leaveRole(s, t, next)
	if th.pc == receive {
		th.own = own
	}
}

// leaveRole is leaveRoleUnlock and closeUnlock. The thread then goes on at next.
func (m *model) leaveRole(s *modelState, t int8, next int8) {
	th := &s.th[t]
	switch {
	case (s.writing || s.reading) && m.mistake != closesUnderWriter, s.reading && m.mistake == closesUnderWriter:
		if s.failed {
			s.down = true
		}
		th.goTo(next)
	case !s.failed && !s.retiring && s.queue.n > 0:
		s.writing = true
		m.spawn(s, beginBatch)
		th.goTo(next)
	default:
		th.goTo(settleLost)
		th.then = next
		for i := range s.pending.n {
			th.lost.push(s.pending.all[i])
		}
		for i := range s.flight.n {
			th.lost.push(s.flight.all[i])
		}
		s.pending, s.flight, s.flying, s.landed = list{}, list{}, 0, 0
		s.phase = closing
	}
}

func (m *model) wasClosed(s *modelState, t int8) {
	th := &s.th[t]
	if s.queue.n == 0 || m.mistake == closesWithQueue {
		s.phase = closed
	} else {
		s.phase = opening
		live := false
		for i := range s.queue.n {
			live = live || s.call[s.queue.all[i]].outcome != abandoned
		}
		if live {
			m.spawn(s, reopenConn)
		} else {
			s.queue = list{}
			s.phase = closed
		}
	}
	th.goTo(th.then)
}
