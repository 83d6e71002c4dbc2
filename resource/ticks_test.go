package resource

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// How exactly a pool knows when a resource came back.
func TestReturnTimes(t *testing.T) {
	const ms, s, h = time.Millisecond, time.Second, time.Hour
	idle := policy.IdleTimeout
	plain := policy.Test(func(context.Context, *thing, time.Time) error { return nil })
	gated := policy.IfIdleFor(h, plain)
	ownGate := policy.When(policy.GateFunc(func(policy.Info) policy.Instant { return 0 }), plain)
	own := policy.EvictionFunc(func(policy.Info) policy.IdleLimit { return policy.IdleLimit{} })
	often := returnTiming{needed: true, tickInterval: ms, exact: true, ticksFrom: 64}
	for name, c := range map[string]struct {
		config Config[*thing]
		want   returnTiming
	}{
		"zero":                          {Config[*thing]{}, returnTiming{}},
		"WaitTimeout":                   {Config[*thing]{WaitTimeout: h}, returnTiming{}},
		"IdleTimeout":                   {Config[*thing]{Eviction: idle(10 * s)}, returnTiming{needed: true, tickInterval: 10 * ms, ticksFrom: 2}},
		"the shortest with ticks":       {Config[*thing]{Eviction: idle(s)}, returnTiming{needed: true, tickInterval: ms, ticksFrom: 2}},
		"the longest without":           {Config[*thing]{Eviction: idle(s - 1)}, returnTiming{needed: true}},
		"a tick is a second at most":    {Config[*thing]{Eviction: idle(100 * h)}, returnTiming{needed: true, tickInterval: s, ticksFrom: 2}},
		"MaxAge":                        {Config[*thing]{Lifetime: policy.MaxAge(h)}, returnTiming{hasLifetime: true}},
		"MaxUses":                       {Config[*thing]{Lifetime: policy.MaxUses(1)}, returnTiming{}},
		"IdleTimeout and longer MaxAge": {Config[*thing]{Eviction: idle(10 * s), Lifetime: policy.MaxAge(h)}, returnTiming{needed: true, hasLifetime: true, tickInterval: 10 * ms, ticksFrom: 2}},
		"and shorter MaxAge":            {Config[*thing]{Eviction: idle(h), Lifetime: policy.MaxAge(2 * s)}, returnTiming{needed: true, hasLifetime: true, tickInterval: 2 * ms, ticksFrom: 2}},
		"and very short MaxAge":         {Config[*thing]{Eviction: idle(h), Lifetime: policy.MaxAge(s - 1)}, returnTiming{needed: true, hasLifetime: true}},
		"IdleTimeout and MaxUses":       {Config[*thing]{Eviction: idle(10 * s), Lifetime: policy.MaxUses(1)}, returnTiming{needed: true, tickInterval: 10 * ms, ticksFrom: 2}},
		"a test":                        {Config[*thing]{BorrowTest: plain}, often},
		"IdleTimeout and a test":        {Config[*thing]{Eviction: idle(10 * s), BorrowTest: plain}, often},
		"a test and a short timeout":    {Config[*thing]{Eviction: idle(s - 1), BorrowTest: plain}, returnTiming{needed: true}},
		"a test and MaxAge":             {Config[*thing]{Lifetime: policy.MaxAge(h), BorrowTest: plain}, returnTiming{needed: true, hasLifetime: true, tickInterval: ms, exact: true, ticksFrom: 64}},
		"a gate":                        {Config[*thing]{BorrowTest: gated}, returnTiming{needed: true, tickInterval: s, ticksFrom: 2}},
		"a short gate":                  {Config[*thing]{BorrowTest: policy.IfIdleFor(s-1, plain)}, returnTiming{needed: true}},
		"IdleTimeout and a gate":        {Config[*thing]{Eviction: idle(10 * s), BorrowTest: gated}, returnTiming{needed: true, tickInterval: 10 * ms, ticksFrom: 2}},
		"a gate and a longer timeout":   {Config[*thing]{Eviction: idle(h), BorrowTest: policy.IfIdleFor(10*s, plain)}, returnTiming{needed: true, tickInterval: 10 * ms, ticksFrom: 2}},
		"a gate and a test":             {Config[*thing]{BorrowTest: policy.All(gated, plain)}, often},
		"a gate of a user's":            {Config[*thing]{BorrowTest: policy.All(ownGate, gated)}, returnTiming{needed: true}},
		"a gate and SoftIdleTimeout":    {Config[*thing]{Eviction: policy.SoftIdleTimeout(10*s, 1), BorrowTest: gated}, returnTiming{needed: true}},
		"SoftIdleTimeout":               {Config[*thing]{Eviction: policy.SoftIdleTimeout(10*s, 1)}, returnTiming{needed: true}},
		"an eviction of a user's":       {Config[*thing]{Eviction: own}, returnTiming{needed: true}},
	} {
		if got := c.config.returnTiming(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// An acquire uses the last tick as the present if only the gate of a test depends
// on it, and in no other case.
func TestAcquiresByTicks(t *testing.T) {
	const d, tick = 10 * time.Second, 10 * time.Millisecond
	for name, c := range map[string]struct {
		config Config[*thing]
		late   time.Duration
	}{
		"a gate":                 {Config[*thing]{}, tick / 2},
		"a gate and IdleTimeout": {Config[*thing]{Eviction: policy.IdleTimeout(d)}, 0},
		"a gate and MaxAge":      {Config[*thing]{Lifetime: policy.MaxAge(d)}, 0},
		"a gate and WaitTimeout": {Config[*thing]{WaitTimeout: d}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				c.config.BorrowTest = policy.IfIdleFor(d, policy.Test(w.test))
				w.build(c.config)
				w.startTicking()
				w.sleep(tick / 2)
				if late := w.pool.clock.read().Sub(w.pool.clock.toLend()); late != c.late {
					t.Errorf("%v late, want %v", late, c.late)
				}
				if c.config.Eviction == nil && c.config.Lifetime == nil {
					w.sleep(d) // nothing ticks any more
					w.release(w.acquire(1))
					w.tested(1)
				}
				w.pool.Close()
				w.forget()
			})
		})
	}
}

