package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// closers are the ways in which an acquire comes to close a resource before it has
// one, with one place.
var closers = map[string]func(w *world) Config[*thing]{
	"failed test": func(w *world) Config[*thing] {
		w.onTest = func(context.Context, int, time.Time) error { return errTest }
		return Config[*thing]{BorrowTest: policy.Test(w.test)}
	},
	"test that gave up": func(w *world) Config[*thing] {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(10 * ms); return errTest }
		return Config[*thing]{BorrowTest: policy.Test(w.test), TestBudget: ms}
	},
	"too old after its test": func(w *world) Config[*thing] {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(10 * ms); return nil }
		return Config[*thing]{BorrowTest: policy.Test(w.test), Lifetime: policy.MaxAge(10 * ms)}
	},
	"stale": func(w *world) Config[*thing] {
		return Config[*thing]{Eviction: policy.IdleTimeout(time.Minute)}
	},
}

// slowClose builds a pool whose next acquire closes thing 1 first, in a second.
func (w *world) slowClose(name string) {
	w.t.Helper()
	c := closers[name](w)
	c.MaxActive = 1
	w.build(c)
	w.idle(1)
	if name == "stale" {
		w.late()
		w.sleep(time.Minute + 1)
	}
	w.onClose = func(n int) error {
		if n == 1 {
			time.Sleep(time.Second)
		}
		return nil
	}
}

func (w *world) closedAtLast(name string) {
	w.t.Helper()
	if name != "stale" {
		w.tested(1)
	}
	w.closed(1)
}

// An acquire leaves a close when its context ends. The place is free when the
// close has returned, and goes to the first waiter.
func TestAcquireLeavesClose(t *testing.T) {
	for name := range closers {
		for how, start := range map[string]func(w *world, ctx context.Context) *call{"Acquire": (*world).start, "TryAcquire": (*world).startTry} {
			t.Run(name+", "+how, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.slowClose(name)
					ctx, cancel := context.WithTimeout(context.Background(), 100*ms)
					defer cancel()
					a := start(w, ctx)
					w.sleep(20 * ms)
					next := w.start(context.Background())
					w.sleep(80*ms - 1)
					a.pending()
					w.sleep(1)
					a.returned(context.DeadlineExceeded)
					a.after(100 * ms)
					if st := w.pool.Stats(); st.Closing != 1 || st.Failed != 1 || st.Waiting != 1 {
						t.Errorf("the caller has left: %+v", st)
					}
					next.pending()
					w.sleep(time.Second)
					w.closedAtLast(name)
					w.opened(2)
					next.granted(2).Discard()
					w.closed(2)
				})
			})
		}
	}
}

// A caller that stays gets the place, before the waiter that came later.
func TestAcquireStaysInClose(t *testing.T) {
	for name := range closers {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.slowClose(name)
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				a := w.start(ctx)
				w.sleep(20 * ms)
				next := w.start(context.Background())
				w.sleep(time.Second)
				w.closedAtLast(name)
				w.opened(2)
				next.pending()
				a.granted(2).Discard()
				w.closed(2)
				last := next.granted(3)
				w.opened(3)
				last.Discard()
				w.closed(3)
			})
		})
	}
}

// A close that panics while its caller is there panics in the caller, with its
// stack.
func TestCrashInCloseOfAcquirerWhoseContextCanEnd(t *testing.T) {
	for name, v := range crashes {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.slowClose("failed test")
				w.onClose = func(n int) error {
					if n == 1 {
						return guilty(v)
					}
					return nil
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				a := w.start(ctx)
				a.threw(v)
				if v != nil {
					showsGuilt(t, a.panicked)
				}
				w.closedAtLast("failed test")
				if st := w.pool.Stats(); st.Failed != 1 || st.Active != 0 {
					t.Errorf("got %+v", st)
				}
				w.release(w.acquire(2))
				w.opened(2)
				w.shut(2)
			})
		})
	}
}

// The pool is closed while an acquire closes a resource; then the caller leaves.
func TestAcquireLeavesCloseOfClosedPool(t *testing.T) {
	inWorld(t, func(w *world) {
		w.slowClose("failed test")
		ctx, cancel := context.WithTimeout(context.Background(), 100*ms)
		defer cancel()
		a := w.start(ctx)
		w.shut()
		a.pending()
		drained := w.drain(0)
		w.sleep(100 * ms)
		a.returned(context.DeadlineExceeded)
		drained.pending()
		w.sleep(time.Second)
		drained.returned(nil)
		w.closedAtLast("failed test")
	})
}

// A test that panics does not keep its caller in the close longer than its context
// allows.
func TestCrashInTestLeavesClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.slowClose("failed test")
		crash := errors.New("crash")
		w.onTest = func(context.Context, int, time.Time) error { panic(crash) }
		ctx, cancel := context.WithTimeout(context.Background(), 100*ms)
		defer cancel()
		a := w.start(ctx)
		w.sleep(100 * ms)
		a.threw(crash)
		a.after(100 * ms)
		w.sleep(time.Second)
		w.closedAtLast("failed test")
		if st := w.pool.Stats(); st.Failed != 1 || st.Active != 0 {
			t.Errorf("got %+v", st)
		}
	})
}

// A panic of an opening on its own goroutine shows its stack in the caller.
func TestCrashInDetachedOpenShowsItsStack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { return guilty(crashes["panic"]) }
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: true})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		a := w.start(ctx)
		a.threw(crashes["panic"])
		showsGuilt(t, a.panicked)
		w.failed(1)
	})
}

// The value of a panic need not be an error.
func TestPanicError(t *testing.T) {
	err := &PanicError{Value: 7, Stack: []byte("the stack")}
	if want := "7\n\nwhich was raised on another goroutine:\n\nthe stack"; err.Error() != want || errors.Unwrap(err) != nil {
		t.Errorf("got %q, which wraps %v", err, errors.Unwrap(err))
	}
}
