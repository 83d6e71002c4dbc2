package resource

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func (w *world) startUrgent(ctx context.Context) *call {
	w.t.Helper()
	return w.call(func() (Lease[*thing], error) { return w.pool.AcquireUrgent(ctx) })
}

// Urgent callers go before others, four in a row, and in FIFO order among themselves.
func TestAcquireUrgent(t *testing.T) {
	for name, c := range map[string]Config[*thing]{
		"bare": {}, "lane": {Eviction: policy.IdleTimeout(time.Hour)}, "watched": {Observer: observerFunc(func(Event) {})}, "loans": {LeakAfter: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				c.MaxActive = 1
				w.build(c)
				lease := w.startUrgent(context.Background()).granted(1)
				w.opened(1)
				w.release(lease)
				lease = w.startUrgent(context.Background()).granted(1) // from the lane, where there is one
				ordinary := []*call{w.start(context.Background()), w.start(context.Background())}
				var urgent []*call
				for range 6 {
					urgent = append(urgent, w.startUrgent(context.Background()))
				}
				for _, waiter := range w.pool.Inspect().Waiters[:6] {
					if !waiter.Urgent {
						t.Error("the first six are urgent")
					}
				}
				for i, next := range slices.Concat(urgent[:4], ordinary[:1], urgent[4:], ordinary[1:]) {
					next.pending()
					w.release(lease)
					lease = next.granted(1)
					if st := w.pool.Stats(); st.Waiting != 7-i {
						t.Errorf("%d wait, %d should", st.Waiting, 7-i)
					}
				}
				w.release(lease)
				w.shut(1)
				w.startUrgent(context.Background()).returned(ErrClosed)
			})
		})
	}
}

// A queue that is full of others, or is shed, refuses no urgent caller. A full one of its own
// does, and so does a timeout.
func TestAcquireUrgentInAFullQueue(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, MaxWaiters: 1, WaitTimeout: 10 * time.Second, Shed: policy.CoDel{Target: time.Second, Interval: 2 * time.Second}})
		lease := w.acquire(1)
		w.opened(1)
		ordinary := w.start(context.Background())
		w.start(context.Background()).returned(ErrTooManyWaiters)
		urgent := w.startUrgent(context.Background())
		urgent.pending()
		w.startUrgent(context.Background()).returned(ErrTooManyWaiters)
		w.sleep(3 * time.Second)
		ordinary.returned(ErrShed)
		urgent.pending()
		w.sleep(7 * time.Second)
		urgent.returned(ErrWaitTimeout)
		urgent.after(10 * time.Second)
		ctx, cancel := context.WithCancel(context.Background())
		canceled := w.startUrgent(ctx)
		cancel()
		canceled.returned(context.Canceled)
		w.startUrgent(ctx).returned(context.Canceled) // it has ended before
		w.release(lease)
		w.shut(1)
	})
}

// While openings are held, an urgent caller waits before others too, also after its own opening has
// failed.
func TestAcquireUrgentWhileOpensAreHeld(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{MaxActive: 1, OpenBackoff: backoff})
		w.down()
		first := w.startUrgent(w.timeout(time.Minute)) // its opening fails, and it waits again
		w.failed(1)
		ordinary, second := w.start(w.timeout(time.Minute)), w.startUrgent(w.timeout(time.Minute))
		w.up()
		w.sleep(100 * ms)
		w.opened(2)
		for _, c := range []*call{first, second, ordinary} {
			w.release(c.granted(2))
		}
		w.shut(2)
	})
}

// A context that panics leaves nothing behind.
func TestAcquireUrgentWithABadContext(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		defer w.shut()
		defer func() {
			if recover() == nil {
				t.Error("a nil context does not panic")
			}
		}()
		var none context.Context
		w.pool.AcquireUrgent(none)
	})
}

// A caller in the background has a loan as any other.
func TestAcquireBackgroundKeepsLoans(t *testing.T) {
	inWorld(t, func(w *world) {
		o := &leaks{}
		w.build(Config[*thing]{LeakAfter: time.Minute, Observer: o})
		l, err := w.pool.AcquireBackground(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		w.opened(1)
		w.sleep(time.Hour)
		if leaked := o.take(); len(leaked) != 1 {
			t.Errorf("leaked: %q", leaked)
		}
		w.release(l)
		if returned := o.take(); len(returned) != 1 {
			t.Errorf("returned: %q", returned)
		}
		w.shut(1)
	})
}

func TestKeyedClasses(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 2}, thingConfig{MaxActive: 2, Reserve: 1}, func(w *keyedWorld) {
		ctx := context.Background()
		l, err := w.k.AcquireBackground(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.k.AcquireBackground(ctx, "a"); !errors.Is(err, ErrReserved) {
			t.Errorf("the reserve is taken: %v", err)
		}
		b, err := w.k.AcquireBackground(ctx, "b")
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
		if _, err := w.k.AcquireBackground(ctx, "c"); !errors.Is(err, ErrExhausted) || errors.Is(err, ErrReserved) {
			t.Errorf("the place of another key's resource is taken: %v", err)
		}
		order := make(chan string, 3)
		acquire := func(name, key string, f func(context.Context, string) (Lease[keyedThing], error)) {
			go func() {
				l, err := f(ctx, key)
				if err != nil {
					t.Error(err)
				}
				order <- name
				l.Release()
			}()
			w.step()
		}
		b = w.take("b", "b2")
		acquire("ordinary", "a", w.k.Acquire)
		acquire("other key", "c", w.k.Acquire)
		acquire("urgent", "a", w.k.AcquireUrgent)
		if _, err := w.k.AcquireBackground(ctx, "a"); !errors.Is(err, ErrReserved) {
			t.Errorf("it goes before those who wait: %v", err)
		}
		l.Release() // one after the other gives it back, and then the place goes to the other key
		w.step()
		if a, b := <-order, <-order; a != "urgent" || b != "ordinary" {
			t.Errorf("served %s and then %s", a, b)
		}
		if c := <-order; c != "other key" {
			t.Errorf("served %s", c)
		}
		b.Release()
		ended, cancel := context.WithCancel(ctx)
		cancel()
		for _, f := range []func(context.Context, string) (Lease[keyedThing], error){w.k.AcquireBackground, w.k.AcquireUrgent} {
			if _, err := f(ended, "a"); err != context.Canceled {
				t.Errorf("with an ended context: %v", err)
			}
		}
		if st := w.k.Stats(); st.Reserved != 2 {
			t.Errorf("got %v", st)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.opened, w.closed = nil, nil
	})
}