// Ticks end after one without traffic. Then only the timer of the eviction is
// left, which comes at most a tick early, and never late.
func TestTicksStop(t *testing.T) {
	inWorld(t, func(w *world) {
		const d, tick = 10 * time.Second, 10 * time.Millisecond
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(d)})
		w.sleep(1) // at zero the pool has no return behind it
		l := w.acquires(1)[0]
		if w.release(l); w.ticking() {
			t.Error("a single return starts ticks")
		}
		w.sleep(tick)
		if w.release(w.acquire(1)); w.ticking() {
			t.Error("returns that are a tick apart start ticks")
		}
		w.sleep(tick - 1)
		if w.release(w.acquire(1)); !w.ticking() {
			t.Error("returns within a tick do not start ticks")
		}
		w.release(w.acquire(1))
		w.returnedWithin(l, 0) // no time has passed since the tick
		w.sleep(tick / 2)
		w.release(w.acquire(1))
		w.sleep(tick / 2)
		w.sleep(tick / 2)
		if w.release(w.acquire(1)); !w.ticking() {
			t.Error("ticks have ended, though there was traffic in each")
		}
		last := time.Now()
		w.sleep(3 * tick)
		if w.ticking() {
			t.Error("ticks go on without traffic")
		}
		w.sleep(time.Until(last.Add(d - tick)))
		w.closed()
		w.sleep(tick + 1)
		w.closed(1)
		w.quiet()
		w.sleep(time.Hour)
		w.quiet()
		w.shut()
	})
}

// Close stops the ticks, and a resource that comes back afterwards does not start
// them.
func TestTicksStopWithClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(10 * time.Second)})
		w.sleep(1) // at zero the pool has no return behind it
		held := w.acquires(4)
		w.release(held[0], held[1])
		if !w.ticking() {
			t.Error("nothing ticks")
		}
		w.shut(1, 2)
		for _, l := range held[2:] {
			if w.ticking() || w.pool.timer.Stop() {
				t.Error("it ticks on after Close")
			}
			w.release(l)
			w.closed(l.e.val.n)
		}
		if w.ticking() || w.pool.timer.Stop() {
			t.Error("it ticks on when all are closed")
		}
	})
}

// A timer that is late makes resources look older, never younger.
func TestLateTicksMakeOlder(t *testing.T) {
	inWorld(t, func(w *world) {
		const d, tick = 10 * time.Second, 10 * time.Millisecond
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(d)})
		w.sleep(1) // at zero the pool has no return behind it
		w.release(w.acquires(2)...)
		if !w.ticking() {
			t.Error("nothing ticks")
		}
		w.late()
		w.traffic(rand.New(rand.NewPCG(2, 0)), d/2, tick, d)
		w.sleep(d + 1)
		w.release(w.acquire(3)) // both others have been idle for longer than d
		w.opened(3)
		w.closed(1, 2)
		w.shut(3)
	})
}

