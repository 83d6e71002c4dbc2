package multiplex

import (
	"fmt"
	"slices"
	"testing"
)

// The model of a link: who sends, who reads, who leaves. Its goroutines make one atomic step at a time (a locked section, a
// Send, a Receive, a signal), and all interleavings are visited. The steps have the names of the functions that they model;
// model_step_test.go and model_alone_test.go have them.

const (
	modelCalls   = 3 // one for each caller
	modelThreads = 8 // the callers, and the goroutines that they start
)

// Mistakes that can be put into the model. Each must be found.
const (
	right = iota
	twoWriters
	readerForgotten
	leaverLeavesFlight
	noAwait
	settlesWhileSending
	closesWithQueue
	closesUnderWriter
	passesToLeaver
	retireSends
	reapsForever
	takesFirstForOwn
	adoptsWithoutReader
	adoptsUnsent
	closesAlthoughJoined
	closesAloneWithQueue
	mistakes
)

// The steps of a thread.
const (
	ended int8 = iota
	tryAlone
	join
	openConn
	waiting
	beginBatch
	sendBegin
	sendEnd
	endBatch
	takeFlight
	receive
	awaitSent
	settle
	reap
	readerFailed
	settleLost
	closeConn
	wasClosed
	reopenConn
	openAlone
	sendAlone
	sentAlone
	receiveAlone
	readAlone
	closeAlone
	closedAlone
)

// modelThread is a goroutine.
type modelThread struct {
	pc, then int8 // then: where it goes on when a connection was given back
	self     int8 // its call; -1: none
	i        int8 // the position in the batch, or in pending
	reply    int8
	own      bool // a caller that reads until it has its own reply
	hasOwn   bool // and has it
	idle     bool
	failed   bool
	retires  bool // the reply of a lone call ends the use of its connection
	lost     list
}

const (
	noReply = -1
	failure = 100 // the reply of a call whose connection broke, or was not opened
)

type modelCall struct {
	outcome uint32
	reply   int8
	signal  int8 // 0: none
	sending bool // the writer reads its arguments
}

const (
	signalDone = 1 + iota
	signalBecomes
)

// list is a list of calls.
type list struct {
	n   int8
	all [modelCalls]int8
}

func (l *list) push(c int8) {
	l.all[l.n] = c
	l.n++
}

func (l *list) pop() int8 {
	c := l.all[0]
	copy(l.all[:], l.all[1:])
	l.n--
	l.all[l.n] = 0
	return c
}

func (l *list) has(c int8) bool { return slices.Contains(l.all[:l.n], c) }

func (l *list) remove(c int8) {
	for i := range l.n {
		if l.all[i] == c {
			copy(l.all[i:], l.all[i+1:])
			l.n--
			l.all[l.n] = 0
			return
		}
	}
}

type modelState struct {
	th                            [modelThreads]modelThread
	call                          [modelCalls]modelCall
	phase                         uint32
	writing, reading, reaping     bool
	failed, retiring              bool
	queue, flight, batch, pending list
	flying, landed                int8
	sent, received                int8
	replies                       list // on their way to the reader
	down                          bool // the connection is broken
	breaks, retires, fails        bool // may still happen
	open                          int8 // connections that are not given back
	lone                          int8 // the call that is alone
}

type modelConfig struct {
	name     string
	leaves   string // a letter for each caller: s stays, l may leave
	room     int8
	many     int8 // manyReplies
	inFlight int8 // inFlightAtMost
	breaks   bool
	retires  bool
	fails    bool // an opening may fail
	mistake  int
}

type model struct {
	modelConfig
	seen map[modelState]struct{}
	err  string
	path []modelMove
	ends int
}

// modelMove is a step on the way to a failure: what happens, and which thread it is that does it, or which caller.
type modelMove struct {
	what string
	who  int8 // -1: neither
}

func (m *model) fail(f string, a ...any) {
	if m.err == "" {
		m.err = fmt.Sprintf(f, a...)
	}
}

