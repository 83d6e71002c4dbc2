package resource

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// seldom is a borrow test that no acquire ever runs.
func (w *world) seldom() policy.BorrowTest[*thing] {
	return policy.IfIdleFor(1000*time.Hour, policy.Test(w.test))
}

// Each idle resource is tested when it has been idle for TestIdleEvery, and then again
// and again. A leased one is not.
func TestIdleIsTested(t *testing.T) {
	for name, order := range map[string]policy.Order{"LIFO": policy.LIFO, "FIFO": policy.FIFO} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{BorrowTest: w.seldom(), TestIdleEvery: time.Minute, Order: order})
				held := w.acquires(3)
				w.release(held[0])
				w.sleep(30 * time.Second)
				w.release(held[1])
				w.tested()
				w.sleep(30 * time.Second)
				w.tested(1)
				w.sleep(30 * time.Second)
				w.tested(2)
				w.sleep(30 * time.Second)
				w.tested(1)
				w.release(held[2])
				w.sleep(59 * time.Second)
				w.tested(2)
				w.sleep(time.Second)
				w.tested(1, 3)
				w.sleep(time.Second)
				w.shut(1, 2, 3)
			})
		})
	}
}

// A resource that goes round in the lane is tested when it has rested for TestIdleEvery.
func TestIdleInTheLaneIsTested(t *testing.T) {
	for name, test := range map[string]func(w *world) policy.BorrowTest[*thing]{
		"seldom": (*world).seldom, "always": func(w *world) policy.BorrowTest[*thing] { return policy.Test(w.test) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				n := 0
				w.onTest = func(ctx context.Context, _ int, _ time.Time) error {
					if WhileIdle(ctx) {
						n++
					}
					return nil
				}
				w.build(Config[*thing]{BorrowTest: test(w), TestIdleEvery: time.Minute})
				if !w.pool.useLane {
					t.Fatal("there is no lane")
				}
				w.release(w.acquires(1)...)
				for range 100 {
					w.sleep(30 * time.Second)
					l, err := w.pool.Acquire(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					l.Release()
				}
				if n > 0 {
					t.Errorf("tested %d times, though it was never idle for a minute", n)
				}
				w.sleep(time.Minute + time.Second)
				if n != 1 {
					t.Errorf("tested %d times, want once", n)
				}
				w.mu.Lock()
				w.unclaimed.tested = nil
				w.mu.Unlock()
				w.shut(1)
			})
		})
	}
}

// While a resource is tested in the background, callers get others. A caller that has to
// wait gets it when it has passed, without another test.
func TestIdleTestIsNotInTheWay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 2, BorrowTest: w.seldom(), TestIdleEvery: time.Minute})
		w.idle(2)
		w.sleep(time.Minute)
		if st := w.pool.Stats(); st.Testing != 1 || st.Idle != 1 {
			t.Errorf("got %v", st)
		}
		// One of them is being tested. Which is up to the ledger: they came back at one
		// instant.
		other, err := w.pool.Acquire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		next := w.start(context.Background())
		w.sleep(500 * ms)
		next.pending()
		w.sleep(500 * ms)
		n := 3 - other.Value().n
		w.tested(n)
		w.release(next.granted(n), other)
		w.shut(1, 2)
	})
}

// A resource that fails is closed, and replaced for MinIdle.
func TestIdleTestFails(t *testing.T) {
	for name, fails := range map[string]func() error{
		"error": func() error { return errTest },
		"exit":  func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.onTest = func(_ context.Context, n int, _ time.Time) error {
					if n == 1 {
						return fails()
					}
					return nil
				}
				w.build(Config[*thing]{BorrowTest: w.seldom(), TestIdleEvery: time.Minute, MinIdle: 1, MaxActive: 1})
				w.sleep(0)
				w.opened(1)
				w.sleep(time.Minute)
				w.tested(1)
				w.closed(1)
				w.opened(2)
				if st := w.pool.Stats(); st.Closed.FailedTest != 1 || st.Idle != 1 {
					t.Errorf("got %v", st)
				}
				w.shut(2)
			})
		})
	}
}

