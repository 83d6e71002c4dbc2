package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func (w *world) resize(maxActive, maxIdle int) {
	w.t.Helper()
	if err := w.pool.Resize(maxActive, maxIdle); err != nil {
		w.t.Errorf("resize: %v", err)
	}
}

func TestResizeUpServesWaiters(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		held := w.acquires(1)
		var line []*call
		for range 4 {
			line = append(line, w.start(context.Background()))
		}
		w.limit = 3
		w.resize(3, 0)
		w.step()
		w.opened(2, 3)
		for i, c := range line {
			if c.isDone() != (i < 2) {
				t.Errorf("%d served: %v", i, c.isDone())
			}
		}
		w.limit = 0
		w.resize(0, 0)
		w.step()
		w.opened(4, 5)
		for _, c := range line {
			c.returned(nil)
			w.detach(c.lease)
		}
		if st := w.pool.Stats(); st.MaxActive != 0 || st.Leased != 1 {
			t.Errorf("got %+v", st)
		}
		w.release(held...)
		w.shut(1)
	})
}

func TestResizeDownClosesIdle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 200})
		w.idle(200)
		w.resize(3, 2)
		w.limit = 0
		w.step()
		w.closed(upTo(198)...)
		w.limit = 3
		if st := w.pool.Stats(); st.Idle != 2 || st.MaxActive != 3 || st.MaxIdle != 2 || st.Closed.Surplus != 198 {
			t.Errorf("got %+v", st)
		}
		w.resize(3, KeepNone)
		w.step()
		w.closed(199, 200)
		if st := w.pool.Stats(); st.MaxIdle != KeepNone {
			t.Errorf("got %+v", st)
		}
		w.quiet()
		w.shut()
	})
}

// Above a lowered limit leased resources are closed when they come back, and
// waiters go on waiting until there is room below the limit.
func TestResizeDownWhileWaiting(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 3})
		held := w.acquires(3)
		a, b := w.start(context.Background()), w.start(context.Background())
		w.limit = 0
		w.resize(1, 0)
		a.pending()
		w.release(held[0])
		w.closed(1)
		a.pending()
		w.release(held[1])
		w.closed(2)
		a.pending()
		w.limit = 1
		w.release(held[2])
		w.release(a.granted(3))
		w.release(b.granted(3))
		w.shut(3)
	})
}

func TestResizeAgainstOpening(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 2})
		a, b := w.start(context.Background()), w.start(context.Background())
		w.limit = 0
		w.resize(1, 0)
		w.sleep(time.Second)
		w.opened(1, 2)
		a.returned(nil)
		b.returned(nil)
		n := a.lease.Value().n
		w.release(a.lease)
		w.closed(n)
		w.limit = 1
		w.release(b.lease)
		w.shut(3 - n)
	})
}

// MinIdle does not change, but neither limit is exceeded for it.
func TestResizeWithMinIdle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 5, MinIdle: 3})
		w.step()
		w.opened(1, 2, 3)
		w.limit = 0
		w.resize(2, 0)
		w.step()
		w.closed(1)
		w.resize(2, KeepNone)
		w.step()
		w.closed(2, 3)
		w.sleep(time.Hour)
		w.resize(10, 0)
		w.step()
		w.opened(4, 5, 6)
		w.shut(4, 5, 6)
	})
}

func TestResizeRefusesNonsense(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2, MaxIdle: 1})
		for want, limits := range map[string][2]int{
			"resource: Config.MaxActive is -1, must not be negative":                {-1, 0},
			"resource: Config.MaxIdle is -2, must be KeepNone (-1) or not negative": {1, -2},
		} {
			if err := w.pool.Resize(limits[0], limits[1]); err == nil || err.Error() != want {
				t.Errorf("got the error %v, want %s", err, want)
			}
		}
		if st := w.pool.Stats(); st.MaxActive != 2 || st.MaxIdle != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// A pool that reads no clock closes resources above the limit too.
func TestResizeLater(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{Lifetime: policy.MaxUses(10)})
		w.idle(3)
		w.sleep(time.Hour)
		w.resize(1, 0)
		w.step()
		w.closed(1, 2)
		w.quiet()
		w.shut(3)
	})
}