// visit tries every step of every thread, from a state that was not seen before.
func (m *model) visit(s modelState) {
	if m.err != "" {
		return
	}
	if _, ok := m.seen[s]; ok {
		return
	}
	m.seen[s] = struct{}{}
	moved := false
	try := func(what string, who int8, step func(*modelState) bool) {
		next := s
		if m.err != "" || !step(&next) {
			return
		}
		moved = true
		m.path = append(m.path, modelMove{what, who})
		m.check(&next)
		m.visit(next)
		if m.err == "" {
			m.path = m.path[:len(m.path)-1]
		}
	}
	for t := range int8(modelThreads) {
		if s.th[t].pc != ended {
			try("goes on", t, func(n *modelState) bool { return m.step(n, t) })
		}
		if s.th[t].pc == tryAlone { // callers have met before: see crowd
			try("joins", t, func(n *modelState) bool { n.th[t].pc = join; return true })
		}
	}
	for c := range int8(modelCalls) {
		try("leaves", c, func(n *modelState) bool { return m.leave(n, c) })
	}
	if s.breaks && s.open > 0 {
		try("the connection breaks", -1, func(n *modelState) bool { n.breaks, n.down, n.replies = false, true, list{}; return true })
	}
	if s.retires && s.phase == open {
		try("the connection retires", -1, func(n *modelState) bool { n.retires, n.retiring = false, true; return true })
	}
	if s.retires && s.phase == aloneReading {
		try("a lone reply retires the connection", -1, func(n *modelState) bool {
			n.retires, n.th[n.lone].retires = false, true
			return true
		})
	}
	if !moved {
		m.ends++
		m.checkEnd(&s)
	}
}

// check verifies what holds in every state.
func (m *model) check(s *modelState) {
	writers, readers := 0, 0
	for _, th := range s.th {
		switch th.pc {
		case beginBatch, sendBegin, sendEnd, endBatch, sendAlone, sentAlone:
			writers++
		case takeFlight, awaitSent, settle, reap, readerFailed, receive, receiveAlone, readAlone:
			readers++
		}
	}
	if writers > 1 || readers > 1 {
		m.fail("%d writers, %d readers", writers, readers)
	}
	for i, c := range s.call {
		if c.outcome == answered && c.sending {
			m.fail("call %d is over while the writer reads its arguments", i)
		}
		if c.reply != noReply && c.reply != failure && c.reply != int8(i) {
			m.fail("call %d has the reply of call %d", i, c.reply)
		}
	}
	if s.open > 1 {
		m.fail("two connections are open")
	}
}

// checkEnd verifies a state in which nothing goes on.
func (m *model) checkEnd(s *modelState) {
	for i, th := range s.th {
		if th.pc != ended {
			m.fail("goroutine %d hangs at step %d", i, th.pc)
		}
	}
	if s.phase != closed || s.open != 0 || s.writing || s.reading || s.reaping || s.queue.n+s.flight.n+s.pending.n != 0 {
		m.fail("the link is not at rest: %+v", s)
	}
}

func (c modelConfig) run() *model {
	m := &model{modelConfig: c, seen: map[modelState]struct{}{}}
	s := modelState{breaks: c.breaks, retires: c.retires, fails: c.fails}
	for i := range s.call {
		s.call[i].reply = noReply
		s.th[i] = modelThread{pc: tryAlone, self: int8(i)}
	}
	for i := modelCalls; i < modelThreads; i++ {
		s.th[i].self = -1
	}
	m.visit(s)
	return m
}

func modelConfigs() (all []modelConfig) {
	for _, leaves := range []string{"sss", "ssl", "sll", "lll"} {
		for _, c := range []modelConfig{{room: 1, many: 2, inFlight: 4}, {room: 3, many: 2, inFlight: 4}, {room: 3, many: 4, inFlight: 1}} {
			if c.room == 1 && leaves != "sss" && leaves != "sll" || leaves == "lll" && c.inFlight == 4 {
				continue // visits little that the others do not
			}
			c.leaves = leaves
			for _, name := range []string{"plain", "breaks", "retires", "fails"} {
				c.name = name
				c.breaks, c.retires, c.fails = name == "breaks" || name == "fails", name == "retires", name == "fails"
				all = append(all, c)
			}
		}
	}
	return all
}

// TestModel visits all interleavings.
func TestModel(t *testing.T) {
	needsNoRaceDetector(t)
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	for _, c := range modelConfigs() {
		m := c.run()
		if m.err != "" {
			t.Errorf("%+v: %s\n%v", c, m.err, m.path)
		}
		if m.ends == 0 {
			t.Errorf("%+v: no end was reached", c)
		}
		t.Logf("%+v: %d states", c, len(m.seen))
	}
}

// TestModelFindsMistakes: each mistake leads to a failure in some configuration.
func TestModelFindsMistakes(t *testing.T) {
	needsNoRaceDetector(t)
	for mistake := right + 1; mistake < mistakes; mistake++ {
		found := ""
		for _, c := range modelConfigs() {
			c.mistake = mistake
			if m := c.run(); m.err != "" {
				found = m.err
				break
			}
		}
		if found == "" {
			t.Errorf("mistake %d is not found", mistake)
		}
		t.Logf("mistake %d: %s", mistake, found)
	}
}

// needsNoRaceDetector is for the model, which has one goroutine.
func needsNoRaceDetector(t *testing.T) {
	if raceEnabled {
		t.Skip("the model has one goroutine")
	}
}
