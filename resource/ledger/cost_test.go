package ledger

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// many is how many idle resources the tests of cost have: so many that an event
// which walks over all of them shows.
const many = 100_000

// asked counts how often policies are asked.
type asked struct{ life, stay, from int }

func (a *asked) config() Config {
	return Config{
		MaxActive:  NoLimit,
		MaxIdle:    NoLimit,
		MaxWaiters: NoLimit,
		Lifetime: policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
			a.life++
			return policy.Expiry{Until: r.Opened.Add(time.Hour)}
		}),
		Eviction: policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
			a.stay++
			return policy.IdleLimit{Until: r.Returned.Add(time.Minute)}
		}),
		Gates: []policy.Gate{policy.GateFunc(func(r policy.Info) Instant {
			a.from++
			return r.Returned.Add(30 * time.Second)
		})},
	}
}

// crowd returns a ledger with n idle slots, the first of which came back last.
func crowd(tb testing.TB, c Config, n int) (*Ledger, []*Slot) {
	tb.Helper()
	l := New(c)
	slots := make([]*Slot, n)
	handles := make([]Handle, n)
	for i := range slots {
		h := l.Acquire(0, nil).Handle
		handles[i] = l.Opened(0, h).Handle
		slots[i] = h.Slot
	}
	for i := n - 1; i >= 0; i-- {
		if a := l.Release(0, handles[i]); a.Do != Done {
			tb.Fatalf("release: %v", a)
		}
	}
	if w := l.Take(); !w.Empty() || int(l.tally[Idle]) != n {
		tb.Fatalf("not all are idle: %v", l)
	}
	return l, slots
}

// drain does the closes of a work, and returns their number.
func drain(l *Ledger, now Instant) (closed int) {
	w := l.Take()
	for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
		l.Closed(now, h)
		closed++
	}
	return closed
}

func reuse(tb testing.TB, l *Ledger, now Instant) {
	a := l.Acquire(now, nil)
	if a.Do != Granted {
		tb.Fatalf("acquire: %v", a)
	}
	if a = l.Release(now, a.Handle); a.Do != Done {
		tb.Fatalf("release: %v", a)
	}
}

// TestReuseCost: lending an idle resource and taking it back allocates nothing,
// asks each policy at most once, and looks at no other resource.
func TestReuseCost(t *testing.T) {
	for _, n := range []int{1, many} {
		for _, order := range []policy.Order{policy.LIFO, policy.FIFO} {
			var a asked
			c := a.config()
			c.Order = order
			l, _ := crowd(t, c, n)
			a = asked{}
			now, runs := Instant(0), 0
			allocs := testing.AllocsPerRun(1000, func() {
				now++
				runs++
				reuse(t, l, now)
			})
			if allocs != 0 {
				t.Errorf("%d idle, %v: %v allocations for each reuse", n, order, allocs)
			}
			if want := (asked{stay: runs, from: runs}); a != want {
				t.Errorf("%d idle, %v: policies were asked %+v, want %+v", n, order, a, want)
			}
		}
	}
}

// handOff has a waiter join the queue and get the resource. It returns the waiter's
// handle.
func handOff(tb testing.TB, l *Ledger, now Instant, w *Waiter, h Handle) Handle {
	if a := l.Acquire(now, w); a.Do != Wait {
		tb.Fatalf("acquire: %v", a)
	}
	if a := l.Release(now, h); a.Do != Done {
		tb.Fatalf("release: %v", a)
	}
	work := l.Take()
	if work.NextWake() != w || w.Answer().Do != Granted {
		tb.Fatalf("the waiter has %v", w.Answer())
	}
	return w.Answer().Handle
}

// TestHandOffCost: waiting and being handed a resource allocates nothing, however
// many wait.
func TestHandOffCost(t *testing.T) {
	l := New(Config{MaxActive: 1, MaxIdle: 1, MaxWaiters: NoLimit, WaitTimeout: time.Minute})
	h := l.Opened(0, l.Acquire(0, nil).Handle).Handle
	var w Waiter
	h = handOff(t, l, 0, &w, h)
	if allocs := testing.AllocsPerRun(1000, func() { h = handOff(t, l, 0, &w, h) }); allocs != 0 {
		t.Errorf("%v allocations for each hand-off", allocs)
	}

	line := make([]Waiter, 2*many)
	for i := range line[:many] {
		l.Acquire(0, &line[i])
	}
	first, last := 0, many
	rotate := func() {
		l.Acquire(0, &line[last])
		l.Release(0, h)
		work := l.Take()
		h = work.NextWake().Answer().Handle
		if h != line[first].Answer().Handle {
			t.Fatal("somebody barged")
		}
		first++
		last++
	}
	rotate()
	if allocs := testing.AllocsPerRun(1000, rotate); allocs != 0 {
		t.Errorf("%v allocations for each hand-off with %d waiters", allocs, many)
	}
}

