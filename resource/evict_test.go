package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// A resource is alive at the timeout and closed one nanosecond later, even if
// nobody uses the pool.
func TestIdleTimeout(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(d)})
		held := w.acquires(2)
		w.release(held[0])
		w.sleep(time.Second)
		w.release(held[1])
		w.sleep(d - time.Second)
		w.closed()
		w.sleep(1)
		w.closed(1)
		w.sleep(time.Second - 1)
		w.closed()
		w.sleep(1)
		w.closed(2)
		if st := w.pool.Stats(); st.Closed.IdleTooLong != 2 || st.Active != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// Each use restarts the idle time, and a leased resource has no idle time.
func TestIdleTimeoutBeginsWithRelease(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Minute)})
		w.idle(1)
		for range 10 {
			w.sleep(time.Minute)
			l := w.acquire(1)
			w.sleep(time.Hour)
			w.release(l)
		}
		w.sleep(time.Minute + 1)
		w.closed(1)
		w.shut()
	})
}

// A resource past its time is not lent, even if the timer has not fired yet
// (I10).
func TestExpiredIsNotLent(t *testing.T) {
	for name, c := range map[string]Config[*thing]{
		"idle": {Eviction: policy.IdleTimeout(time.Minute - 1)},
		"old":  {Lifetime: policy.MaxAge(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(c)
				w.idle(1)
				w.late()
				w.sleep(time.Minute - 1)
				w.release(w.acquire(1))
				if name == "idle" {
					w.sleep(time.Minute - 1)
				}
				w.sleep(1)
				w.release(w.acquire(2))
				w.opened(2)
				w.closed(1)
				w.shut(2)
			})
		})
	}
}

func TestSoftIdleTimeout(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{Eviction: policy.SoftIdleTimeout(d, 2)})
		w.idle(4)
		w.sleep(d)
		w.closed()
		w.sleep(1)
		w.closed(1, 2)
		w.sleep(time.Hour)
		w.closed()
		// A resource past its soft limit is still lent. When it comes back it is
		// one of the minimum again, in place of another.
		a, b := w.acquire(4), w.acquire(3)
		w.release(b, a)
		c := w.acquire(4)
		d5 := w.acquire(3)
		e := w.acquire(5)
		w.opened(5)
		w.release(e, c)
		w.sleep(d + 1)
		w.closed()
		w.release(d5)
		w.step()
		w.closed(5)
		if st := w.pool.Stats(); st.Idle != 2 || st.Closed.IdleTooLong != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut(3, 4)
	})
}

func TestMaxAge(t *testing.T) {
	inWorld(t, func(w *world) {
		const d = time.Minute
		w.build(Config[*thing]{Lifetime: policy.MaxAge(d)})
		held := w.acquires(3)
		w.release(held[0], held[1])
		w.sleep(d - 1)
		w.closed()
		a := w.acquire(2)
		w.release(a)
		w.sleep(1)
		w.closed(1, 2) // idle ones at once
		if v := held[2].Value(); v.closes > 0 {
			t.Error("a leased one was closed")
		}
		w.sleep(d)
		held[2].Release()
		w.closed(3) // leased ones when they come back
		w.step()
		if st := w.pool.Stats(); st.Closed.TooOld != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// No caller gets a resource that is too old, not even a waiter.
func TestMaxAgeWithWaiter(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, Lifetime: policy.MaxAge(time.Minute)})
		held := w.acquires(1)[0]
		w.sleep(time.Minute)
		a := w.start(context.Background())
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		go held.Release()
		w.sleep(time.Second)
		w.closed(1)
		w.opened(2)
		a.after(time.Second)
		w.onClose = nil
		w.release(a.granted(2))
		w.shut(2)
	})
}

func TestMaxAgeJitter(t *testing.T) {
	inWorld(t, func(w *world) {
		const d, jitter, n = time.Hour, 30 * time.Minute, 100
		at := map[time.Duration]int{}
		w.onClose = func(int) error { at[time.Since(w.began)]++; return nil }
		w.build(Config[*thing]{Lifetime: policy.MaxAgeJitter(d, jitter), Seed: 1})
		w.idle(n)
		w.sleep(d - jitter - 1)
		w.closed()
		w.sleep(jitter / 2)
		w.sleep(jitter/2 + 1)
		w.closed(upTo(n)...)
		if len(at) < n*9/10 {
			t.Errorf("closed at %d instants", len(at))
		}
		w.shut()
	})
}

func TestMaxUses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, Lifetime: policy.MaxUses(3)})
		for n := 1; n <= 2; n++ {
			for use := range 3 {
				l := w.acquire(n)
				if use == 0 {
					w.opened(n)
				}
				w.closed()
				l.Release()
			}
			w.closed(n)
		}
		if st := w.pool.Stats(); st.Closed.WornOut != 2 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// firstSecond has a limit for resources that come back within the first second,
// and no limit afterwards.
type firstSecond struct{}

func (firstSecond) Steady() (time.Duration, bool) { return time.Second, true }
func (firstSecond) IdleLimit(r policy.Info) (s policy.IdleLimit) {
	if r.Returned < policy.Instant(time.Second) {
		s.Until = r.Returned.Add(2 * time.Second)
	}
	return s
}

// A limit of an earlier stay does not outlive it.
func TestNoLimitAfterOne(t *testing.T) {
	for _, order := range []policy.Order{policy.LIFO, policy.FIFO} {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{Eviction: firstSecond{}, Order: order})
			w.release(w.acquire(1))
			w.opened(1)
			w.sleep(1500 * time.Millisecond)
			w.release(w.acquire(1))
			w.sleep(time.Hour)
			w.release(w.acquire(1))
			w.shut(1)
		})
	}
}
