package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestBorrowTestIsTold(t *testing.T) {
	inWorld(t, func(w *world) {
		type key struct{}
		var lastUsedAt []time.Duration
		w.onTest = func(ctx context.Context, _ int, lastUsed time.Time) error {
			if ctx.Value(key{}) != "caller" {
				t.Errorf("tested with %v", ctx)
			}
			lastUsedAt = append(lastUsedAt, lastUsed.Sub(w.began))
			return nil
		}
		w.build(Config[*thing]{BorrowTest: policy.Test(w.test)})
		ctx := context.WithValue(context.Background(), key{}, "caller")
		w.sleep(time.Second)
		a := w.start(ctx).granted(1) // just opened: not tested
		w.opened(1)
		w.sleep(time.Second)
		w.release(a)
		w.sleep(time.Hour + 1)
		a = w.start(ctx).granted(1)
		w.tested(1)
		w.sleep(time.Second)
		w.release(a)
		w.release(w.startTry(ctx).granted(1))
		w.tested(1)
		if len(lastUsedAt) != 2 || lastUsedAt[0] != 2*time.Second || lastUsedAt[1] != time.Hour+1+3*time.Second {
			t.Errorf("last used at %v", lastUsedAt)
		}
		w.shut(1)
	})
}

func TestFailedTestTriesTheNext(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(_ context.Context, n int, _ time.Time) error {
			if n > 1 {
				return errTest
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 3, BorrowTest: policy.Test(w.test)})
		w.idle(3)
		a := w.acquire(1)
		w.tested(1, 2, 3)
		w.closed(2, 3)
		b := w.acquire(4) // none is idle: open
		w.opened(4)
		w.release(a, b)
		if st := w.pool.Stats(); st.Closed.FailedTest != 2 || st.Testing != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut(1, 4)
	})
}

// If a caller's context ends during a test, the tested resource is closed. The
// other idle ones are not, though they would fail with the same context.
func TestContextEndsDuringTest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(ctx context.Context, _ int, _ time.Time) error { <-ctx.Done(); return ctx.Err() }
		w.onOpen = func(ctx context.Context, n int) error {
			if n > 3 && ctx.Err() == nil {
				t.Errorf("%d is opened with another context", n)
			}
			return ctx.Err()
		}
		w.build(Config[*thing]{MaxActive: 3, BorrowTest: policy.Test(w.test)})
		w.idle(3)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		a := w.start(ctx)
		w.sleep(time.Second)
		a.returned(context.DeadlineExceeded)
		a.after(time.Second)
		w.tested(3)
		w.closed(3)
		w.shut(1, 2)
	})
}

// TestBudget bounds the time spent on dead resources: 20 of them, each of which
// takes 20 ms to fail, cost no more than 100 ms.
func TestTestBudget(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		budget time.Duration
		tests  int
	}{{"none", 0, 20}, {"hit", 100 * ms, 5}, {"passed", 90 * ms, 5}, {"just not", 101 * ms, 6}, {"first", 1, 1}} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.onTest = func(context.Context, int, time.Time) error { time.Sleep(20 * ms); return errTest }
				w.build(Config[*thing]{MaxActive: 20, BorrowTest: policy.Test(w.test), TestBudget: c.budget})
				w.idle(20)
				a := w.start(context.Background())
				w.sleep(time.Duration(c.tests) * 20 * ms)
				a.after(time.Duration(c.tests) * 20 * ms)
				var dead []int
				for i := range c.tests {
					dead = append([]int{20 - i}, dead...)
				}
				w.tested(dead...)
				w.closed(dead...)
				w.opened(21)
				w.release(a.granted(21))
				w.shut(append(upTo(20-c.tests), 21)...)
			})
		})
	}
}

// In a pool that ticks, the budget counts from the last tick, which is a millisecond
// too early at the most. Where the budget is so short that this matters, it counts
// from the present.
func TestTestBudgetCountsFromATick(t *testing.T) {
	const ms, n = time.Millisecond, returnsWorthALeastTick
	for _, c := range []struct {
		took, budget time.Duration
		tests        int
	}{
		{20 * ms, 100*ms + ms/2, 5},
		{20 * ms, 101 * ms, 6},
		{2 * ms, 10*ms + ms/2, 6},
	} {
		inWorld(t, func(w *world) {
			w.onTest = func(context.Context, int, time.Time) error { time.Sleep(c.took); return errTest }
			w.build(Config[*thing]{BorrowTest: policy.Test(w.test), TestBudget: c.budget})
			w.sleep(1) // at zero the pool has no return behind it
			w.idle(n)
			if !w.ticking() {
				t.Fatal("nothing ticks")
			}
			w.sleep(ms - ms/10)
			a := w.start(context.Background())
			w.sleep(time.Duration(c.tests) * c.took)
			a.after(time.Duration(c.tests) * c.took)
			dead := upTo(n)[n-c.tests:]
			w.tested(dead...)
			w.closed(dead...)
			w.opened(n + 1)
			w.release(a.granted(n + 1))
			w.shut(append(upTo(n-c.tests), n+1)...)
		})
	}
}

