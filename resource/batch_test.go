package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// closeAlls are the ways to close many resources at once: some return when all
// are closed, others do not wait.
var closeAlls = map[string]struct {
	begin func(w *world) *call
	waits bool
}{
	"Close":    {func(w *world) *call { return w.startErr(w.pool.Close) }, true},
	"Reset":    {func(w *world) *call { return w.startErr(func() error { w.pool.Reset(); return nil }) }, true},
	"Shutdown": {func(w *world) *call { return w.drain(0) }, true},
	"evicted": {func(w *world) *call {
		return w.startErr(func() error { time.Sleep(time.Minute); return nil })
	}, false},
	"Resize": {func(w *world) *call { return w.startErr(func() error { return w.pool.Resize(0, KeepNone) }) }, false},
}

// eachCloseAll has n idle resources closed at once, with the test's close
// function.
func eachCloseAll(t *testing.T, n int, f func(w *world, begin func(w *world) *call, waits bool)) {
	for name, all := range closeAlls {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Minute)})
				var held []Lease[*thing]
				for i := range n {
					l, err := w.pool.Acquire(context.Background())
					if err != nil {
						t.Fatalf("acquire %d: %v", i, err)
					}
					held = append(held, l)
				}
				w.opened(upTo(n)...)
				for _, l := range held {
					l.Release()
				}
				w.step()
				f(w, all.begin, all.waits)
				w.shut()
			})
		})
	}
}

// A close that hangs delays no other close, whichever it is. The caller waits for
// all of them.
func TestHungClose(t *testing.T) {
	for _, hung := range [][]int{{1}, {3}, {5}, {1, 2, 3, 5}} {
		eachCloseAll(t, 5, func(w *world, begin func(*world) *call, waits bool) {
			free := make(chan bool)
			w.onClose = func(n int) error {
				for _, h := range hung {
					if n == h {
						<-free
					}
				}
				return nil
			}
			c := begin(w)
			w.sleep(time.Minute + time.Second)
			if st := w.pool.Stats(); st.Closing != len(hung) || st.Active != len(hung) {
				w.t.Errorf("%v hang: %+v", hung, st)
			}
			if waits {
				c.pending()
			} else {
				c.returned(nil)
			}
			close(free)
			c.returned(nil)
			w.closed(1, 2, 3, 4, 5)
		})
	}
}

// Closes of an hour leave their places in the batch to others, sixteen at a time:
// many begin soon, and not all at once.
func TestManyHungCloses(t *testing.T) {
	const n = 100
	eachCloseAll(t, n, func(w *world, begin func(*world) *call, waits bool) {
		var began []time.Time
		w.onClose = func(int) error {
			w.mu.Lock()
			began = append(began, time.Now())
			w.mu.Unlock()
			time.Sleep(time.Hour)
			return nil
		}
		c := begin(w)
		w.sleep(time.Minute + time.Second)
		w.mu.Lock()
		if len(began) != n {
			w.t.Errorf("of %d closes, %d began within a second", n, len(began))
		}
		for i := range began {
			if j := i + batchCloses; j < len(began) && began[j].Sub(began[i]) < closeIsLong-2*batchWatch {
				w.t.Errorf("close %d began %v after close %d", j, began[j].Sub(began[i]), i)
			}
		}
		w.mu.Unlock()
		w.sleep(time.Hour)
		c.returned(nil)
		w.closed(upTo(n)...)
	})
}

// Quick closes are done on one goroutine, however many they are.
func TestQuickClosesStartNoGoroutines(t *testing.T) {
	eachCloseAll(t, 1000, func(w *world, begin func(*world) *call, waits bool) {
		before := runtime.NumGoroutine()
		var most atomic.Int64
		w.onClose = func(int) error {
			most.Store(max(most.Load(), int64(runtime.NumGoroutine())))
			return nil
		}
		c := begin(w)
		w.sleep(time.Minute + time.Second)
		c.returned(nil)
		w.closed(upTo(1000)...)
		if extra := int(most.Load()) - before; extra > 2 {
			w.t.Errorf("%d goroutines more while closing", extra)
		}
	})
}

