package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestAcquireReuses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 2})
		for range 3 {
			w.release(w.acquire(1))
		}
		w.opened(1)
		if st := w.pool.Stats(); st.Acquired != 3 || st.Opened != 1 || st.WaitCount != 0 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
	})
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		order policy.Order
		want  []int
	}{
		{policy.LIFO, []int{3, 2, 1}},
		{policy.FIFO, []int{1, 2, 3}},
	} {
		inWorld(t, func(w *world) {
			w.build(Config[*thing]{Order: c.order})
			w.idle(3)
			var all []Lease[*thing]
			for _, n := range c.want {
				all = append(all, w.acquire(n))
			}
			w.release(all...)
			// LIFO: 1 came back last. FIFO: 1 came back first.
			w.release(w.acquire(1))
			w.shut(1, 2, 3)
		})
	}
}

func TestAcquireWithEndedContext(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.idle(1)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.start(ctx).returned(context.Canceled)
		w.startErr(func() error {
			return w.pool.Do(ctx, func(context.Context, *thing) error { t.Error("called"); return nil })
		}).returned(context.Canceled)
		late, cancel := context.WithDeadline(context.Background(), time.Now())
		defer cancel()
		w.start(late).returned(context.DeadlineExceeded)
		if st := w.pool.Stats(); st.Idle != 1 || st.Acquired != 1 {
			t.Errorf("got %+v", st)
		}
		w.shut(1)
		w.start(ctx).returned(context.Canceled) // ctx.Err() also of a closed pool
	})
}

// The opening gets the caller's own context, not one that the pool made.
func TestOpenGetsTheCallersContext(t *testing.T) {
	inWorld(t, func(w *world) {
		type key struct{}
		w.onOpen = func(ctx context.Context, _ int) error {
			if ctx.Value(key{}) != "caller" {
				t.Errorf("opened with %v", ctx)
			}
			<-ctx.Done()
			return ctx.Err()
		}
		w.build(Config[*thing]{})
		ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), key{}, "caller"), time.Second)
		defer cancel()
		a := w.start(ctx)
		a.pending()
		w.sleep(time.Second)
		a.returned(context.DeadlineExceeded)
		a.after(time.Second)
		w.failed(1)
		w.shut()
	})
}

func TestOpenError(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(context.Context, int) error { return errOpen }
		w.build(Config[*thing]{MaxActive: 1})
		a := w.start(context.Background())
		a.returned(errOpen)
		w.failed(1)
		var open *OpenError
		if !errors.As(a.err, &open) || open.Err != errOpen || a.err.Error() != "resource: open: cannot open" {
			t.Errorf("got %#v: %v", a.err, a.err)
		}
		if st := w.pool.Stats(); st.Active != 0 || st.Failed != 1 || st.OpenFailed != 1 {
			t.Errorf("got %+v", st)
		}
		w.onOpen = nil
		w.release(w.acquire(2))
		w.opened(2)
		w.shut(2)
	})
}

// A value that comes with an error is not a resource.
func TestOpenThatReturnsBoth(t *testing.T) {
	p, err := New(Config[int]{
		Open:  func(context.Context) (int, error) { return 1, errOpen },
		Close: func(int) error { t.Error("closed"); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Acquire(context.Background()); !errors.Is(err, errOpen) {
		t.Errorf("got the error %v", err)
	}
	p.Close()
}

func TestCloseErrorsAreCounted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onClose = func(int) error { return errors.New("cannot close") }
		w.build(Config[*thing]{})
		w.idle(2)
		w.shut(1, 2)
		if st := w.pool.Stats(); st.CloseErrors != 2 || st.Closed.PoolClosed != 2 {
			t.Errorf("got %+v", st)
		}
	})
}
