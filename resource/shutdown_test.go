package resource

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// drain starts a Shutdown that is given d; zero: no bound.
func (w *world) drain(d time.Duration) *call {
	w.t.Helper()
	return w.startErr(func() error {
		ctx := context.Background()
		if d > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, d)
			defer cancel()
		}
		return w.pool.Shutdown(ctx)
	})
}

func TestShutdownWaitsForLeases(t *testing.T) {
	for _, bound := range []time.Duration{0, time.Hour} {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{MaxActive: 2})
			held := w.acquires(2)
			next := w.start(context.Background())
			s := w.drain(bound)
			next.returned(ErrClosed)
			w.sleep(time.Second)
			s.pending()
			held[0].Release()
			w.closed(1)
			s.pending()
			w.sleep(time.Second)
			w.onClose = func(int) error { time.Sleep(time.Second); return nil }
			go held[1].Discard()
			w.step()
			s.pending()
			w.sleep(time.Second)
			w.closed(2)
			s.returned(nil)
			s.after(3 * time.Second)
		})
	}
}

func TestShutdownOfNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.drain(0).returned(nil)
		w.drain(time.Second).returned(nil)
		w.shut()
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		w.startErr(func() error { return w.pool.Shutdown(ended) }).returned(nil)
	})
}

// Shutdown closes idle resources, but does not wait for the closes longer than
// its context lasts.
func TestShutdownWithSlowCloses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(int) error { time.Sleep(time.Second); return nil }
		w.build(Config[*thing]{})
		w.idle(3)
		s := w.drain(500 * ms)
		s.pending()
		forever := w.drain(0)
		w.sleep(500 * ms)
		s.after(500 * ms)
		s.returned(context.DeadlineExceeded)
		var left *ShutdownError
		if !errors.As(s.err, &left) || left.Closing != 3 || left.Leased+left.Opening+left.Testing != 0 {
			t.Errorf("got %+v", s.err)
		}
		w.sleep(503 * ms)
		forever.returned(nil)
		forever.after(time.Second + 2*batchWatch)
		w.closed(1, 2, 3)
	})
}

func TestShutdownSaysWhatIsOut(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onTest = func(_ context.Context, n int, _ time.Time) error { time.Sleep(time.Hour); return nil }
		w.build(Config[*thing]{BorrowTest: policy.Test(w.test)})
		held := w.acquires(5)
		w.release(held[0], held[1])
		w.onOpen = func(context.Context, int) error { time.Sleep(time.Hour); return nil }
		w.onClose = func(n int) error {
			if n == 3 {
				time.Sleep(time.Hour)
			}
			return nil
		}
		a := w.start(context.Background())
		b := w.start(context.Background())
		c := w.start(context.Background())
		go held[2].Discard()
		s := w.drain(time.Second)
		w.sleep(time.Second)
		s.returned(context.DeadlineExceeded)
		s.after(time.Second)
		want := ShutdownError{Leased: 2, Opening: 1, Testing: 2, Closing: 1, Err: context.DeadlineExceeded}
		var got *ShutdownError
		if !errors.As(s.err, &got) || !reflect.DeepEqual(*got, want) {
			t.Errorf("got %+v, want %+v", s.err, want)
		}
		const text = "resource: shutdown incomplete, 2 leased, 1 being opened, 2 being tested, 1 being closed: context deadline exceeded"
		if s.err.Error() != text {
			t.Errorf("got %q", s.err)
		}
		again := w.drain(0)
		w.release(held[3], held[4])
		again.pending()
		w.sleep(time.Hour)
		again.returned(nil)
		for _, c := range []*call{a, b, c} {
			c.returned(ErrClosed)
		}
		w.opened(6)
		w.tested(1, 2)
		w.closed(upTo(6)...)
	})
}

func TestShutdownAfterClose(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		held := w.acquires(1)[0]
		w.shut()
		s := w.drain(0)
		s.pending()
		w.sleep(time.Second)
		w.release(held)
		w.closed(1)
		s.returned(nil)
		s.after(time.Second)
		w.drain(0).returned(nil)
		w.shut()
	})
}

// Shutdown closes the pool even if ctx has ended.
func TestShutdownWithEndedContext(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		held := w.acquires(1)[0]
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		s := w.startErr(func() error { return w.pool.Shutdown(ended) })
		s.returned(context.Canceled)
		w.start(context.Background()).returned(ErrClosed)
		w.release(held)
		w.closed(1)
	})
}