// Closes that take some time, and not much, stay on one goroutine as well.
func TestModestClosesFollowOneAnother(t *testing.T) {
	eachCloseAll(t, 200, func(w *world, begin func(*world) *call, waits bool) {
		w.onClose = func(int) error {
			w.mu.Lock()
			if w.closing > 1 {
				w.t.Errorf("%d closes at a time", w.closing)
			}
			w.mu.Unlock()
			time.Sleep(batchWatch / 20)
			return nil
		}
		c := begin(w)
		w.sleep(time.Minute + time.Second)
		c.returned(nil)
		w.closed(upTo(200)...)
	})
}

// If a close panics on another goroutine than the caller's, the panic goes on in
// the caller when all resources are closed, with the stack of the close. So does
// Goexit.
func TestCrashInCloseOfHelper(t *testing.T) {
	for name, v := range crashes {
		eachCloseAll(t, 5, func(w *world, begin func(*world) *call, waits bool) {
			crashes := waits || v == nil // or nobody is there to recover
			var first atomic.Bool
			w.onClose = func(n int) error {
				if first.CompareAndSwap(false, true) {
					time.Sleep(time.Second) // the caller's own: the others have helpers
					return nil
				}
				if n%2 == 0 && crashes {
					return guilty(v)
				}
				return nil
			}
			c := begin(w)
			w.sleep(time.Minute + 2*time.Second)
			if !waits {
				c.returned(nil)
			} else {
				c.threw(v)
				if v != nil {
					showsGuilt(w.t, c.panicked)
				}
			}
			w.closed(1, 2, 3, 4, 5)
			if st := w.pool.Stats(); st.Active != 0 {
				w.t.Errorf("%s: %+v", name, st)
			}
			w.onClose = nil
		})
	}
}

// A helper whose close crashes goes on with the others.
func TestHelpersCloseOnAfterACrash(t *testing.T) {
	const n = 3 * batchCloses
	for _, v := range crashes {
		eachCloseAll(t, n, func(w *world, begin func(*world) *call, waits bool) {
			var first atomic.Bool
			free := make(chan bool)
			w.onClose = func(int) error {
				if first.CompareAndSwap(false, true) {
					<-free // the caller's own
					return nil
				}
				if waits || v == nil { // or nobody is there to recover
					return crash(v)
				}
				return nil
			}
			c := begin(w)
			w.sleep(time.Minute + time.Second)
			if st := w.pool.Stats(); st.Closing != 1 {
				w.t.Errorf("beside the one that hangs: %+v", st)
			}
			close(free)
			if waits {
				c.threw(v)
			} else {
				c.returned(nil)
			}
			w.closed(upTo(n)...)
			w.onClose = nil
		})
	}
}

// guilty is the function that the stack must name.
//
//go:noinline
func guilty(v any) error { return crash(v) }

// showsGuilt checks that the recovered value, when printed, shows which function
// panicked and with what.
func showsGuilt(t *testing.T, recovered any) {
	t.Helper()
	for _, format := range []string{"%v", "%s", "%+v"} {
		if text := fmt.Sprintf(format, recovered); !strings.Contains(text, "resource.guilty") || !strings.Contains(text, "crash") {
			t.Errorf("%s prints\n%s", format, text)
		}
	}
	err, ok := recovered.(*PanicError)
	if !ok || !errors.Is(err, crashes["panic"].(error)) {
		t.Errorf("recovered a %T", recovered)
	}
}

// A release closes its own resource before it returns. It does not wait for the
// close of another one that has to go.
func TestReleaseWaitsForItsOwnCloseOnly(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(n int) error {
			if n == 2 {
				time.Sleep(time.Hour)
			}
			return nil
		}
		w.build(Config[*thing]{MaxIdle: 2, Eviction: policy.SoftIdleTimeout(time.Minute, 1)})
		held := w.acquires(3)
		w.release(held[:2]...)
		w.late()
		w.sleep(time.Minute + 1)
		r := w.startEnd(held[2].Release) // 1 is surplus, and then 2 is past its limit
		r.returned(nil)
		w.closed(1)
		w.sleep(time.Hour)
		w.closed(2)
		w.shut(3)
	})
}

// A goroutine that closes for the pool ends when its close does.
func TestBatchLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Config[int]{
			Open:  func(context.Context) (int, error) { return 0, nil },
			Close: func(int) error { time.Sleep(time.Second); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		var held []Lease[int]
		for range 40 {
			l, _ := p.Acquire(t.Context())
			held = append(held, l)
		}
		for _, l := range held {
			l.Release()
		}
		p.Close()
		if st := p.Stats(); st.Active != 0 {
			t.Errorf("after Close: %+v", st)
		}
	})
}
