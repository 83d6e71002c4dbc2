package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
)

func TestDo(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		name  string
		f     func() error
		ended func(c *call)
		keeps bool
	}{
		{"return", func() error { return nil }, func(c *call) { c.returned(nil) }, true},
		{"error", func() error { return bad }, func(c *call) { c.returned(bad) }, true},
		{"broken", func() error { return Broken(bad) }, func(c *call) { c.returned(bad) }, false},
		{"broken, wrapped", func() error { return fmt.Errorf("again: %w", Broken(bad)) }, func(c *call) { c.returned(bad) }, false},
		{"broken, no error", func() error { return Broken(nil) }, func(c *call) { c.returned(nil) }, true},
		{"panic", func() error { panic(bad) }, func(c *call) { c.threw(bad) }, false},
		{"Goexit", func() error { runtime.Goexit(); return nil }, func(c *call) { c.threw(nil) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(Config[*thing]{MaxActive: 1})
				begin, gate := make(chan bool), make(chan bool)
				do := w.startErr(func() error {
					return w.pool.Do(context.Background(), func(_ context.Context, v *thing) error {
						close(begin)
						<-gate
						return c.f()
					})
				})
				<-begin
				w.opened(1)
				next := w.start(context.Background())
				next.pending()
				close(gate)
				c.ended(do)
				if c.keeps {
					w.release(next.granted(1))
					w.shut(1)
					return
				}
				w.closed(1)
				w.release(next.granted(2))
				w.opened(2)
				if st := w.pool.Stats(); st.Closed.Discarded != 1 {
					t.Errorf("got %+v", st)
				}
				w.shut(2)
			})
		})
	}
}

func TestDoPassesOnContextAndErrors(t *testing.T) {
	inWorld(t, func(w *world) {
		w.onOpen = func(_ context.Context, n int) error {
			if n == 1 {
				return errOpen
			}
			return nil
		}
		w.build(Config[*thing]{})
		type key struct{}
		ctx := context.WithValue(context.Background(), key{}, "caller")
		calls := 0
		f := func(ctx context.Context, v *thing) error {
			if calls++; v.n != 2 || ctx.Value(key{}) != "caller" {
				t.Errorf("called with %v, %v", ctx, v)
			}
			return nil
		}
		w.startErr(func() error { return w.pool.Do(ctx, f) }).returned(errOpen)
		w.failed(1)
		w.startErr(func() error { return w.pool.Do(ctx, f) }).returned(nil)
		w.opened(2)
		w.shut(2)
		w.startErr(func() error { return w.pool.Do(ctx, f) }).returned(ErrClosed)
		if calls != 1 {
			t.Errorf("called %d times", calls)
		}
	})
}