// The idle time goes on during tests, so Eviction closes a resource as without them.
func TestIdleTestsDoNotPostponeEviction(t *testing.T) {
	inWorld(t, func(w *world) {
		var lastUsed []time.Duration
		w.onTest = func(_ context.Context, _ int, last time.Time) error {
			lastUsed = append(lastUsed, time.Since(last))
			return nil
		}
		w.build(Config[*thing]{BorrowTest: w.seldom(), TestIdleEvery: time.Minute, Eviction: policy.IdleTimeout(150 * time.Second)})
		w.idle(1)
		w.sleep(150 * time.Second)
		w.tested(1, 1)
		w.closed()
		w.sleep(1)
		w.closed(1)
		if want := []time.Duration{time.Minute, 2 * time.Minute}; !slices.Equal(lastUsed, want) {
			t.Errorf("the tests heard that it was last used %v ago, want %v", lastUsed, want)
		}
		w.shut()
	})
}

// The context of a test in the background says what it is. It ends after TestIdleEvery,
// and when the pool is closed.
func TestIdleTestContext(t *testing.T) {
	for name, c := range map[string]struct{ closed, ends time.Duration }{
		"timeout": {time.Hour, 2 * time.Minute}, "pool closed": {90 * time.Second, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				began := time.Now()
				w.onTest = func(ctx context.Context, _ int, _ time.Time) error {
					if !WhileIdle(ctx) || InAdvance(ctx) {
						t.Error("the test does not know that it runs in the background")
					}
					<-ctx.Done()
					if took := time.Since(began); took != c.ends {
						t.Errorf("the context ended after %v, want %v", took, c.ends)
					}
					return ctx.Err()
				}
				w.build(Config[*thing]{BorrowTest: w.seldom(), TestIdleEvery: time.Minute})
				time.AfterFunc(c.closed, func() { w.pool.Close() })
				w.idle(1)
				w.sleep(10 * time.Minute)
				w.tested(1)
				w.closed(1)
				w.sleep(time.Hour)
			})
		})
	}
}

// A borrow test does not take itself for one in the background, and a test in the
// background counts for the gates.
func TestIdleTestCountsForGates(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(ctx context.Context, _ int, _ time.Time) error {
			if WhileIdle(ctx) {
				return nil
			}
			return errors.New("a borrow is tested")
		}
		w.build(Config[*thing]{BorrowTest: policy.AtMostEvery(90*time.Second, policy.Test(w.test)), TestIdleEvery: time.Minute})
		w.idle(1)
		for range 10 {
			w.sleep(61 * time.Second)
			w.tested(1)
			w.release(w.acquire(1))
		}
		w.shut(1)
	})
}

// Close, Reset and Shutdown during a test in the background close the resource after it.
func TestIdleTestStraddles(t *testing.T) {
	for name, do := range map[string]func(w *world){
		"Close":    func(w *world) { w.pool.Close() },
		"Reset":    func(w *world) { w.pool.Reset() },
		"Shutdown": func(w *world) { w.drain(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }
				w.build(Config[*thing]{BorrowTest: w.seldom(), TestIdleEvery: time.Minute})
				w.idle(1)
				w.sleep(time.Minute)
				do(w)
				w.step()
				w.closed()
				w.sleep(time.Second)
				w.tested(1)
				w.closed(1)
				w.shut()
			})
		})
	}
}

// A pool with nothing idle sets no timer for tests.
func TestIdleTestsNeedNoTimerAtRest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{BorrowTest: w.seldom(), TestIdleEvery: time.Minute})
		w.quiet()
		w.idle(1)
		held := w.acquire(1)
		w.sleep(2 * time.Minute) // the timer fires once, and finds that the resource is lent
		w.quiet()
		w.release(held)
		w.shut(1)
	})
}
