package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"pgregory.net/rapid"
)

// TestTotalTwin has the ledgers of a Total and a model of them go through the same
// events, in any order that the contract allows, and compares what they say after
// each.
//
//	go test -run TestTotalTwin -rapid.checks=100000 ./resource/ledger
func TestTotalTwin(t *testing.T) { compareWithTotalModel(t, false) }

// TestTotalTwinReplaces has few clients, and time passes often, so that slots come near the
// end of their lifetime while nobody waits.
func TestTotalTwinReplaces(t *testing.T) { compareWithTotalModel(t, true) }

func compareWithTotalModel(t *testing.T, replaces bool) {
	rapid.Check(t, func(t *rapid.T) {
		r := newTotalRun(t, replaces)
		t.Repeat(map[string]func(*rapid.T){
			"event": func(t *rapid.T) { r.play(t, rapid.SampledFrom(r.events()).Draw(t, "event")) },
		})
		r.end(t)
	})
}

const totalClients = 7

// totalRun is the ledgers of a Total, the model, and what the clients are doing.
type totalRun struct {
	total   *ledger.Total
	ledgers []*ledger.Ledger // by key
	model   *totalModel
	now     ledger.Instant
	clients [totalClients]totalClient
	orphans []ledger.Handle // being opened or closed, and no client waits
	names   map[*ledger.Ledger]*modelKey
	slots   map[*ledger.Slot]*ledger.Ledger
	effects []string
	story   []string
	resizes int // vary the limits

	replaces bool // slots come near the end of their lifetime
}

// totalClient is what a client has to do, and whether it has looked at it yet.
type totalClient struct {
	waiter ledger.Waiter
	answer ledger.Answer // Done: nothing
	unseen bool          // it was woken with the answer
}

func newTotalRun(t *rapid.T, replaces bool) *totalRun {
	maxActive := rapid.IntRange(1, 4).Draw(t, "MaxActive of all")
	maxIdle := rapid.SampledFrom([]int{1, 2, 3, ledger.NoLimit}).Draw(t, "MaxIdle of all")
	r := &totalRun{
		total: ledger.NewTotal(maxActive, maxIdle),
		model: &totalModel{maxActive: maxActive, maxIdle: maxIdle, urgent: map[int]bool{}},
		names: map[*ledger.Ledger]*modelKey{},
		slots: map[*ledger.Slot]*ledger.Ledger{},

		replaces: replaces,
	}
	r.story = append(r.story, fmt.Sprintf("all: MaxActive %d, MaxIdle %d", maxActive, maxIdle))
	for range rapid.IntRange(1, 3).Draw(t, "keys") {
		r.add(t)
	}
	return r
}

// add makes another key.
func (r *totalRun) add(t *rapid.T) {
	k := &modelKey{
		name:        string(rune('a' + len(r.ledgers))),
		maxActive:   rapid.SampledFrom([]int{1, 2, 3, ledger.NoLimit}).Draw(t, "MaxActive"),
		maxUses:     rapid.SampledFrom([]int{0, 0, 0, 2}).Draw(t, "MaxUses"),
		idleTimeout: rapid.SampledFrom([]time.Duration{0, 0, 3 * time.Second}).Draw(t, "IdleTimeout"),
		maxAge:      rapid.SampledFrom([]time.Duration{0, 0, 4 * time.Second}).Draw(t, "MaxAge"),
		tested:      rapid.SampledFrom([]bool{false, false, true}).Draw(t, "tested"),
	}
	c := &k.config
	c.MaxActive = k.maxActive
	c.MaxIdle = rapid.SampledFrom([]int{ledger.NoLimit, ledger.NoLimit, 0, 1, 2}).Draw(t, "MaxIdle")
	c.MaxWaiters = rapid.SampledFrom([]int{ledger.NoLimit, ledger.NoLimit, 1, 2}).Draw(t, "MaxWaiters")
	c.WaitTimeout = rapid.SampledFrom([]time.Duration{0, 0, 2 * time.Second}).Draw(t, "WaitTimeout")
	if rapid.IntRange(0, 2).Draw(t, "fills") == 0 {
		c.MinIdle = min(rapid.IntRange(1, 2).Draw(t, "MinIdle"), c.MaxActive, c.MaxIdle)
	}
	if rapid.IntRange(0, 2).Draw(t, "holds") == 0 {
		c.OpenBackoff = policy.Backoff{First: modelPause, Max: modelPause}
	}
	if rapid.IntRange(0, 2).Draw(t, "sheds") == 0 {
		c.Shed = policy.CoDel{Target: time.Second, Interval: rapid.SampledFrom([]time.Duration{2 * time.Second, 500 * time.Millisecond}).Draw(t, "Interval")}
	}
	if r.replaces && rapid.IntRange(0, 3).Draw(t, "replaces") > 0 {
		k.maxAge = rapid.SampledFrom([]time.Duration{20 * time.Second, 40 * time.Second}).Draw(t, "MaxAge of those replaced")
		k.maxUses, k.idleTimeout = 0, 0 // their ends come before
		c.ReplaceAhead = k.maxAge * 3 / 4
	}
	var lifetimes []policy.Lifetime
	if k.maxUses > 0 {
		lifetimes = append(lifetimes, policy.MaxUses(k.maxUses))
	}
	if k.maxAge > 0 {
		lifetimes = append(lifetimes, policy.MaxAge(k.maxAge))
	}
	if len(lifetimes) > 0 {
		c.Lifetime = policy.Earliest(lifetimes...)
	}
	if k.idleTimeout > 0 {
		c.Eviction = policy.IdleTimeout(k.idleTimeout)
	}
	if k.tested {
		c.Gates = []policy.Gate{policy.GateFunc(func(policy.Info) policy.Instant { return 0 })}
		c.TestIdleEvery = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "TestIdleEvery")
	}
	c.Total = r.total
	var l *ledger.Ledger
	c.NewSlot = func() *ledger.Slot {
		s := new(ledger.Slot)
		r.slots[s] = l
		return s
	}
	l = ledger.New(*c)
	l.Join(r.now)
	r.ledgers = append(r.ledgers, l)
	r.names[l] = k
	r.model.keys = append(r.model.keys, k)
	r.story = append(r.story, fmt.Sprintf("key %s: MaxActive %d, MaxIdle %d, MinIdle %d, MaxWaiters %d, WaitTimeout %v, IdleTimeout %v, MaxUses %d, MaxAge %v, ReplaceAhead %v, tested %t, TestIdleEvery %v, holds opens %t, sheds %v",
		k.name, c.MaxActive, c.MaxIdle, c.MinIdle, c.MaxWaiters, c.WaitTimeout, k.idleTimeout, k.maxUses, k.maxAge, c.ReplaceAhead, k.tested, c.TestIdleEvery, !c.OpenBackoff.IsZero(), c.Shed))
	r.take()
}

