package resource

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// crashes are the ways in which a user's function does not return. A nil means
// Goexit.
var crashes = map[string]any{"panic": errors.New("crash"), "Goexit": nil}

func crash(v any) error {
	if v == nil {
		runtime.Goexit()
	}
	panic(v)
}

// eachCrash runs a test for each of them, with openings on the caller's goroutine
// and on their own.
func eachCrash(t *testing.T, f func(w *world, v any, detached bool)) {
	for name, v := range crashes {
		for _, detached := range []bool{false, true} {
			if detached {
				name += ", detached"
			}
			t.Run(name, func(t *testing.T) { inWorld(t, func(w *world) { f(w, v, detached) }) })
		}
	}
}

func TestCrashInOpen(t *testing.T) {
	eachCrash(t, func(w *world, v any, detached bool) {
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				time.Sleep(time.Second)
				return crash(v)
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 1, OpenDetached: detached})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		a, b := w.start(ctx), w.start(context.Background())
		b.pending()
		w.sleep(time.Second)
		a.threw(v)
		w.failed(1)
		w.release(b.granted(2))
		w.opened(2)
		if st := w.pool.Stats(); st.OpenFailed != 1 || st.Failed != 1 || st.Acquired != 1 {
			w.t.Errorf("got %+v", st)
		}
		w.shut(2)
	})
}

func TestCrashInTest(t *testing.T) {
	eachCrash(t, func(w *world, v any, detached bool) {
		w.onTest = func(_ context.Context, n int, _ time.Time) error {
			time.Sleep(time.Second)
			return crash(v)
		}
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test), OpenDetached: detached})
		w.idle(1)
		a, b := w.start(context.Background()), w.start(context.Background())
		w.sleep(time.Second)
		a.threw(v)
		w.tested(1)
		w.closed(1)
		w.release(b.granted(2))
		w.opened(2)
		if st := w.pool.Stats(); st.Closed.FailedTest != 1 || st.Failed != 1 {
			w.t.Errorf("got %+v", st)
		}
		w.shut(2)
	})
}

// The caller that closes gets the panic; the waiter gets the place.
func TestCrashInClose(t *testing.T) {
	for how, end := range map[string]func(Lease[*thing]) bool{
		"discarded": Lease[*thing].Discard,
		"worn out":  Lease[*thing].Release,
	} {
		for name, v := range crashes {
			t.Run(how+", "+name, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.onClose = func(n int) error {
						if n == 1 {
							return crash(v)
						}
						return nil
					}
					w.build(Config[*thing]{MaxActive: 1, Lifetime: policy.MaxUses(1)})
					held := w.acquires(1)[0]
					next := w.start(context.Background())
					r := w.startEnd(func() bool { return end(held) })
					r.threw(v)
					w.closed(1)
					over(t, held)
					w.release(next.granted(2))
					w.opened(2)
					w.closed(2)
					w.shut()
				})
			})
		}
	}
}

// Crashing closes do not keep the others from being closed.
func TestCrashInManyCloses(t *testing.T) {
	for how, all := range map[string]func(p *Pool[*thing]) error{
		"Close":    (*Pool[*thing]).Close,
		"Reset":    func(p *Pool[*thing]) error { p.Reset(); return nil },
		"Shutdown": func(p *Pool[*thing]) error { return p.Shutdown(context.Background()) },
	} {
		for name, v := range crashes {
			t.Run(how+", "+name, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.onClose = func(n int) error {
						if n%2 == 0 {
							return crash(v)
						}
						return nil
					}
					w.build(Config[*thing]{MaxActive: 6})
					w.idle(6)
					w.startErr(func() error { return all(w.pool) }).threw(v)
					w.closed(1, 2, 3, 4, 5, 6)
					if st := w.pool.Stats(); st.Active != 0 {
						t.Errorf("got %+v", st)
					}
					w.shut()
				})
			})
		}
	}
}

// If an acquirer closes a resource to get its place, the acquirer gets the panic
// of the close.
func TestCrashInCloseOfAcquirer(t *testing.T) {
	for name, v := range crashes {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.onTest = func(context.Context, int, time.Time) error { return errTest }
				w.onClose = func(n int) error {
					if n == 1 {
						return crash(v)
					}
					return nil
				}
				w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
				w.idle(1)
				w.start(context.Background()).threw(v)
				w.tested(1)
				w.closed(1)
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

// If the close of a surplus resource crashes, the resource that came back and the
// release are not affected.
func TestCrashInCloseOfSurplus(t *testing.T) {
	for name, v := range crashes {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.onClose = func(n int) error {
					if n == 1 {
						time.Sleep(time.Second)
						return crash(v)
					}
					return nil
				}
				w.build(Config[*thing]{MaxActive: 2, MaxIdle: 1})
				held := w.acquires(2)
				w.release(held[0])
				r := w.startEnd(held[1].Release)
				a := w.acquire(2)
				b := w.start(context.Background()) // for the place of 1
				b.pending()
				w.sleep(time.Second)
				r.threw(v)
				w.closed(1)
				b.granted(3)
				w.opened(3)
				w.release(a, b.lease)
				w.closed(2)
				w.shut(3)
			})
		})
	}
}

// If the test crashes and then the close too, the place is still free.
func TestCrashInTestAndClose(t *testing.T) {
	inWorld(t, func(w *world) {
		first, second := errors.New("first"), errors.New("second")
		w.onTest = func(context.Context, int, time.Time) error { panic(first) }
		w.onClose = func(int) error { panic(second) }
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.idle(1)
		w.start(context.Background()).threw(second)
		w.tested(1)
		w.closed(1)
		w.onClose = nil
		w.release(w.acquire(2))
		w.opened(2)
		w.shut(2)
	})
}

// A release that closes its own resource leaves the close of another resource to
// the pool, and gets only the panic of its own close.
func TestCrashInOwnCloseOfTwo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(n int) error {
			if n == 2 { // the other one
				time.Sleep(time.Hour)
				return nil
			}
			panic(n)
		}
		w.build(Config[*thing]{MaxIdle: 2, Eviction: policy.SoftIdleTimeout(time.Minute, 1)})
		held := w.acquires(3)
		w.release(held[:2]...)
		w.late()
		w.sleep(time.Minute + 1)
		w.startEnd(held[2].Release).threw(1) // the last one
		w.closed(1)
		w.sleep(time.Hour)
		w.closed(2)
		w.onClose = nil
		w.shut(3)
	})
}
