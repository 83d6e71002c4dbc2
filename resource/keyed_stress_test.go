package resource_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// TestKeyedStress has many goroutines call all methods of a Keyed at once, with functions
// that fail and panic, and compares what the Keyed has counted with what really happened.
func TestKeyedStress(t *testing.T) {
	const us = time.Microsecond
	type config = resource.Config[*keyedStressThing]
	check := policy.Test(func(_ context.Context, v *keyedStressThing, _ time.Time) error { return v.world.mishap(20) })
	for _, c := range []struct {
		name               string
		maxActive, maxIdle int
		keep               time.Duration
		config
	}{
		{"one place", 1, 0, 0, config{}},
		{"few places", 4, 0, 0, config{MaxActive: 2}},
		{"few idle", 6, 2, 0, config{MaxActive: 3, MaxIdle: 1}},
		{"keep none", 4, resource.KeepNone, 0, config{}},
		{"no limit", 0, 3, 0, config{MaxActive: 3}},
		{"dropped at once", 4, 0, 1, config{}},
		{"min idle", 6, 4, 0, config{MinIdle: 1}},
		{"short waits", 3, 0, 0, config{MaxWaiters: 3, WaitTimeout: 50 * us}},
		{"everything", 5, 3, 100 * us, config{
			MaxActive: 3, MaxIdle: 2, WaitTimeout: time.Millisecond, OpenDetached: true,
			Eviction: policy.IdleTimeout(100 * us), Lifetime: policy.MaxUses(9), BorrowTest: policy.Within(50*us, check),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &keyedStressWorld{limit: int64(c.maxActive)}
			k, err := resource.NewKeyed(resource.KeyedConfig[int, *keyedStressThing]{
				MaxActive: c.maxActive, MaxIdle: c.maxIdle, KeepEmpty: c.keep,
				Config: func(int) (resource.Config[*keyedStressThing], error) {
					if err := w.mishap(50); err != nil {
						return resource.Config[*keyedStressThing]{}, err
					}
					each := c.config
					each.Open, each.Close = w.open, w.close
					return each, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			steps := 600
			if testing.Short() {
				steps = 100
			}
			var all sync.WaitGroup
			for range 12 {
				all.Go(func() {
					for range steps {
						w.step(k)
					}
				})
			}
			all.Wait()
			w.calm.Store(true)
			if st := k.Stats(); st.Leased != 0 || st.Waiting != 0 {
				t.Errorf("nobody does anything, but %v", st)
			}
			if err := k.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			st := k.Stats()
			if st.Active != 0 || st.Opened != w.opened.Load() || st.Closed.Total()+st.Detached != st.Opened || w.places.Load() != 0 {
				t.Errorf("%d were opened, %d are left, but %v", w.opened.Load(), w.places.Load(), st)
			}
			if fault := w.fault.Load(); fault != nil {
				t.Error(*fault)
			}
		})
	}
}

// keyedStressWorld is the world outside of the Keyed.
type keyedStressWorld struct {
	limit  int64
	places atomic.Int64
	opened atomic.Uint64
	calm   atomic.Bool // nothing fails any more
	fault  atomic.Pointer[string]
}

type keyedStressThing struct {
	world *keyedStressWorld
	held  atomic.Bool
	over  atomic.Bool
}

var errKeyedStress = errors.New("stress")

// mishap fails once in n times.
func (w *keyedStressWorld) mishap(n int) error {
	if w.calm.Load() || rand.IntN(n) > 0 {
		return nil
	}
	return errKeyedStress
}

func (w *keyedStressWorld) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.fault.CompareAndSwap(nil, &text)
}

func (w *keyedStressWorld) open(context.Context) (*keyedStressThing, error) {
	if n := w.places.Add(1); w.limit > 0 && n > w.limit {
		w.wrong("%d exist, the limit is %d", n, w.limit)
	}
	linger()
	if err := w.mishap(15); err != nil {
		w.places.Add(-1)
		return nil, err
	}
	w.opened.Add(1)
	return &keyedStressThing{world: w}, nil
}

func (w *keyedStressWorld) close(v *keyedStressThing) error {
	if v.held.Load() || v.over.Swap(true) {
		w.wrong("closed while it is in use, or twice")
	}
	linger()
	w.places.Add(-1)
	return w.mishap(10)
}

func (w *keyedStressWorld) use(_ context.Context, v *keyedStressThing) error {
	if v.held.Swap(true) || v.over.Load() {
		w.wrong("lent while it is in use, or after its close")
	}
	linger()
	v.held.Store(false)
	return nil
}

// step does one thing with a Keyed.
func (w *keyedStressWorld) step(k *resource.Keyed[int, *keyedStressThing]) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	key := rand.IntN(6)
	switch n := rand.IntN(40); {
	case n == 0:
		k.Remove(key)
	case n == 1:
		k.Reset()
	case n == 2:
		k.Retire(func(key int, _ *keyedStressThing) bool { return key == 1 })
	case n == 3:
		k.Stats()
		k.StatsOf(key)
		for range k.StatsByKey() {
		}
	case n < 12:
		if l, err := k.TryAcquire(ctx, key); err == nil {
			w.use(ctx, l.Value())
			l.Release()
		}
	case n < 20:
		go func() { linger(); cancel() }()
		if l, err := k.Acquire(ctx, key); err == nil {
			w.use(ctx, l.Value())
			l.Discard()
		}
	case n == 20:
		if l, err := k.Acquire(ctx, key); err == nil {
			w.places.Add(-1) // before the Keyed counts it no more
			l.Detach()
		}
	default:
		k.Do(ctx, key, w.use)
	}
}