// TestQueueCost: waiters that give up behind a long wait leave no lasting holes.
func TestQueueCost(t *testing.T) {
	l := New(Config{MaxActive: 1, MaxIdle: 1, MaxWaiters: NoLimit})
	l.Opened(0, l.Acquire(0, nil).Handle)
	var patient, w Waiter
	l.Acquire(0, &patient)
	for range many {
		l.Acquire(0, &w)
		l.Cancel(0, &w)
	}
	if n := len(l.queue.ring); n > 16 {
		t.Errorf("the ring has grown to %d for 2 who wait", n)
	}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
}

// TestAdvanceCost: one Advance looks at a batch of the slots that are due, and asks
// no policy.
func TestAdvanceCost(t *testing.T) {
	var a asked
	l, _ := crowd(t, a.config(), many)
	a = asked{}
	now := Instant(2 * time.Minute)
	total := 0
	for l.NextDeadline() <= now {
		l.Advance(now)
		n := drain(l, now)
		if n > advanceBatch {
			t.Fatalf("one Advance evicted %d, more than %d", n, advanceBatch)
		}
		if total += n; n == 0 && total < many {
			t.Fatalf("an Advance did nothing with %d left", many-total)
		}
	}
	if total != many || a != (asked{}) {
		t.Errorf("evicted %d of %d, policies were asked %+v", total, many, a)
	}
}

// TestAdvanceCorrectionCost: entries of slots that were lent since are corrected
// a batch at a time as well. Each is corrected once, not once for each use.
func TestAdvanceCorrectionCost(t *testing.T) {
	var a asked
	c := a.config()
	c.Order = policy.FIFO
	c.Gates = nil
	l, _ := crowd(t, c, many)
	half, now := Instant(30*time.Second), Instant(time.Minute)
	for range 3 * many {
		reuse(t, l, half)
	}
	if n := len(l.heap.entries); n != many {
		t.Fatalf("the heap has %d entries for %d slots", n, many)
	}
	rounds := 0
	for ; l.NextDeadline() <= now; rounds++ {
		l.Advance(now)
		if n := drain(l, now); n > 0 {
			t.Fatalf("evicted %d before they were due", n)
		}
	}
	if want := (many + advanceBatch - 1) / advanceBatch; rounds != want && rounds != want+1 {
		t.Errorf("it took %d times Advance to correct %d entries, want %d", rounds, many, want)
	}
	if want := half.Add(time.Minute); l.NextDeadline() != want {
		t.Errorf("next is %v, want %v", l.NextDeadline(), want)
	}
}

// TestSweepCost: Shut and Reset hand over all idle slots as one work and touch
// none of them; a slot's own field still says idle afterwards.
func TestSweepCost(t *testing.T) {
	for name, sweep := range map[string]func(*Ledger){
		"shut":  func(l *Ledger) { l.Shut(1) },
		"reset": func(l *Ledger) { l.Reset(1) },
	} {
		var a asked
		first, _ := crowd(t, a.config(), many)
		l, slots := crowd(t, a.config(), many)
		a = asked{}
		run := []*Ledger{first, l} // AllocsPerRun warms up
		if allocs := testing.AllocsPerRun(1, func() { sweep(run[0]); run = run[1:] }); allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
		for _, s := range slots {
			if s.state != Idle || l.state(s) != Closing {
				t.Fatalf("%s: slot %d is %v, and its field %v", name, s.id, l.state(s), s.state)
			}
		}
		if l.tally[Closing] != many || a != (asked{}) {
			t.Errorf("%s: policies were asked %+v in %v", name, a, l)
		}
		if n := drain(l, 1); n != many || l.active() != 0 {
			t.Errorf("%s: %d were closed of %d in %v", name, n, many, l)
		}
		if err := l.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStaleCost: an acquire that finds all resources stale looks at a bounded
// number of them.
func TestStaleCost(t *testing.T) {
	var a asked
	l, _ := crowd(t, a.config(), many)
	a = asked{}
	now := Instant(2 * time.Minute)
	if got := l.Acquire(now, nil); got.Do != Open {
		t.Fatalf("acquire: %v", got)
	}
	if n := drain(l, now); n > maxStaleScan {
		t.Errorf("one Acquire evicted %d, more than %d", n, maxStaleScan)
	}
	if a != (asked{}) {
		t.Errorf("policies were asked %+v", a)
	}
}
