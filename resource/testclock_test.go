package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// TestWhoNeedsTheClock: if only a test needs the time, an acquire reads no clock,
// but a return does.
func TestWhoNeedsTheClock(t *testing.T) {
	plain := policy.Test(func(context.Context, *thing, time.Time) error { return nil })
	for name, c := range map[string]struct {
		config    Config[*thing]
		on, lends bool
	}{
		"nothing":     {Config[*thing]{}, false, false},
		"a test":      {Config[*thing]{BorrowTest: plain}, true, false},
		"a gate":      {Config[*thing]{BorrowTest: policy.IfIdleFor(time.Second, plain)}, true, true},
		"one of two":  {Config[*thing]{BorrowTest: policy.All(plain, policy.AtMostEvery(time.Second, plain))}, true, true},
		"MaxAge":      {Config[*thing]{BorrowTest: plain, Lifetime: policy.MaxAge(time.Hour)}, true, true},
		"MaxUses":     {Config[*thing]{BorrowTest: plain, Lifetime: policy.MaxUses(9)}, true, false},
		"IdleTimeout": {Config[*thing]{BorrowTest: plain, Eviction: policy.IdleTimeout(time.Hour)}, true, true},
		"WaitTimeout": {Config[*thing]{BorrowTest: plain, WaitTimeout: time.Hour}, true, true},
		"MinIdle":     {Config[*thing]{BorrowTest: plain, MinIdle: 1}, true, true},
	} {
		if on, lends := c.config.timed(), c.config.timedLending(); on != c.on || lends != c.lends {
			t.Errorf("%s: the pool needs the time: %v, its acquires do: %v", name, on, lends)
		}
	}
}

// TestInstantsWithoutAClockAtTheAcquire: a test gets the exact instant of the
// return, also after a wait and after an opening whose caller has left.
func TestInstantsWithoutAClockAtTheAcquire(t *testing.T) {
	inWorld(t, func(w *world) {
		var heard time.Duration
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(func(_ context.Context, _ *thing, lastUsed time.Time) error {
			heard = time.Since(lastUsed)
			return nil
		})})
		for _, d := range []time.Duration{1, time.Millisecond, time.Hour} {
			l := w.acquireAny()
			time.Sleep(time.Minute)
			w.release(l)
			time.Sleep(d)
			w.release(w.acquireAny())
			if heard != d {
				t.Errorf("idle for %v, the test hears %v", d, heard)
			}
		}
		l := w.acquireAny()
		time.AfterFunc(time.Second, func() { l.Release() })
		begin := time.Now()
		w.release(w.acquireAny())
		if took := time.Since(begin); took != time.Second {
			t.Errorf("waited for %v", took)
		}
		if st := w.pool.Stats(); st.WaitDuration != time.Second {
			t.Errorf("WaitDuration %v", st.WaitDuration)
		}
		w.pool.Close()
		w.forget()
	})
}

// TestBudgetCountsFromTheFirstTest: time in which the pool was at rest, or the
// caller waited, does not count as spent on tests.
func TestBudgetCountsFromTheFirstTest(t *testing.T) {
	for name, eviction := range map[string]policy.Eviction{"no clock": nil, "a clock": policy.IdleTimeout(24 * time.Hour)} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				tests := 0
				w.build(Config[*thing]{TestBudget: time.Second, Eviction: eviction, BorrowTest: policy.Test(func(context.Context, *thing, time.Time) error {
					tests++
					time.Sleep(300 * time.Millisecond)
					return errors.New("no answer")
				})})
				w.release(w.acquires(10)...)
				time.Sleep(time.Hour)
				w.acquireAny().Release()
				if tests != 4 {
					t.Errorf("%d tests of 0.3 s within a second, want 4", tests)
				}
				w.pool.Close()
				w.forget()
			})
		})
	}
}
