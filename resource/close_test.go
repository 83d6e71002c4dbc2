package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 3})
		held := w.acquires(3)
		w.release(held[0], held[1])
		x, y := w.acquire(2), w.acquire(1)
		a, b := w.start(context.Background()), w.start(context.Background())
		w.shut()
		a.returned(ErrClosed)
		b.returned(ErrClosed)
		w.start(context.Background()).returned(ErrClosed)
		w.startTry(context.Background()).returned(ErrClosed)
		w.shut() // again
		for i, l := range []Lease[*thing]{y, x, held[2]} {
			if v := l.Value(); v.n != i+1 || v.closes != 0 {
				t.Errorf("a lease has %+v", v)
			}
			l.Release()
			w.closed(i + 1)
			w.step()
		}
		w.shut()
		if st := w.pool.Stats(); st.Rejected != 4 || st.Closed.PoolClosed != 3 || st.Active != 0 {
			t.Errorf("got %+v", st)
		}
	})
}

func TestCloseWaitsForIdleCloses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.idle(3)
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		c := w.startErr(w.pool.Close)
		w.sleep(time.Second - 1)
		c.pending()
		w.sleep(3 * ms) // the second and the third begin a little later
		c.returned(nil)
		w.closed(1, 2, 3)
	})
}

// A resource that is being opened while the pool is closed is closed, and its
// caller gets ErrClosed.
func TestOpenStraddlesClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			time.Sleep(time.Second)
			if n == 2 {
				return errOpen
			}
			return nil
		}
		w.build(Config[*thing]{})
		a, b := w.start(context.Background()), w.start(context.Background())
		w.shut()
		a.pending()
		w.sleep(time.Second)
		w.opened(1)
		w.failed(2)
		w.closed(1)
		// Which of them opened 1 is chance.
		if errors.Is(a.err, errOpen) {
			a, b = b, a
		}
		a.returned(ErrClosed)
		b.returned(errOpen)
	})
}

func TestTestStraddlesClose(t *testing.T) {
	for _, verdict := range []error{nil, errTest} {
		inWorld(t, func(w *world) {
			w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return verdict }
			w.build(Config[*thing]{BorrowTest: policy.Test(w.test)})
			w.idle(2)
			a := w.start(context.Background())
			w.shut(1)
			a.pending()
			w.sleep(time.Second)
			w.tested(2)
			w.closed(2)
			a.returned(ErrClosed)
			if st := w.pool.Stats(); st.Rejected != 1 || st.Active != 0 {
				t.Errorf("got %+v", st)
			}
		})
	}
}

// An acquirer that has closed a resource that failed its test, to open one in its
// place, does not open.
func TestReplacingStraddlesClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(context.Context, int, time.Time) error { return errTest }
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.idle(1)
		a := w.start(context.Background())
		w.tested(1)
		w.shut()
		a.pending()
		w.sleep(time.Second)
		w.closed(1)
		a.returned(ErrClosed)
	})
}

// Two goroutines close the pool at once: each resource is closed once.
func TestConcurrentClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{})
		w.idle(3)
		var all []*call
		for range 5 {
			all = append(all, w.startErr(w.pool.Close))
		}
		w.sleep(3 * time.Second)
		for _, c := range all {
			c.returned(nil)
		}
		w.closed(1, 2, 3)
	})
}

func TestClosedPoolIgnoresResetAndResize(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2})
		held := w.acquires(1)
		w.shut()
		w.pool.Reset()
		if err := w.pool.Resize(5, 5); err != nil {
			t.Errorf("resize: %v", err)
		}
		w.release(held...)
		w.closed(1)
		if st := w.pool.Stats(); st.Closed.PoolClosed != 1 || st.Resets != 0 {
			t.Errorf("got %+v", st)
		}
	})
}
