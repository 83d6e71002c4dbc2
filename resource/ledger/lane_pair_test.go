package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// pair is two ledgers to which the same happens. The owner of the first lends from
// the lane wherever it can; the second has an event for every acquire and release.
// Slots are identified by their numbers in both.
type pair struct {
	now       ledger.Instant
	one, two  *ledger.Ledger
	slots     map[int][2]*ledger.Slot
	queue     [][2]*ledger.Waiter
	lane      *laneOwner
	turns     int
	heaps     bool // the heaps may differ in order
	lastEvent string
}

// laneOwner is what the owner knows of the slot in the lane.
type laneOwner struct {
	lap           ledger.LaneEntry
	uses          uint64
	leased        bool
	returned      ledger.Instant
	lent, wasIdle bool // since the last report
}

func newPair(c ledger.Config) *pair {
	return &pair{one: ledger.New(c), two: ledger.New(c), slots: map[int][2]*ledger.Slot{}}
}

// enter puts a slot into the lane, if the first ledger has one for it.
func (p *pair) enter() bool {
	lap, ok := p.one.EnterLane(p.now)
	if ok {
		facts := lap.Slot.Facts()
		p.lane = &laneOwner{lap: lap, uses: uint64(facts.Uses), returned: facts.Returned}
	}
	return ok
}

// lend is an acquire: from the lane of the first ledger, and an event in the
// second.
func (p *pair) lend(t *rapid.T) {
	a := p.two.Acquire(p.now, nil)
	if a.Do != ledger.Granted || a.Handle.Slot.ID() != p.lane.lap.Slot.ID() {
		t.Fatalf("at %v slot %d is lent from the lane, until %v; without a lane: %v of %v",
			p.now, p.lane.lap.Slot.ID(), p.lane.lap.Until, a, p.two)
	}
	p.lane.uses++
	p.lane.leased, p.lane.lent = true, true
	p.turns++
}

func (p *pair) giveBack(t *rapid.T) {
	if a := p.two.Release(p.now, p.slots[p.lane.lap.Slot.ID()][1].Handle()); a.Do != ledger.Done {
		t.Fatalf("it comes back to the lane, but without a lane it is %v", a)
	}
	p.lane.leased, p.lane.wasIdle = false, true
	p.lane.returned = p.now
}

// report reports to the first ledger what the lane has done. Then both have the
// same counts, except for a slot that is idle in the lane.
func (p *pair) report(t *rapid.T) {
	p.one.ReportLane(p.lane.uses, p.lane.lent, p.lane.wasIdle)
	p.lane.lent, p.lane.wasIdle = false, false
	one, two := p.one.Stats(), p.two.Stats()
	if !p.lane.leased {
		one.Idle++
		one.Leased--
	}
	if one != two {
		t.Fatalf("after a report, stats differ (-plain, +lane):\n%s", cmp.Diff(two, one))
	}
}

// leave empties the lane, after which both ledgers are equal.
func (p *pair) leave(t *rapid.T) {
	p.report(t)
	p.one.ExitLane(p.now, p.lane.returned, p.lane.leased)
	p.lane = nil
	p.same(t)
}

func (p *pair) same(t *rapid.T) {
	if one, two := string(p.one.AppendState(nil, p.now)), string(p.two.AppendState(nil, p.now)); one != two && !p.heaps {
		t.Fatalf("after %s they differ: with the lane\n%s\nwithout\n%s", p.lastEvent, one, two)
	}
	if one, two := p.one.Stats(), p.two.Stats(); one != two {
		t.Fatalf("after %s stats differ (-plain, +lane):\n%s", p.lastEvent, cmp.Diff(two, one))
	}
	p.check(t)
}

func (p *pair) check(t *rapid.T) {
	for _, l := range []*ledger.Ledger{p.one, p.two} {
		if err := l.Check(); err != nil {
			t.Fatalf("after %s: %v", p.lastEvent, err)
		}
	}
}

// happen has an event happen to both. Its effects must be the same.
func (p *pair) happen(t *rapid.T, name string, event func(l *ledger.Ledger, i int) ledger.Answer) {
	p.lastEvent = name
	one, two := event(p.one, 0), event(p.two, 1)
	p.sameAnswer(t, one, two)
	w1, w2 := p.one.Take(), p.two.Take()
	for a, b := w1.NextWake(), w2.NextWake(); a != nil || b != nil; a, b = w1.NextWake(), w2.NextWake() {
		i := slices.Index(p.queue, [2]*ledger.Waiter{a, b})
		if i < 0 {
			t.Fatalf("%s woke others with the lane than without", name)
		}
		p.queue = slices.Delete(p.queue, i, i+1)
		p.sameAnswer(t, a.Answer(), b.Answer())
	}
	if c1, c2 := closes(&w1), closes(&w2); !slices.Equal(c1, c2) {
		t.Fatalf("%s closes %v with the lane, %v without", name, c1, c2)
	}
	o1, ok1 := w1.NextOpen()
	o2, ok2 := w2.NextOpen()
	if ok1 != ok2 {
		t.Fatalf("%s opens: %v with the lane, %v without", name, ok1, ok2)
	}
	if ok1 {
		p.slots[o1.Slot.ID()] = [2]*ledger.Slot{o1.Slot, o2.Slot}
	}
	if t1, t2 := idleTested(&w1), idleTested(&w2); !slices.Equal(t1, t2) {
		t.Fatalf("%s tests %v in the background with the lane, %v without", name, t1, t2)
	}
	if p.lane == nil {
		p.same(t)
	} else {
		p.check(t)
	}
}

