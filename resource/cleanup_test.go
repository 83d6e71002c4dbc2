package resource

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// cleaner is a Cleanup that notes its calls. It takes a second.
type cleaner struct {
	w     *world
	calls []int
	ends  func(ctx context.Context) error
}

func (c *cleaner) clean(ctx context.Context, v *thing) error {
	c.w.unlocked()
	c.calls = append(c.calls, v.n)
	if c.ends != nil {
		return c.ends(ctx)
	}
	time.Sleep(time.Second)
	return nil
}

func (c *cleaner) cleaned(n int) {
	c.w.t.Helper()
	if len(c.calls) != n {
		c.w.t.Errorf("cleaned %v, want %d calls", c.calls, n)
	}
}

// A resource counts as leased until its cleanup is over. Then it goes to the
// waiter. The lease is over from the beginning.
func TestCleanupBeforeTheNext(t *testing.T) {
	for how, start := range map[string]func(w *world, l Lease[*thing]) *call{
		"Release": func(w *world, l Lease[*thing]) *call { return w.startEnd(l.Release) },
		"Do": func(w *world, l Lease[*thing]) *call {
			w.startEnd(l.Release).pending()
			w.sleep(time.Second)
			return w.startErr(func() error {
				return w.pool.Do(context.Background(), func(context.Context, *thing) error { return nil })
			})
		},
	} {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				c := &cleaner{w: w}
				w.build(Config[*thing]{MaxActive: 1, Cleanup: c.clean, Eviction: policy.IdleTimeout(time.Minute)})
				held := w.acquires(1)[0]
				r := start(w, held)
				over(t, held)
				next := w.start(context.Background())
				if st := w.pool.Stats(); st.Leased != 1 || st.Waiting != 1 {
					t.Errorf("during the cleanup: %+v", st)
				}
				w.sleep(time.Second - 1)
				r.pending()
				next.pending()
				w.sleep(1)
				r.returned(nil)
				last := next.granted(1)
				r = w.startEnd(last.Release)
				w.sleep(time.Second)
				r.returned(nil)
				w.sleep(time.Minute) // idle from the end of its cleanup
				w.closed()
				w.sleep(1)
				w.closed(1)
				w.shut()
			})
		})
	}
}

func TestCleanupThatFails(t *testing.T) {
	for name, end := range map[string]func(context.Context) error{
		"error":  func(context.Context) error { return errors.New("dirty") },
		"budget": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				c := &cleaner{w: w, ends: end}
				w.build(Config[*thing]{MaxActive: 1, Cleanup: c.clean, CleanupTimeout: time.Second})
				held := w.acquires(1)[0]
				next := w.start(context.Background())
				r := w.startEnd(held.Release)
				w.sleep(time.Second)
				r.returned(nil)
				over(t, held)
				w.closed(1)
				w.opened(2)
				next.granted(2).Discard()
				w.closed(2)
				c.cleaned(1)
				if st := w.pool.Stats(); st.CleanupErrors != 1 || st.Closed.Discarded != 2 {
					t.Errorf("got %+v", st)
				}
			})
		})
	}
}

func TestCrashInCleanup(t *testing.T) {
	for name, v := range crashes {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				c := &cleaner{w: w, ends: func(context.Context) error { return crash(v) }}
				w.build(Config[*thing]{MaxActive: 1, Cleanup: c.clean})
				held := w.acquires(1)[0]
				next := w.start(context.Background())
				w.startEnd(held.Release).threw(v)
				over(t, held)
				w.closed(1)
				w.opened(2)
				next.granted(2).Discard()
				w.closed(2)
				w.startErr(func() error {
					return w.pool.Do(context.Background(), func(context.Context, *thing) error { return nil })
				}).threw(v)
				w.opened(3)
				w.closed(3)
				if st := w.pool.Stats(); st.CleanupErrors != 2 || st.Closed.Discarded != 3 || st.Active != 0 {
					t.Errorf("got %+v", st)
				}
			})
		})
	}
}

// A nil error counts as success, however long the cleanup took.
func TestCleanupThatOverrunsAndSucceeds(t *testing.T) {
	inWorld(t, func(w *world) {
		c := &cleaner{w: w}
		w.build(Config[*thing]{MaxActive: 1, Cleanup: c.clean, CleanupTimeout: time.Millisecond})
		r := w.startEnd(w.acquires(1)[0].Release)
		w.sleep(time.Second)
		r.returned(nil)
		again := w.startEnd(w.acquire(1).Release)
		w.sleep(time.Second)
		again.returned(nil)
		c.cleaned(2)
		w.shut(1)
	})
}

// A resource that is not lent again needs no cleanup.
func TestNoCleanup(t *testing.T) {
	inWorld(t, func(w *world) {
		c := &cleaner{w: w}
		w.build(Config[*thing]{Cleanup: c.clean})
		held := w.acquires(4)
		held[0].Discard()
		w.closed(1)
		w.detach(held[1])
		w.startErr(func() error {
			return w.pool.Do(context.Background(), func(context.Context, *thing) error { panic("f") })
		}).threw("f")
		w.opened(5)
		w.closed(5)
		w.shut()
		w.release(held[2])
		w.closed(3)
		w.release(held[3])
		w.closed(4)
		c.cleaned(0)
		if st := w.pool.Stats(); st.Closed.PoolClosed != 2 || st.CleanupErrors != 0 {
			t.Errorf("got %+v", st)
		}
	})
}

// The context of a cleanup ends when the pool is closed, and has no other bound.
func TestCleanupStraddlesClose(t *testing.T) {
	inWorld(t, func(w *world) {
		c := &cleaner{w: w, ends: func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); bounded {
				t.Error("the context has a deadline")
			}
			<-ctx.Done()
			return nil
		}}
		w.build(Config[*thing]{Cleanup: c.clean})
		r := w.startEnd(w.acquires(1)[0].Release)
		w.sleep(time.Hour)
		r.pending()
		w.shut()
		r.returned(nil)
		w.closed(1)
		if st := w.pool.Stats(); st.Closed.PoolClosed != 1 {
			t.Errorf("got %+v", st)
		}
	})
}
