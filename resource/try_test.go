package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestTryAcquireNeverWaitsForAHolder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		a := w.startTry(context.Background()).granted(1)
		w.opened(1)
		b := w.startTry(context.Background())
		b.returned(ErrExhausted)
		if errors.Is(b.err, ErrTooManyWaiters) {
			t.Errorf("got %v", b.err)
		}
		w.release(a)
		w.release(w.startTry(context.Background()).granted(1))
		if st := w.pool.Stats(); st.Exhausted != 1 || st.WaitCount != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
		w.startTry(context.Background()).returned(ErrClosed)
		if st := w.pool.Stats(); st.Rejected != 1 {
			t.Errorf("got %+v", st)
		}
	})
}

// While a caller waits, a later caller does not get a resource that comes back.
func TestTryAcquireDoesNotBarge(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		held := w.acquires(1)
		a := w.start(context.Background())
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Second); return nil }
		w.release(held...)
		w.startTry(context.Background()).returned(ErrExhausted)
		w.sleep(time.Second)
		w.tested(1)
		w.release(a.granted(1))
		w.shut(1)
	})
}

func TestTryAcquireTestsAndOpens(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Second); return nil }
		w.onTest = func(context.Context, int, time.Time) error { time.Sleep(time.Millisecond); return errTest }
		w.build(Config[*thing]{MaxActive: 1, BorrowTest: policy.Test(w.test)})
		a := w.startTry(context.Background())
		a.pending()
		w.sleep(time.Second)
		w.opened(1)
		w.release(a.granted(1))
		b := w.startTry(context.Background())
		w.sleep(time.Second + time.Millisecond)
		w.tested(1)
		w.closed(1)
		w.opened(2)
		b.after(time.Second + time.Millisecond)
		w.release(b.granted(2))
		w.shut(2)
	})
}

// A caller whose context has ended gets nothing.
func TestTryAcquireWithEndedContext(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1})
		w.idle(1)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.startTry(ctx).returned(context.Canceled)
		if st := w.pool.Stats(); st.Idle != 1 || st.Failed != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

// With ServeEnded the context matters only for opening and testing.
func TestServeEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(ctx context.Context, _ int) error { return ctx.Err() }
		w.build(Config[*thing]{MaxActive: 1, ServeEnded: true})
		w.idle(1)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		a := w.startTry(ctx).granted(1)
		w.startTry(ctx).returned(ErrExhausted)
		w.detach(a)
		w.startTry(ctx).returned(context.Canceled)
		w.failed(2)
		w.shut()
	})
}

func TestCloseDuringTryAcquire(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Minute); return nil }
		w.build(Config[*thing]{})
		a := w.startTry(context.Background())
		c := w.startErr(w.pool.Close)
		c.returned(nil)
		c.after(0)
		a.pending()
		w.sleep(time.Minute)
		a.returned(ErrClosed)
		w.opened(1)
		w.closed(1)
	})
}
