package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestMaxIdleClosesTheLongestIdle(t *testing.T) {
	for _, order := range []policy.Order{policy.LIFO, policy.FIFO} {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{MaxIdle: 2, Order: order})
			held := w.acquires(4)
			w.release(held[2], held[0])
			held[3].Release()
			w.closed(3)
			w.step()
			held[1].Release()
			w.closed(1)
			if st := w.pool.Stats(); st.Idle != 2 || st.PeakIdle != 2 || st.Closed.Surplus != 2 {
				t.Errorf("got %+v", st)
			}
			w.shut(2, 4)
		})
	}
}

// Release closes the surplus resource before it returns, and its place is free by
// then.
func TestReleaseClosesTheSurplus(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 3, MaxIdle: 1})
		held := w.acquires(2)
		w.release(held[0])
		r := w.startEnd(held[1].Release)
		r.pending()
		if st := w.pool.Stats(); st.Idle != 1 || st.Closing != 1 {
			t.Errorf("got %+v", st)
		}
		w.acquire(2).Release() // the other is lent already
		w.sleep(time.Second)
		r.returned(nil)
		r.after(time.Second)
		w.closed(1)
		w.shut(2)
	})
}

func TestKeepNone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, MaxIdle: KeepNone})
		for n := 1; n <= 2; n++ {
			l := w.acquire(n)
			w.opened(n)
			l.Release()
			w.closed(n)
			w.step()
		}
		// Nor is it for one that waits: it gets the place.
		a := w.acquire(3)
		w.opened(3)
		b := w.start(context.Background())
		a.Release()
		w.closed(3)
		b.granted(4).Release()
		w.opened(4)
		w.closed(4)
		if st := w.pool.Stats(); st.MaxIdle != KeepNone || st.Active != 0 || st.PeakIdle != 0 || st.Closed.Surplus != 4 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}