// A pool that does not need to know when a resource came back does not read the
// clock for that.
func TestReturnsReadNoClockInVain(t *testing.T) {
	for name, c := range map[string]struct {
		config      Config[*thing]
		noted, back bool
	}{
		"zero":        {Config[*thing]{}, false, false},
		"WaitTimeout": {Config[*thing]{WaitTimeout: time.Second}, false, false},
		"MaxAge":      {Config[*thing]{Lifetime: policy.MaxAge(time.Hour)}, false, true},
		"IdleTimeout": {Config[*thing]{Eviction: policy.IdleTimeout(time.Hour)}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(c.config)
				w.sleep(time.Minute)
				for range 2 { // the first return is by way of the ledger, and the second one to the lane
					w.release(w.acquire(1))
				}
				w.opened(1)
				l := w.acquire(1)
				if at := l.e.returned.Load(); (at != 0) != c.noted {
					t.Errorf("a return to the lane is noted %v", at)
				}
				w.release(l)
				if at, _ := w.pool.slowReturnTime(entryOf[*thing](w.pool.newSlot())); (at != 0) != c.back {
					t.Errorf("a return by way of the ledger is noted %v", at)
				}
				w.shut(1)
			})
		})
	}
}

// A resource that is too old when it comes back is closed before its release
// returns, even while the pool ticks: near the end of its time the clock is read.
func TestTooOldWhileItTicks(t *testing.T) {
	const age, tick = 10 * time.Second, 10 * time.Millisecond
	for _, after := range []time.Duration{-1, 0, 1, tick / 2, tick - 1} {
		t.Run(after.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Hour), Lifetime: policy.MaxAge(age), Order: policy.FIFO})
				w.sleep(1) // at zero the pool has no return behind it
				old := w.acquire(1)
				w.opened(1)
				w.sleep(time.Second)
				young := w.acquire(2)
				w.opened(2)
				left := func() time.Duration { return time.Until(w.pool.clock.time(old.e.slot.Expires())) }
				for left() > tick/2 {
					w.release(young)
					w.sleep(tick / 4)
					young = w.acquire(2)
				}
				if !w.ticking() {
					t.Fatal("nothing ticks")
				}
				w.sleep(left() + after)
				if !old.Release() {
					t.Error("the lease was not in force")
				}
				closed := w.pool.Stats().Closed.TooOld
				if want := after >= 0; (closed == 1) != want {
					t.Errorf("closed when the release has returned: %d, want %v", closed, want)
				}
				w.step()
				if after < 0 {
					w.sleep(1)
				}
				w.closed(1)
				w.release(young)
				w.shut(2)
			})
		})
	}
}

// This also holds at the last instant before the next tick, which is then due at
// the same time.
func TestTooOldAtTheTick(t *testing.T) {
	inWorld(t, func(w *world) {
		const age, tick = 10 * time.Second, 10 * time.Millisecond
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Hour), Lifetime: policy.MaxAge(age), Order: policy.FIFO})
		w.sleep(1) // at zero the pool has no return behind it
		l, young := w.acquire(1), w.acquire(2)
		w.opened(1, 2)
		w.release(young)
		w.release(w.acquire(2)) // ticks begin with the lifetimes
		for range 2*age/tick - 2 {
			w.sleep(tick / 2)
			w.release(w.acquire(2))
		}
		if !w.ticking() {
			t.Fatal("nothing ticks")
		}
		w.late()
		w.sleep(tick)
		w.release(l)
		w.closed(1)
		w.shut(2)
	})
}

// Even if the timer is late, a resource that is too old does not go to a waiter
// (I10). The second time the release knows of the waiter before it has the lock.
func TestTooOldForWhoWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		const age = 10 * time.Second
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Hour), Lifetime: policy.MaxAge(age), Order: policy.FIFO, MaxActive: 1})
		w.startTicking()
		l := w.acquire(1)
		w.late()
		for n := range 2 {
			if w.pool.hadWaiters.Load() != (n == 1) {
				t.Errorf("round %d: queued is %v", n, n == 0)
			}
			waits := w.start(context.Background())
			waits.pending()
			w.sleep(age + 1)
			w.release(l)
			w.closed(n + 1)
			l = waits.granted(n + 2)
			w.opened(n + 2)
		}
		w.release(l)
		if w.pool.hadWaiters.Load() {
			t.Error("nobody waits any more, but queued is true")
		}
		w.shut(3)
	})
}

// The ledger's time never runs backwards. Neither a tick that is older than an acquire
// nor a delayed caller can turn it back.
func TestTimeDoesNotRunBackwards(t *testing.T) {
	inWorld(t, func(w *world) {
		const d, tick = 10 * time.Second, 10 * time.Millisecond
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(d), Order: policy.FIFO})
		w.startTicking()
		w.sleep(tick / 2)
		l := w.acquire(1)
		w.release(l)
		w.returnedWithin(l, 0)

		w.late()
		then := w.pool.clock.now()
		w.sleep(d + 1)
		w.pool.lock()
		w.pool.unlock()
		l, err := w.pool.acquire(context.Background(), then, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.step()
		w.opened(2) // the other is past its time, as the pool knows already
		w.closed(1)
		w.release(l)
		w.shut(2)
	})
}
