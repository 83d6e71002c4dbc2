package resource

import (
	"context"
	"testing"
)

// Events that concern the whole pool affect an idle resource in the lane at once,
// and one that is lent from the lane when it comes back.
func TestEventsReachTheLane(t *testing.T) {
	for name, c := range map[string]struct {
		event func(w *world)
		shuts bool
	}{
		"Close":            {func(w *world) { w.pool.Close() }, true},
		"Reset":            {func(w *world) { w.pool.Reset() }, false},
		"Resize":           {func(w *world) { w.pool.Resize(1, KeepNone) }, false},
		"Shutdown, Resize": {func(w *world) { go w.pool.Shutdown(context.Background()); w.step(); w.pool.Resize(5, 5) }, true},
	} {
		for _, state := range []laneState{laneIdle, laneLeased} {
			t.Run(name, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.build(Config[*thing]{})
					w.lanes(1)
					var l Lease[*thing]
					if state == laneLeased {
						l = w.fromLane(1)
					}
					c.event(w)
					w.lane(0, 0)
					if state == laneLeased {
						w.closed()
						if v, ok := l.ValueOK(); !ok || v.closes > 0 {
							t.Errorf("the holder has %v, %v", v, ok)
						}
						if !l.Release() {
							t.Error("the lease was not in force")
						}
					} else {
						w.step() // what Resize leaves over is closed by the timer
					}
					w.closed(1)
					over(t, l)
					w.step()
					next := w.startTry(context.Background())
					if c.shuts {
						next.returned(ErrClosed)
						w.shut()
						return
					}
					w.opened(2)
					next.granted(2).Discard()
					w.closed(2)
					w.shut()
				})
			})
		}
	}
}

// A lease from the lane can end in each way, and only once.
func TestLaneLeaseEndsOnce(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{})
				w.lanes(1)
				l := w.fromLane(1)
				copied := l
				if name == "Detach" {
					w.detach(l)
				} else if !end(l) {
					t.Error("the lease was not in force")
				}
				over(t, l)
				over(t, copied)
				w.step()
				if name != "Release" {
					w.lane(0, 0)
					if name == "Discard" {
						w.closed(1)
					}
					w.release(w.acquire(2))
					w.opened(2)
					over(t, copied)
					w.lane(2, laneIdle)
					w.shut(2)
					return
				}
				next := w.fromLane(1)
				over(t, copied)
				w.lane(1, laneLeased)
				if v := next.Value(); v.n != 1 {
					t.Errorf("the next holder has %v", v)
				}
				w.pool.Reset()
				over(t, copied)
				w.release(next)
				over(t, next)
				w.closed(1)
				w.release(w.acquire(2))
				w.opened(2)
				over(t, copied)
				over(t, next)
				if st := w.pool.Stats(); st.Idle != 1 || st.Acquired != 5 {
					t.Errorf("got %+v", st)
				}
				w.shut(2)
			})
		})
	}
}
