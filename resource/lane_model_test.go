package resource

import "fmt"

// The model of the lane's protocol: goroutines that make one atomic step at a
// time, over a ledger that is as plain as can be. lane_model_step_test.go has
// the steps, lane_model_check_test.go visits all their interleavings.

const (
	modelEntries = 3
	modelThreads = 4

	idleInLane = -1
	pooled     = -2 // idle in the list, or in the hands of the goroutine that has the lock
	closed     = -3
)

// Mistakes that can be put into the model. Each must be found.
const (
	right = iota
	noSecondLook
	reclaimBlind
	reclaimStore
	emptyStore
	emptyLooksFirst
	fillWordFirst
	queueOnFullLane
	fillOver
	fillWaiting
	keepIdleAbove
	mustYieldIgnored
	usesUnreported
	closeLeavesLane
	discardUnreported
	testBlind
	testLooksNot
	emptyLeavesTesting
	testingGoesIdle
	mistakes
)

type modelThread struct {
	pc, cont int8 // cont: where to go when the lane is empty
	left     int8 // cycles left
	e        int8 // the entry leased, or remembered
	w        uint8
	out      int8  // the entry emptyLaneLocked takes out
	ordered  bool  // the release has its place in the order
	got      bool  // was granted something while it was about to cancel
	broken   bool  // the lease ends with Discard
	seen     uint8 // a word as emptyLaneLocked or fillLaneLocked read it
	ahead    uint8 // the goroutines that waited when this acquire began
	solo     bool  // no other goroutine has made a step since, nor was in the middle of an operation
}

type modelState struct {
	th             [modelThreads]modelThread
	word           [modelEntries]uint8
	owner          [modelEntries]int8
	used           [modelEntries]uint8 // as reported to the ledger
	leases         [modelEntries]uint8 // as made
	late           [modelEntries]bool  // past the until of the lane
	old            [modelEntries]bool  // there at Reset
	list           [modelEntries]int8
	order          [modelEntries]int8 // the idle ones by their release, the last first
	queue          [modelThreads]int8
	nlist          int8
	norder         int8
	nqueue         int8
	lane           int8
	mu             int8
	max            int8
	reported       uint8
	missedReleases int8
	shut           bool
}

type modelConfig struct {
	name            string
	roles           string // a letter for each goroutine: acquirer, closer, resetter, sizer, timer, late
	cycles          int8
	max, idle       int8
	maxMissed       int8
	discard, cancel bool
	tests           bool // resources lent from the lane are tested; with discard, some tests fail
	mistake         int
}

type model struct {
	modelConfig
	seen map[modelState]struct{}
	err  string
	path []string
	ends int
}

func (m *model) fail(f string, a ...any) {
	if m.err == "" {
		m.err = fmt.Sprintf(f, a...)
	}
}

func (s *modelState) active() (n int8) {
	for _, o := range s.owner {
		if o != closed {
			n++
		}
	}
	return n
}

func drop(a []int8, n *int8, x int8) {
	for i := int8(0); i < *n; i++ {
		if a[i] == x {
			copy(a[i:], a[i+1:*n])
			*n--
			a[*n] = 0
			return
		}
	}
}

func push(a []int8, n *int8, x int8) {
	copy(a[1:], a[:*n])
	a[0] = x
	*n++
}

// cameBack notes that e was released after all others.
func (s *modelState) cameBack(e int8) {
	drop(s.order[:], &s.norder, e)
	push(s.order[:], &s.norder, e)
}

// lend gives e to t.
func (m *model) lend(s *modelState, t, e, from int8, word uint8) {
	th := &s.th[t]
	if s.owner[e] != from {
		m.fail("goroutine %d gets entry %d, which is with %d, not %d", t, e, s.owner[e], from)
		return
	}
	for i := int8(0); i < s.nqueue; i++ {
		if th.ahead&(1<<s.queue[i]) != 0 {
			m.fail("goroutine %d passes waiter %d", t, s.queue[i])
		}
	}
	if th.solo && s.norder > 0 && s.order[0] != e {
		m.fail("entry %d was lent, %d came back last", e, s.order[0])
	}
	drop(s.order[:], &s.norder, e)
	s.owner[e] = t
	s.leases[e]++
	th.e, th.w, th.ahead, th.solo = e, word, 0, false
	if th.pc == atCancel {
		th.got = true
		return
	}
	th.pc = atHold
}

// grant is a lease by way of the ledger, which counts it.
func (m *model) grant(s *modelState, t, e, from int8) {
	s.used[e]++
	m.lend(s, t, e, from, s.word[e])
}

func (s *modelState) first() int8 {
	u := s.queue[0]
	drop(s.queue[:], &s.nqueue, u)
	for i := range s.th {
		s.th[i].ahead &^= 1 << u
	}
	return u
}

func (m *model) open(s *modelState, t int8) {
	for e := range s.owner {
		if s.owner[e] == closed {
			s.old[e], s.late[e] = false, false
			m.grant(s, t, int8(e), closed)
			return
		}
	}
	m.fail("no entry to open")
}

// kill closes e; its place goes to the first waiter.
func (m *model) kill(s *modelState, e int8) {
	drop(s.order[:], &s.norder, e)
	s.owner[e] = closed
	for s.nqueue > 0 && !s.shut && s.active() < s.max {
		m.open(s, s.first())
	}
}

// giveBack is Ledger.Release, or what ExitLane does with an idle slot.
func (m *model) giveBack(s *modelState, e int8, left bool) {
	switch {
	case s.shut || s.old[e] || s.active() > s.max || m.idle == 0:
		m.kill(s, e)
		return
	case s.nqueue > 0 && !left:
		s.owner[e] = pooled
		m.grant(s, s.first(), e, pooled)
		return
	}
	if s.nlist >= m.idle {
		back := s.list[s.nlist-1]
		drop(s.list[:], &s.nlist, back)
		m.kill(s, back)
	}
	s.owner[e] = pooled
	push(s.list[:], &s.nlist, e)
}

// report is reportWordLocked: the ledger learns how often the entry in the lane was
// lent.
func (s *modelState) report(e int8, w uint8) {
	s.used[e] = uint8(word(w).leases())
	s.reported = w
}
