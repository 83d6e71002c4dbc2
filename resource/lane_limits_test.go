package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// lanes fills a new pool with the idle things 1 to n, of which n is in the lane.
func (w *world) lanes(n int) {
	w.t.Helper()
	w.idle(n)
	w.release(w.acquire(n)) // the first return may have had to set the timer
	w.lane(n, laneIdle)
}

// fromLane acquires thing n, from the lane.
func (w *world) fromLane(n int) Lease[*thing] {
	w.t.Helper()
	l := w.acquire(n)
	if l.word.state() != laneLeased {
		w.t.Errorf("%d is not lent from the lane", n)
	}
	return l
}

// An idle resource in the lane is evicted on time even if nobody uses the pool,
// and each cycle restarts its idle time.
func TestIdleTimeoutInTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = 500 * time.Millisecond // too short for ticks
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(d)})
		w.lanes(2)
		w.sleep(d - 1)
		w.release(w.fromLane(2))
		w.sleep(1)
		w.release(w.fromLane(2)) // without the cycle before it would be at its limit
		w.sleep(1)
		w.closed(1)
		w.release(w.acquire(2))
		for range 10 {
			w.sleep(d)
			w.closed()
			w.release(w.acquire(2))
		}
		w.sleep(d)
		w.closed()
		w.sleep(1)
		w.closed(2)
		w.lane(0, 0)
		w.quiet()
		w.shut()
	})
}

// A resource in the lane that is past its time is not lent, even if the timer has
// not fired yet (I10).
func TestExpiredIsNotLentFromTheLane(t *testing.T) {
	const d = 500 * time.Millisecond
	for name, c := range map[string]Config[*thing]{
		"idle": {Eviction: policy.IdleTimeout(d - 1)},
		"old":  {Lifetime: policy.MaxAge(d)},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(c)
				w.lanes(1)
				w.late()
				w.sleep(d - 1)
				w.release(w.fromLane(1))
				if name == "idle" {
					w.sleep(d - 1)
					w.release(w.acquire(1))
					w.sleep(d - 1)
				}
				w.sleep(1)
				w.lane(1, laneIdle)
				w.release(w.acquire(2))
				w.opened(2)
				w.closed(1)
				w.shut(2)
			})
		})
	}
}

// A resource in the lane that gets too old is closed on time. If it is lent from
// the lane, it is closed when it comes back, before Release returns.
func TestMaxAgeInTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{Lifetime: policy.MaxAge(d)})
		w.lanes(1)
		w.sleep(d - 1)
		w.release(w.fromLane(1))
		w.closed()
		w.sleep(1)
		w.closed(1)

		w.release(w.acquire(2))
		w.opened(2)
		w.release(w.acquire(2))
		w.sleep(d - 1)
		l := w.fromLane(2)
		w.sleep(1)
		w.closed()
		if v, ok := l.ValueOK(); !ok || v.closes > 0 {
			t.Errorf("the holder has %v, %v", v, ok)
		}
		l.Release()
		w.closed(2)
		if st := w.pool.Stats(); st.Closed.TooOld != 2 || st.Acquired != 6 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// The same holds if no timer was ever set for the resource, and if returns are
// recorded by ticks.
func TestMaxAgeOfWhatWasNeverIdle(t *testing.T) {
	for name, eviction := range map[string]policy.Eviction{"alone": nil, "with ticks": policy.IdleTimeout(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				const d = time.Minute
				w.build(Config[*thing]{Lifetime: policy.MaxAge(d), Eviction: eviction})
				old := w.acquires(1)[0]
				w.sleep(d - time.Millisecond)
				for range 4 { // the last two in the lane
					w.release(w.acquire(2))
				}
				w.opened(2)
				if eviction != nil && !w.ticking() {
					t.Error("nothing ticks")
				}
				w.sleep(time.Millisecond)
				old.Release()
				w.closed(1)
				w.step()
				w.shut(2)
			})
		})
	}
}

// A test is not made in each cycle in the lane, but it is made when it is due.
func TestBorrowTestThroughTheLane(t *testing.T) {
	for name, c := range map[string]struct {
		test func(w *world) policy.BorrowTest[*thing]
		due  bool // every ten cycles
	}{
		"IfIdleFor": {func(w *world) policy.BorrowTest[*thing] { return policy.IfIdleFor(10*time.Second, policy.Test(w.test)) }, false},
		"AtMostEvery": {func(w *world) policy.BorrowTest[*thing] {
			return policy.AtMostEvery(10*time.Second, policy.Test(w.test))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var lastUsed time.Duration
				w.onTest = func(_ context.Context, _ int, at time.Time) error { lastUsed = at.Sub(w.began); return nil }
				w.build(Config[*thing]{BorrowTest: c.test(w)})
				w.lanes(1)
				for turn := 1; turn <= 40; turn++ {
					w.sleep(time.Second)
					l := w.acquire(1)
					if c.due && turn%10 == 0 {
						w.tested(1)
					}
					w.tested()
					// Every ten seconds the gate is asked again when the test is
					// due.
					if turn%10 != 0 && l.word.state() != laneLeased {
						t.Errorf("turn %d is not in the lane", turn)
					}
					w.release(l)
				}
				since := time.Since(w.began)
				w.sleep(10 * time.Second)
				w.release(w.acquire(1))
				w.tested(1)
				if lastUsed != since {
					t.Errorf("the test was given %v as the last use, which was at %v", lastUsed, since)
				}
				w.shut(1)
			})
		})
	}
}

// A resource that an acquire takes out of the lane because it is past its time is
// closed, even if another resource is lent at once.
func TestAcquireClosesWhatLeavesTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = 10 * time.Second
		w.build(Config[*thing]{Lifetime: policy.MaxAge(d)})
		old := w.acquire(1)
		w.opened(1)
		w.sleep(d / 2)
		young := w.acquire(2)
		w.opened(2)
		w.release(young, old)
		w.release(w.acquire(1))
		w.lane(1, laneIdle)
		w.late()
		w.sleep(d / 2)
		young = w.acquire(2)
		w.closed(1)
		w.release(young)
		w.shut(2)
	})
}
