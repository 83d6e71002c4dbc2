package resource

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// returnedAt returns the instant at which, for the pool, thing e came back.
func (w *world) returnedAt(e *entry[*thing]) policy.Instant {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if w.pool.lane.Load() == e {
		return policy.Instant(e.returned.Load())
	}
	return e.slot.Facts().Returned
}

// ticking reports whether the pool ticks. All fields that say so must agree.
func (w *world) ticking() bool {
	w.t.Helper()
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	at, last := w.pool.tickState.next, w.pool.clock.last.Load()
	if (at == policy.Never) != (last == 0) || w.pool.timerAt > at {
		w.t.Errorf("the next tick is at %v, the last was at %d, the timer is set to %v", at, last, w.pool.timerAt)
	}
	return at != policy.Never
}

// startTicking opens thing 1 of a new pool, and has it come back often enough for
// ticks.
func (w *world) startTicking() {
	w.t.Helper()
	w.sleep(1) // at zero the pool has no return behind it
	w.release(w.acquire(1))
	w.opened(1)
	w.release(w.acquire(1))
	if !w.ticking() {
		w.t.Fatal("nothing ticks")
	}
}

// returnedWithin checks that the return of a lease, a moment ago, is noted at
// most so much too early, and not too late.
func (w *world) returnedWithin(l Lease[*thing], early time.Duration) {
	w.t.Helper()
	now := w.pool.clock.read()
	if at := w.returnedAt(l.e); at > now || now.Sub(at) > early {
		w.t.Fatalf("came back at %v, is noted %v: %v too early", now, at, now.Sub(at))
	}
}

// traffic has two resources come and go for d, in and beside the lane, and checks
// each time that the return is noted at most so much too early, and never too
// late. Gap bounds the time between two steps.
func (w *world) traffic(r *rand.Rand, d, gap, early time.Duration) {
	w.t.Helper()
	var held []Lease[*thing]
	for begun, on := time.Now(), true; on || len(held) > 0; {
		time.Sleep(time.Duration(r.Int64N(int64(gap))))
		on = on && time.Since(begun) < d
		if on && (len(held) == 0 || len(held) == 1 && r.IntN(2) == 0) {
			l, err := w.pool.Acquire(context.Background())
			if err != nil {
				w.t.Fatal(err)
			}
			held = append(held, l)
		}
		if len(held) == 0 || r.IntN(2) == 0 {
			continue
		}
		i := r.IntN(len(held))
		l := held[i]
		held = append(held[:i], held[i+1:]...)
		if !l.Release() {
			w.t.Fatal("the lease was not in force")
		}
		w.returnedWithin(l, early)
	}
}

// With traffic a return is recorded at most a tick too early, and never too late.
// Without traffic it is recorded exactly.
func TestReturnsAreNotedByTicks(t *testing.T) {
	const d, tick = 10 * time.Second, 10 * time.Millisecond
	passes := policy.Test(func(context.Context, *thing, time.Time) error { return nil })
	for name, c := range map[string]struct {
		config Config[*thing]
		gap    time.Duration
		early  time.Duration
		ticks  bool
	}{
		"much traffic":         {Config[*thing]{}, tick / 10, tick, true},
		"some":                 {Config[*thing]{}, tick * 3, tick, true},
		"with MaxAge":          {Config[*thing]{Lifetime: policy.MaxAge(time.Hour)}, tick / 10, tick, true},
		"FIFO":                 {Config[*thing]{Order: policy.FIFO}, tick / 10, tick, true},
		"a gate":               {Config[*thing]{BorrowTest: policy.IfIdleFor(d, passes)}, tick / 10, tick, true},
		"a test":               {Config[*thing]{BorrowTest: passes}, tick / 10, 0, false},
		"a test at every turn": {Config[*thing]{BorrowTest: passes}, time.Millisecond / 100, 0, true},
		"a short timeout":      {Config[*thing]{Eviction: policy.IdleTimeout(time.Second - 1)}, tick / 1000, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if c.config.Eviction == nil {
					c.config.Eviction = policy.IdleTimeout(d)
				}
				w.build(c.config)
				w.lanesOf(2)
				w.traffic(rand.New(rand.NewPCG(1, 0)), time.Second, c.gap, c.early)
				// The end of it, in which nothing is random.
				for range 3 {
					w.release(w.acquireAny())
				}
				if w.ticking() != c.ticks {
					t.Errorf("ticks are under way: %v, want %v", !c.ticks, c.ticks)
				}
				w.pool.Close()
				w.forget()
			})
		})
	}
}

// lanesOf opens n things, whatever order the pool lends them in.
func (w *world) lanesOf(n int) {
	w.t.Helper()
	w.release(w.acquires(n)...)
}

func (w *world) acquireAny() Lease[*thing] {
	w.t.Helper()
	l, err := w.pool.Acquire(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}