// twinOf returns the model's slot.
func (r *totalRun) twinOf(s *ledger.Slot) *modelSlot {
	for _, o := range r.names[r.slots[s]].slots {
		if o.id == s.ID() {
			return o
		}
	}
	panic(fmt.Sprintf("the model has no slot %v", r.name(s)))
}

func (r *totalRun) name(s *ledger.Slot) string {
	return fmt.Sprintf("%s/%d", r.names[r.slots[s]].name, s.ID())
}

func (r *totalRun) say(format string, args ...any) {
	r.effects = append(r.effects, fmt.Sprintf(format, args...))
}

// play has an event happen to both, and compares.
func (r *totalRun) play(t *rapid.T, e totalEvent) {
	switch e.name {
	case "time passes":
		r.pass(t, time.Duration(rapid.SampledFrom(r.steps()).Draw(t, "ms"))*time.Millisecond)
		return
	case "another key":
		r.add(t)
		return
	}
	r.story = append(r.story, e.name)
	r.effects, r.model.effects = nil, nil
	if strings.Contains(e.name, " wants ") || strings.Contains(e.name, " tries ") {
		var client int
		var key string
		fmt.Sscanf(strings.NewReplacer("wants ", "", "tries ", "").Replace(e.name), "client %d %s", &client, &key)
		r.clients[client].waiter.Tag = r.ledgers[slices.IndexFunc(r.model.keys, func(k *modelKey) bool { return k.name == key })]
	}
	client, a := e.real(t)
	e.twin()
	if client >= -1 {
		r.answered(client, a)
	}
	r.take()
	r.compare(t)
}

// steps are the milliseconds that may pass at a time.
func (r *totalRun) steps() []int {
	if r.replaces {
		return []int{1, 500, 1000, 5000, 10000}
	}
	return []int{1, 500, 1000, 5000, 20000}
}

// answered notes what a client has to do next.
func (r *totalRun) answered(i int, a ledger.Answer) {
	var c *totalClient
	if i >= 0 {
		c = &r.clients[i]
		c.answer, c.unseen = a, false
	}
	switch a.Do {
	case ledger.Done:
		r.say("client %d: done", i)
	case ledger.Wait:
		r.say("client %d: wait", i)
	case ledger.Held:
		r.say("client %d: held", i)
	case ledger.Refused:
		r.say("client %d: refused, %v", i, a.Why)
		c.answer = ledger.Answer{}
	default:
		r.say("client %d: %v %s", i, a.Do, r.name(a.Handle.Slot))
		// A close that is nobody's next step: the giver of a slot makes it, or the pool.
		if a.Do == ledger.Close && r.closesForNobody(a.Handle) {
			r.orphans = append(r.orphans, a.Handle)
			if c != nil {
				c.answer = ledger.Answer{}
			}
		}
	}
}