func idleTested(w *ledger.Work) (ids []int) {
	for h, _, ok := w.NextTest(); ok; h, _, ok = w.NextTest() {
		ids = append(ids, h.Slot.ID())
	}
	slices.Sort(ids)
	return ids
}

func closes(w *ledger.Work) (ids []int) {
	for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
		ids = append(ids, h.Slot.ID())
	}
	slices.Sort(ids)
	return ids
}

func (p *pair) sameAnswer(t *rapid.T, a, b ledger.Answer) {
	id := func(a ledger.Answer) int {
		if a.Handle.Slot == nil {
			return 0
		}
		return a.Handle.Slot.ID()
	}
	if a.Do != b.Do || a.Why != b.Why || a.Due != b.Due || id(a) != id(b) {
		t.Fatalf("%s: %v with the lane, %v without", p.lastEvent, a, b)
	}
	if id(a) > 0 {
		p.slots[id(a)] = [2]*ledger.Slot{a.Handle.Slot, b.Handle.Slot}
	}
}

// in returns the numbers of the slots in a state, without the one in the lane.
func (p *pair) in(state ledger.State) (ids []int) {
	for id, s := range p.slots {
		if p.two.State(s[1]) == state && (p.lane == nil || s[0] != p.lane.lap.Slot) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// TestLaneEqualsTheLedger: a slot that is lent from the lane always has, for every
// observer, the state that it would have if each acquire and release were an event.
//
//	go test -run TestLaneEqualsTheLedger -rapid.checks=100000 ./resource/ledger
func TestLaneEqualsTheLedger(t *testing.T) {
	runs, turns := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(drawLaneConfig(t))
		if rapid.Bool().Draw(t, "facts") {
			p.one.KeepFacts()
			p.two.KeepFacts()
		}
		p.begin(t)
		for range 60 {
			p.step(t)
		}
		if p.lane != nil {
			p.leave(t)
		}
		runs++
		turns += p.turns
	})
	if turns < runs {
		t.Errorf("in %d runs only %d turns went through the lane", runs, turns)
	}
}

// begin has a slot come back, and uses the lane if the slot enters it. So most
// configurations with a lane have seen cycles in it, however short the run.
func (p *pair) begin(t *rapid.T) {
	p.happen(t, "acquire", func(l *ledger.Ledger, _ int) ledger.Answer { return l.Acquire(p.now, nil) })
	for _, do := range []func(l *ledger.Ledger, h ledger.Handle) ledger.Answer{
		func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Opened(p.now, h) },
		func(l *ledger.Ledger, h ledger.Handle) ledger.Answer { return l.Release(p.now, h) },
	} {
		p.happen(t, "the first turn", func(l *ledger.Ledger, i int) ledger.Answer { return do(l, p.slots[1][i].Handle()) })
	}
	for range 5 {
		if p.lane == nil && !p.enter() {
			return
		}
		p.lend(t)
		p.giveBack(t)
	}
}

func drawLaneConfig(t *rapid.T) ledger.Config {
	const s = 1_000_000_000
	idleFor := policy.IfIdleFor(3*s, policy.Test(noTest)).Checks()[0].Gate
	every := policy.AtMostEvery(6*s, policy.Test(noTest)).Checks()[0].Gate
	active := one(t, "max-active", ledger.NoLimit, 4, 3, 2, 1)
	c := ledger.Config{
		MaxActive:   active,
		MaxIdle:     one(t, "max-idle", ledger.NoLimit, 3, 2, 1, 0),
		MaxWaiters:  ledger.NoLimit,
		WaitTimeout: one[time.Duration](t, "wait-timeout", 0, 5*s),
		Lifetime:    one(t, "lifetime", nil, policy.MaxAge(20*s), policy.MaxAgeJitter(20*s, 10*s)),
		Eviction:    one(t, "eviction", nil, policy.IdleTimeout(8*s)),
		Gates:       one(t, "gates", nil, []policy.Gate{idleFor}, []policy.Gate{every}, []policy.Gate{every, idleFor}),
		Seed:        rapid.Uint64Range(0, 3).Draw(t, "seed"),
	}
	if len(c.Gates) > 0 {
		c.TestIdleEvery = one[time.Duration](t, "test-idle-every", 0, 4*s)
	}
	return c
}
