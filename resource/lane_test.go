package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// lane checks that thing n is in the lane, free or lent; 0: nothing is.
func (w *world) lane(n int, state laneState) {
	w.t.Helper()
	e := w.pool.lane.Load()
	switch {
	case e == nil && n == 0:
	case e == nil:
		w.t.Errorf("the lane is empty, want %d in it", n)
	case n == 0:
		w.t.Errorf("%d is in the lane, want nothing", e.val.n)
	case e.val.n != n || e.word.Load().state() != state:
		w.t.Errorf("in the lane is %d, its state %d; want %d, %d", e.val.n, e.word.Load().state(), n, state)
	}
}

// A resource that comes back is lent again from the lane, if the policies allow
// it.
func TestLaneIsUsed(t *testing.T) {
	pass := policy.Test(func(context.Context, *thing, time.Time) error { return nil })
	own := policy.EvictionFunc(func(policy.Info) policy.IdleLimit { return policy.IdleLimit{} })
	for name, c := range map[string]struct {
		Config[*thing]
		used bool
	}{
		"zero":        {Config[*thing]{}, true},
		"limits":      {Config[*thing]{MaxActive: 1, MaxIdle: 1, MaxWaiters: 1, WaitTimeout: time.Second}, true},
		"usual":       {Config[*thing]{Eviction: policy.IdleTimeout(time.Minute), Lifetime: policy.MaxAge(time.Hour)}, true},
		"IfIdleFor":   {Config[*thing]{BorrowTest: policy.IfIdleFor(time.Minute, pass)}, true},
		"AtMostEvery": {Config[*thing]{BorrowTest: policy.AtMostEvery(time.Minute, pass)}, true},
		"Test":        {Config[*thing]{BorrowTest: pass}, true},
		"Test, gated": {Config[*thing]{BorrowTest: policy.All(pass, policy.IfIdleFor(time.Minute, pass))}, false},
		"FIFO":        {Config[*thing]{Order: policy.FIFO}, false},
		"MaxUses":     {Config[*thing]{Lifetime: policy.MaxUses(100)}, false},
		"soft":        {Config[*thing]{Eviction: policy.SoftIdleTimeout(time.Minute, 1)}, false},
		"user's":      {Config[*thing]{Eviction: own}, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(c.Config)
				first := w.acquires(1)[0]
				w.lane(0, 0)
				w.release(first)
				w.release(w.acquire(1)) // the first return may have had to set the timer
				for range 3 {
					if !c.used {
						w.lane(0, 0)
						w.release(w.acquire(1))
						continue
					}
					w.lane(1, laneIdle)
					l := w.acquire(1)
					w.lane(1, laneLeased)
					if l.word.state() != laneLeased || l.Value().n != 1 {
						t.Errorf("the lease is %+v", l)
					}
					w.release(l)
				}
				if st := w.pool.Stats(); st.Acquired != 5 || st.Idle != 1 || st.Leased != 0 || st.PeakIdle != 1 || st.PeakLeased != 1 {
					t.Errorf("got %+v", st)
				}
				w.shut(1)
			})
		})
	}
}

// A caller may hold a resource from the lane for long: after some others have
// come back, one of them gets its place.
func TestLaneIsLeftToOthers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.idle(2)
		long, other := w.acquire(2), w.acquire(1)
		for range maxMissed {
			w.release(other)
			w.lane(2, laneLeased)
			other = w.acquire(1)
			if other.word.state() != offLane {
				t.Fatal("both are lent from the lane")
			}
		}
		w.release(other)
		w.lane(1, laneIdle)
		other = w.acquire(1)
		w.lane(1, laneLeased)
		if v, ok := long.ValueOK(); !ok || v.n != 2 {
			t.Errorf("the long lease has %v, %v", v, ok)
		}
		w.release(other)
		w.release(long) // the last to come back
		w.lane(2, laneIdle)
		if st := w.pool.Stats(); st.Acquired != maxMissed+5 || st.Idle != 2 || st.PeakLeased != 2 {
			t.Errorf("got %+v", st)
		}
		w.shut(1, 2)
	})
}

// No caller waits while an entry is in the lane, and waiters are served in FIFO
// order.
func TestLaneIsEmptyWhileOthersWait(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		w.idle(1)
		a := w.acquire(1)
		w.startTry(context.Background()).returned(ErrExhausted)
		a.Release()
		a = w.acquire(1) // through the ledger or not
		b, c := w.start(context.Background()), w.start(context.Background())
		w.lane(0, 0)
		w.release(a)
		w.lane(0, 0)
		c.pending()
		lb := b.granted(1)
		d := w.start(context.Background())
		w.release(lb)
		d.pending()
		w.release(c.granted(1))
		w.release(d.granted(1))
		w.lane(1, laneIdle)
		w.release(w.acquire(1))
		if st := w.pool.Stats(); st.Acquired != 7 || st.WaitCount != 3 || st.Exhausted != 1 || st.PeakLeased != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}
