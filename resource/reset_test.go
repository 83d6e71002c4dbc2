package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestReset(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 4})
		held := w.acquires(4)
		w.release(held[0], held[1])
		w.pool.Reset()
		w.closed(1, 2) // before Reset has returned
		w.step()
		next := w.acquire(5)
		w.opened(5)
		if v := held[2].Value(); v.closes > 0 {
			t.Error("a leased one was closed")
		}
		held[2].Release()
		w.closed(3)
		w.step()
		w.release(next)
		w.release(w.acquire(5))
		held[3].Release()
		w.closed(4)
		if st := w.pool.Stats(); st.Closed.Reset != 4 || st.Resets != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut(5)
	})
}

func TestResetWaitsForIdleCloses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.idle(3)
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		r := w.startErr(func() error { w.pool.Reset(); return nil })
		w.sleep(time.Second - 1)
		r.pending()
		w.sleep(3 * ms)
		r.returned(nil)
		w.closed(1, 2, 3)
		w.shut()
	})
}

// A resource that was being opened counts as old: the caller that waited for it
// may use it, but no later caller.
func TestOpenStraddlesReset(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 1})
		a := w.start(context.Background())
		w.pool.Reset()
		w.sleep(time.Second)
		w.opened(1)
		w.release(a.granted(1))
		w.closed(1)
		w.shut()
	})
}

// A resource that was being tested is closed after the test, and the caller goes
// on.
func TestTestStraddlesReset(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		w.idle(1)
		a := w.start(context.Background())
		w.pool.Reset()
		w.sleep(time.Second)
		w.tested(1)
		w.closed(1)
		w.opened(2)
		w.release(a.granted(2))
		if st := w.pool.Stats(); st.Closed.Reset != 1 || st.Closed.FailedTest != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut(2)
	})
}

// With a limit of one there are never two, even while the old one closes slowly:
// puddle frees the place before its destructor has returned.
func TestResetKeepsTheLimit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{MaxActive: 1})
		for n := 1; n <= 3; n++ {
			l := w.start(context.Background()).granted(n)
			w.opened(n)
			w.release(l)
			r := w.startErr(func() error { w.pool.Reset(); return nil })
			next := w.start(context.Background())
			w.startTry(context.Background()).returned(ErrExhausted)
			w.sleep(time.Second - 1)
			next.pending()
			w.sleep(1)
			r.after(time.Second)
			next.after(time.Second)
			w.closed(n)
			go next.granted(n + 1).Discard()
			w.opened(n + 1)
			w.sleep(time.Second)
			w.closed(n + 1)
			w.attempts = n
		}
		if st := w.pool.Stats(); st.PeakActive != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut()
	})
}

// The deadlines of resources that were reset mean nothing any more.
func TestResetForgetsDeadlines(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Minute), Lifetime: policy.MaxAge(time.Hour)})
		held := w.acquires(3)
		w.release(held[:2]...)
		w.pool.Reset()
		w.closed(1, 2)
		w.sleep(time.Second)
		w.release(w.acquire(4))
		w.opened(4)
		w.release(held[2])
		w.closed(3)
		w.sleep(time.Minute)
		w.sleep(1)
		w.closed(4)
		w.quiet()
		w.shut()
	})
}