// take does the work of all ledgers that were touched.
func (r *totalRun) take() {
	for l := r.total.NextTouched(); l != nil; l = r.total.NextTouched() {
		w := l.Take()
		for next := w.NextWake(); next != nil; next = w.NextWake() {
			i := slices.IndexFunc(r.clients[:], func(c totalClient) bool { return false })
			for j := range r.clients {
				if &r.clients[j].waiter == next {
					i = j
				}
			}
			r.answered(i, next.Answer())
			r.clients[i].unseen = r.clients[i].answer.Do != ledger.Done
		}
		for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
			r.say("close %s", r.name(h.Slot))
			r.orphans = append(r.orphans, h)
		}
		for h, _, ok := w.NextTest(); ok; h, _, ok = w.NextTest() {
			if !r.model.testIdle(r.twinOf(h.Slot)) {
				r.say("a test in the background that is not allowed")
			}
			r.say("test %s", r.name(h.Slot))
			r.orphans = append(r.orphans, h)
		}
		if h, ok := w.NextOpen(); ok {
			r.say("open %s", r.name(h.Slot))
			r.orphans = append(r.orphans, h)
		}
	}
}

// pass lets time pass. Every ledger that is due gets its Advance, until none is.
func (r *totalRun) pass(t *rapid.T, d time.Duration) {
	r.now = r.now.Add(d)
	r.model.now = r.now
	r.story = append(r.story, fmt.Sprintf("%v pass", d))
	for again := true; again; {
		again = false
		for i, l := range r.ledgers {
			if l.NextDeadline() > r.now {
				continue
			}
			again = true
			r.effects, r.model.effects = nil, nil
			r.model.advance(r.model.keys[i])
			l.Advance(r.now)
			r.take() // passes tests on to the model
			r.model.openInAdvance(r.model.keys[i])
			r.compare(t)
		}
	}
	for _, k := range r.model.keys {
		if r.model.due(k) {
			r.fail(t, "something of %s is due, and its ledger is not", k.name)
		}
	}
	if d >= 20*time.Second && r.model.canFill() {
		for _, k := range r.model.keys {
			filling := slices.ContainsFunc(r.model.keys, func(k *modelKey) bool {
				return slices.ContainsFunc(k.slots, func(s *modelSlot) bool { return s.fill })
			})
			if r.model.lacks(k) && !filling {
				r.fail(t, "T7: %s lacks MinIdle, there is room, and nothing is opened", k.name)
			}
		}
	}
}

func (r *totalRun) compare(t *rapid.T) {
	got, want := slices.Sorted(slices.Values(r.effects)), slices.Sorted(slices.Values(r.model.effects))
	// Effects of the model that concern no client are dropped.
	quiet := func(s string) bool { return s == "client -1: done" }
	got, want = slices.DeleteFunc(got, quiet), slices.DeleteFunc(want, quiet)
	r.story = append(r.story, "    "+strings.Join(got, "; "))
	if !slices.Equal(got, want) {
		r.fail(t, "effects differ (-model, +ledgers):\n%s", cmp.Diff(want, got))
	}
	for i, l := range r.ledgers {
		k, st := r.model.keys[i], l.Stats()
		for _, c := range []struct {
			what      string
			got, want int
		}{
			{"opening", st.Opening, k.count(ledger.Opening)}, {"testing", st.Testing, k.count(ledger.Testing)},
			{"idle", st.Idle, k.count(ledger.Idle)}, {"leased", st.Leased, k.count(ledger.Leased)},
			{"closing", st.Closing, k.count(ledger.Closing)}, {"waiting", st.Waiting, r.model.waiting(k)},
		} {
			if c.got != c.want {
				r.fail(t, "%s: %d are %s, should be %d", k.name, c.got, c.what, c.want)
			}
		}
		for _, s := range k.slots {
			if s.state == ledger.Closing {
				h := r.handleOf(l, s)
				if why := l.Why(h); why != s.why {
					r.fail(t, "%v is closed as %v, should be as %v", s, why, s.why)
				}
			}
		}
	}
	if err := r.total.Check(r.ledgers); err != nil {
		r.fail(t, "%v", err)
	}
}

func (r *totalRun) handleOf(l *ledger.Ledger, s *modelSlot) ledger.Handle {
	for slot, of := range r.slots {
		if of == l && slot.ID() == s.id {
			return slot.Handle()
		}
	}
	return ledger.Handle{}
}

func (r *totalRun) fail(t *rapid.T, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\n\n%s", fmt.Sprintf(format, args...), strings.Join(r.story, "\n"))
}

// end shuts all keys and has everything end that is under way: nothing may be left.
func (r *totalRun) end(t *rapid.T) {
	for i, l := range r.ledgers {
		k := r.model.keys[i]
		r.play(t, totalEvent{"shut " + k.name, func(*rapid.T) (int, ledger.Answer) { l.Shut(r.now); return -2, ledger.Answer{} }, func() { r.model.shut(k) }})
	}
	for range 1000 {
		var next *totalEvent
		for _, e := range r.events() {
			if !strings.Contains(e.name, " wants ") && !strings.Contains(e.name, " tries ") && e.real != nil && !strings.Contains(e.name, "cancels") {
				next = &e
				break
			}
		}
		if next == nil {
			break
		}
		r.play(t, *next)
	}
	for _, l := range r.ledgers {
		if !l.Drained() {
			r.fail(t, "not drained: %v", l)
		}
	}
	if n := r.total.Levels(); n.Active != 0 || n.Leased != 0 || n.Idle != 0 || n.Waiting != 0 {
		r.fail(t, "left over: %+v", n)
	}
}
