package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// An acquire does not pay for the closing of what is others'.
func TestAcquireDoesNotCloseForOthers(t *testing.T) {
	for _, order := range []policy.Order{policy.LIFO, policy.FIFO} {
		inWorld(t, func(w *world) {
			const n, d = 50, time.Minute
			w.build(Config[*thing]{Eviction: policy.IdleTimeout(d), Order: order})
			held := w.acquires(n)
			w.onClose = func(int) error { time.Sleep(time.Second); return nil }
			var took time.Duration
			var got int
			time.AfterFunc(d+1, func() { // due before the pool's timer, which would have closed them
				begin := time.Now()
				l, err := w.pool.Acquire(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				took, got = time.Since(begin), l.Value().n
				time.Sleep(n * time.Second)
				l.Release()
			})
			w.release(held...)
			w.sleep(d + 1)
			w.sleep(n * time.Second)
			if got != n+1 || took != 0 {
				t.Errorf("acquired %d in %v, want %d at once", got, took, n+1)
			}
			w.opened(n + 1)
			w.closed(upTo(n)...)
			w.onClose = nil
			w.shut(n + 1)
		})
	}
}

// A good one behind those that are past their time is lent at once.
func TestAcquireFindsTheGoodOne(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{MaxActive: 3, Eviction: policy.IdleTimeout(d), Order: policy.FIFO})
		held := w.acquires(3)
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		var took time.Duration
		var got int
		time.AfterFunc(d+1, func() {
			begin := time.Now()
			l, err := w.pool.Acquire(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			took, got = time.Since(begin), l.Value().n
			l.Release()
		})
		w.release(held[:2]...)
		w.sleep(1)
		w.release(held[2])
		w.sleep(d)
		if got != 3 || took != 0 {
			t.Errorf("acquired %d in %v, want 3 at once", got, took)
		}
		w.sleep(2 * time.Second)
		w.closed(1, 2)
		w.onClose = nil
		w.shut(3)
	})
}

// At the limit there is no other way than to close one, and open in its place
// when it is closed.
func TestAcquireAtTheLimitReplacesOne(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{MaxActive: 2, Eviction: policy.IdleTimeout(d)})
		held := w.acquires(2)
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		var took time.Duration
		time.AfterFunc(d+1, func() {
			begin := time.Now()
			l, err := w.pool.Acquire(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			took = time.Since(begin)
			l.Release()
		})
		w.release(held[0])
		w.sleep(d + 1)
		if st := w.pool.Stats(); st.Active != 2 || st.Closing != 1 || st.Opening != 0 {
			t.Errorf("got %+v", st)
		}
		w.sleep(time.Second)
		if took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		w.closed(1)
		w.opened(3)
		w.onClose = nil
		w.release(held[1])
		w.shut(2, 3)
	})
}

// Nobody in line waits longer because something else is being closed.
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
