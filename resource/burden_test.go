package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// late stops the pool's timer, as if it were late. Then the next caller finds the
// resources that are past their time.
func (w *world) late() {
	w.t.Helper()
	if !w.pool.timer.Stop() {
		w.t.Error("the timer was not set")
	}
}

// An acquire does not wait for closes that others need.
func TestAcquireDoesNotCloseForOthers(t *testing.T) {
	for _, order := range []policy.Order{policy.LIFO, policy.FIFO} {
		inWorld(t, func(w *world) {
			const n, d = 50, time.Minute
			w.build(Config[*thing]{Eviction: policy.IdleTimeout(d), Order: order})
			w.idle(n)
			w.onClose = func(int) error { time.Sleep(time.Second); return nil }
			w.late()
			w.sleep(d + 1)
			a := w.start(context.Background())
			a.granted(n + 1)
			a.after(0)
			w.opened(n + 1)
			w.sleep(n * time.Second)
			w.closed(upTo(n)...)
			w.onClose = nil
			w.release(a.lease)
			w.shut(n + 1)
		})
	}
}

// A good resource behind others that are past their time is lent at once.
func TestAcquireFindsTheGoodOne(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{MaxActive: 3, Eviction: policy.IdleTimeout(d), Order: policy.FIFO})
		held := w.acquires(3)
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.release(held[:2]...)
		w.sleep(1)
		w.release(held[2])
		w.late()
		w.sleep(d)
		a := w.start(context.Background())
		a.granted(3)
		a.after(0)
		w.sleep(2 * time.Second)
		w.closed(1, 2)
		w.onClose = nil
		w.release(a.lease)
		w.shut(3)
	})
}

// At the limit the caller has to close a resource first, and then opens one in
// its place.
func TestAcquireAtTheLimitReplacesOne(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{MaxActive: 3, Eviction: policy.IdleTimeout(d)})
		held := w.acquires(3)
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.release(held[:2]...)
		w.late()
		w.sleep(d + 1)
		a := w.start(context.Background())
		a.pending()
		if st := w.pool.Stats(); st.Active != 3 || st.Closing < 1 || st.Opening != 0 {
			t.Errorf("got %+v", st)
		}
		w.sleep(time.Second)
		a.granted(4)
		a.after(time.Second)
		w.opened(4)
		w.closed(1, 2)
		w.onClose = nil
		w.release(held[2], a.lease)
		w.shut(3, 4)
	})
}

// No waiter waits longer because another resource is being closed.
func TestReleaseWakesBeforeItCloses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 2, Lifetime: policy.MaxUses(1)})
		held := w.acquires(2)
		a, b := w.start(context.Background()), w.start(context.Background())
		go held[0].Release()
		go held[1].Discard()
		w.sleep(time.Second)
		w.closed(1, 2)
		a.after(time.Second)
		b.after(time.Second)
		w.opened(3, 4)
		w.onClose = nil
		w.release(a.lease, b.lease)
		w.closed(3, 4)
		w.shut()
	})
}
