package resource

import (
	"context"
	"testing"
	"time"
)

func (w *world) startReady(ctx context.Context) *call {
	w.t.Helper()
	return w.startErr(func() error { return w.pool.WaitReady(ctx) })
}

func TestWaitReadyWaitsForMinIdle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			time.Sleep(time.Second)
			if n == 2 {
				return errDown
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 3, MinIdle: 2})
		c, d := w.startReady(context.Background()), w.startReady(w.timeout(1500*ms))
		w.sleep(time.Second)
		c.pending() // one of two
		w.sleep(time.Second)
		d.says(context.DeadlineExceeded, "context deadline exceeded: waited 1.5s: 2 of 3 active (0 leased, 1 idle, 1 opening), 0 waiting")
		w.failed(2)
		c.pending()
		w.sleep(100*ms + time.Second)
		c.returned(nil)
		c.after(3100 * ms)
		w.opened(1, 3)
		l := w.acquire(3) // in use counts
		c = w.startReady(context.Background())
		c.returned(nil)
		c.after(0)
		w.release(l)
		w.sleep(time.Second)
		w.opened(4)
		w.shut(1, 3, 4)
	})
}

// Without MinIdle one resource is opened, and a failure is tried again.
func TestWaitReadyOpensOne(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n < 4 {
				return errDown
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 3})
		c, d := w.startReady(context.Background()), w.startReady(w.timeout(50*ms))
		w.sleep(50 * ms)
		d.says(context.DeadlineExceeded, "context deadline exceeded: waited 50ms: 0 of 3 active (0 leased, 0 idle), 0 waiting; last open failed 50ms ago: the server is down")
		w.failed(1, 2)
		c.pending()
		w.sleep(time.Second)
		w.failed(3)
		c.returned(nil)
		c.after(300 * ms)
		w.opened(4)
		if st := w.pool.Stats(); st.Idle != 1 || st.Leased != 0 {
			t.Errorf("got %v", st)
		}
		w.shut(4)
	})
}

// Somebody else's success makes the pool ready before the pause is over.
func TestWaitReadyHearsOfOthers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				return errDown
			}
			return nil
		}
		w.build(Config[*thing]{})
		c := w.startReady(context.Background())
		w.failed(1)
		c.pending()
		l := w.acquire(2)
		w.opened(2)
		c.returned(nil)
		c.after(0)
		w.release(l)
		w.shut(2)
	})
}

func TestWaitReadyOfAClosedPool(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Second); return errDown }
		w.build(Config[*thing]{MinIdle: 1})
		c := w.startReady(context.Background())
		w.sleep(500 * ms)
		w.shut()
		c.returned(ErrClosed)
		c.after(500 * ms)
		w.startReady(context.Background()).returned(ErrClosed)
		w.sleep(time.Second)
		w.failed(1)
	})
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.shut()
		w.startReady(context.Background()).returned(ErrClosed)
	})
}

// A limit that was lowered below MinIdle is enough.
func TestWaitReadyAfterResize(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n >= 3 {
				return errDown
			}
			return nil
		}
		w.build(Config[*thing]{MaxActive: 3, MinIdle: 3})
		c := w.startReady(context.Background())
		w.opened(1, 2)
		w.failed(3)
		c.pending()
		w.resize(2, 2)
		c.returned(nil)
		c.after(0)
		w.sleep(time.Second)
		w.shut(1, 2)
	})
}
