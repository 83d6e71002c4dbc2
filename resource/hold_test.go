package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

var errDown = errors.New("the server is down")

// down makes every opening fail until the server is up.
func (w *world) down() {
	w.onOpen = func(context.Context, int) error { return errDown }
}

func (w *world) up() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onOpen = nil
}

func (w *world) timeout(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	w.t.Cleanup(cancel)
	return ctx
}

var backoff = policy.Backoff{First: 100 * ms, Max: 400 * ms}

// While the server is down, callers with time wait. There is one opening after each
// pause, and the first success serves them all.
func TestHeldOpens(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 8, OpenBackoff: backoff})
		w.down()
		var calls []*call
		for range 4 {
			calls = append(calls, w.start(w.timeout(4*time.Second)))
		}
		w.failed(1) // the others do not even try
		w.sleep(100 * ms)
		w.failed(2)
		w.sleep(200*ms - 1)
		w.failed()
		w.sleep(1)
		w.failed(3)
		w.sleep(400 * ms)
		w.failed(4)
		w.sleep(399 * ms)
		for _, c := range calls {
			c.pending()
		}
		w.up()
		w.sleep(1 * ms)
		w.opened(5, 6, 7, 8)
		for _, c := range calls {
			c.after(1100 * ms)
			c.returned(nil)
			w.release(c.lease)
		}
		if st := w.pool.Stats(); st.OpenFailed != 4 || st.Failed != 0 || st.Acquired != 4 {
			t.Errorf("got %+v", st)
		}
		w.shut(5, 6, 7, 8)
	})
}

// Openings that were under way when the first failed count as one failure with it, and
// their callers wait, too.
func TestHeldOpensUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{OpenBackoff: backoff})
		w.onOpen = func(_ context.Context, n int) error {
			if n <= 3 {
				time.Sleep(time.Duration(n) * 10 * ms)
				return errDown
			}
			return nil
		}
		a, b, c := w.start(w.timeout(time.Second)), w.start(w.timeout(time.Second)), w.start(w.timeout(time.Second))
		w.sleep(30 * ms)
		w.failed(1, 2, 3)
		w.sleep(80*ms - 1)
		w.opened()
		w.sleep(1)
		w.opened(4, 5, 6)
		for _, call := range []*call{a, b, c} {
			call.returned(nil)
			w.release(call.lease)
		}
		w.shut(4, 5, 6)
	})
}

func TestHeldTakesWhatComesBack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{OpenBackoff: backoff})
		held := w.acquires(1)
		w.down()
		a, b := w.start(w.timeout(time.Second)), w.start(w.timeout(time.Second))
		w.failed(2)
		held[0].Release()
		got := a.granted(1)
		b.pending()
		got.Release()
		w.release(b.granted(1))
		w.shut(1)
	})
}

// A caller whose wait nothing bounds gets the error of its own opening, or that of the
// last, as soon as nothing can come back.
func TestHeldWithoutABound(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{OpenBackoff: backoff})
		held := w.acquires(1)
		w.down()
		w.start(context.Background()).returned(errDown)
		w.failed(2)
		a, b := w.start(context.Background()), w.start(context.Background())
		w.sleep(100 * ms)
		w.failed(3)
		a.returned(errDown)
		a.after(100 * ms)
		b.pending() // what is leased may come back
		held[0].Discard()
		w.closed(1)
		c, d := w.start(w.timeout(time.Second)), w.start(context.Background())
		w.sleep(200 * ms)
		w.failed(4)
		b.returned(errDown)
		d.heldBack(nil)
		c.pending()
		w.up()
		w.sleep(400 * ms)
		w.opened(5)
		w.release(c.granted(5))
		w.shut(5)
	})
}

// After a restart every idle resource fails its test. The callers that find that out hold
// the openings like others.
func TestHeldAfterFailedTests(t *testing.T) {
	for _, max := range []int{0, 3} {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{MaxActive: max, OpenBackoff: backoff, BorrowTest: policy.Test(w.test)})
			w.idle(3)
			w.down()
			w.onTest = func(context.Context, int, time.Time) error { return errDown }
			a, b := w.start(w.timeout(time.Second)), w.start(w.timeout(time.Second))
			w.tested(1, 2, 3)
			w.closed(1, 2, 3)
			w.failed(4)
			w.up()
			w.sleep(100 * ms)
			w.opened(5, 6)
			w.release(a.granted(5), b.granted(6))
			w.onTest = nil
			w.shut(5, 6)
		})
	}
}

func TestHeldMinIdle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.down()
		w.build(Config[*thing]{MinIdle: 1, OpenBackoff: policy.Backoff{First: 50 * ms, Max: 50 * ms}})
		w.step()
		w.failed(1)
		a := w.start(w.timeout(time.Second)) // it waits for the pause of the openings for MinIdle's failure
		a.pending()
		w.up()
		w.sleep(50 * ms)
		w.opened(2, 3)
		w.release(a.granted(2))
		w.shut(2, 3)
	})
}

// The opening that a caller has left is the probe until it is over.
func TestHeldDetached(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				return errDown
			}
			time.Sleep(time.Second)
			return nil
		}
		w.build(Config[*thing]{OpenDetached: true, OpenBackoff: backoff})
		a := w.start(w.timeout(300 * ms))
		w.failed(1)
		w.sleep(300 * ms)
		a.returned(context.DeadlineExceeded)
		b := w.start(w.timeout(5 * time.Second))
		w.sleep(800*ms - 1)
		b.pending()
		w.sleep(1)
		w.opened(2)
		w.release(b.granted(2))
		w.shut(2)
	})
}

func TestHeldOpenPanics(t *testing.T) {
	for _, detached := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.onOpen = func(context.Context, int) error { panic("no") }
			w.build(Config[*thing]{OpenDetached: detached, OpenBackoff: backoff})
			w.start(w.timeout(time.Second)).threw("no")
			w.failed(1)
			c := w.startTry(context.Background())
			var held *HeldError
			if c.w.step(); !errors.As(c.err, &held) {
				t.Errorf("got %v", c.err)
			}
			w.up()
			w.sleep(100 * ms)
			w.release(w.acquire(2))
			w.opened(2)
			w.shut(2)
		})
	}
}

// The end of another caller's context is not the end of one's own.
func TestHeldAfterACanceledOpen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
		w.build(Config[*thing]{OpenBackoff: backoff})
		a := w.start(w.timeout(10 * ms))
		w.sleep(10 * ms)
		a.returned(context.DeadlineExceeded)
		w.failed(1)
		c := w.startTry(context.Background())
		c.w.step()
		if errors.Is(c.err, context.DeadlineExceeded) || c.err == nil {
			t.Errorf("got %v", c.err)
		}
		w.shut()
	})
}

func TestHeldAndClosed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{OpenBackoff: backoff})
		w.down()
		a := w.start(w.timeout(time.Second))
		w.failed(1)
		w.pool.Close()
		a.returned(ErrClosed)
		w.start(w.timeout(time.Second)).returned(ErrClosed)
		w.shut()
	})
}

// While openings are held, an acquire may have to wait though there is room. Then nothing
// stays in the lane, where a release does not look for waiters.
func TestHeldEmptiesTheLane(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{OpenBackoff: backoff})
		w.release(w.acquire(1))
		w.opened(1)
		for range 3 {
			w.release(w.acquire(1))
		}
		held := w.acquire(1) // from the lane
		w.down()
		a := w.start(w.timeout(time.Second))
		b := w.start(w.timeout(time.Second))
		w.failed(2)
		held.Release()
		got := a.granted(1)
		got.Release()
		w.release(b.granted(1))
		w.shut(1)
	})
}