// Each acquire has a budget of its own.
func TestTestBudgetIsPerAcquire(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return errTest }
		w.build(Config[*thing]{BorrowTest: policy.Test(w.test), TestBudget: 2 * time.Second})
		w.idle(6)
		a, b := w.start(context.Background()), w.start(context.Background())
		w.sleep(2 * time.Second)
		a.returned(nil)
		b.returned(nil)
		w.tested(3, 4, 5, 6)
		w.closed(3, 4, 5, 6)
		w.opened(7, 8)
		w.release(a.lease, b.lease)
		w.shut(1, 2, 7, 8)
	})
}

// Within ends the test's context, and a test that fails for that is the last.
func TestWithinCutsTheContext(t *testing.T) {
	inWorld(t, func(w *world) {
		const ms = time.Millisecond
		w.onTest = func(ctx context.Context, n int, _ time.Time) error {
			if n == 4 {
				time.Sleep(60 * ms)
				return errTest
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Hour):
				return nil
			}
		}
		w.onOpen = func(ctx context.Context, _ int) error { return ctx.Err() }
		w.build(Config[*thing]{MaxActive: 4, BorrowTest: policy.Within(100*ms, policy.Test(w.test))})
		w.idle(4)
		a := w.start(context.Background())
		w.sleep(100 * ms)
		a.after(100 * ms)
		w.tested(3, 4)
		w.closed(3, 4)
		w.opened(5) // with the caller's own context, which has not ended
		w.release(a.granted(5))
		w.shut(1, 2, 5)
	})
}

// The context of Within ends with its test: nothing keeps its timer.
func TestWithinLeavesNoContext(t *testing.T) {
	inWorld(t, func(w *world) {
		var inner context.Context
		w.onTest = func(ctx context.Context, _ int, _ time.Time) error { inner = ctx; return nil }
		w.build(Config[*thing]{BorrowTest: policy.Within(time.Hour, policy.Test(w.test))})
		w.idle(1)
		w.release(w.acquire(1))
		w.tested(1)
		if _, limited := inner.Deadline(); !limited || inner.Err() != context.Canceled {
			t.Errorf("the test's context is %v (%v)", inner, inner.Err())
		}
		w.shut(1)
	})
}

func TestGatesSayWhen(t *testing.T) {
	const s = time.Second
	use := func(w *world, idle time.Duration, due ...int) {
		t.Helper()
		w.sleep(idle)
		w.release(w.acquire(1))
		w.tested(due...)
	}
	t.Run("IfIdleFor", func(t *testing.T) {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{BorrowTest: policy.IfIdleFor(s, policy.Test(w.test))})
			w.idle(1)
			use(w, s-1)
			use(w, s-1)
			use(w, s, 1)
			use(w, 0)
			w.shut(1)
		})
	})
	t.Run("AtMostEvery", func(t *testing.T) {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{BorrowTest: policy.AtMostEvery(3*s, policy.Test(w.test))})
			w.idle(1)
			use(w, s)
			use(w, s)
			use(w, s-1)
			use(w, 1, 1)
			use(w, 3*s-1)
			use(w, 1, 1)
			use(w, 10*s, 1)
			w.shut(1)
		})
	})
}

// All runs the tests that are due, in order, until one fails. For each test the
// pool remembers when it passed.
func TestAllTests(t *testing.T) {
	inWorld(t, func(w *world) {
		var ran string
		named := func(name string, err *error) policy.BorrowTest[*thing] {
			return policy.Test(func(context.Context, *thing, time.Time) error { ran += name; return *err })
		}
		var good, bad error
		w.build(Config[*thing]{BorrowTest: policy.All(
			policy.AtMostEvery(3*time.Second, named("a", &good)), named("b", &bad), policy.IfIdleFor(time.Second, named("c", &good)),
		)})
		w.idle(1)
		use := func(idle time.Duration, n int, want string) {
			t.Helper()
			w.sleep(idle)
			ran = ""
			w.release(w.acquire(n))
			if ran != want {
				t.Errorf("ran %s, want %s", ran, want)
			}
		}
		use(0, 1, "b")
		use(time.Second, 1, "bc")
		use(2*time.Second, 1, "abc")
		use(time.Second, 1, "bc")
		bad = errTest
		use(2*time.Second, 2, "ab")
		w.closed(1)
		w.opened(2)
		w.shut(2)
	})
}

// A resource whose time ends while it is tested is not lent (I10).
func TestTestOutlastsTheResource(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Minute); return nil }
		w.build(Config[*thing]{MaxActive: 1, Lifetime: policy.MaxAge(time.Minute), BorrowTest: policy.Test(w.test)})
		w.idle(1)
		a := w.start(context.Background())
		w.sleep(time.Minute)
		w.tested(1)
		w.closed(1)
		w.opened(2)
		w.release(a.granted(2))
		if st := w.pool.Stats(); st.Closed.TooOld != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut(2)
	})
}
