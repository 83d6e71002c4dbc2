package resource

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"

	"pgregory.net/rapid"
)

// drawnPool draws a configuration whose functions take time, fail and panic.
func drawnPool(t *rapid.T, o Observer) Config[int] {
	some := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
	ms := func(name string, most int) time.Duration { return time.Duration(some(name, most)) * time.Millisecond }
	// The functions below run on many goroutines, so what they do is drawn here.
	outcomes := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 20)
	next := func(name string) func() int {
		all := outcomes.Draw(t, name)
		var mu sync.Mutex
		i := 0
		return func() int {
			mu.Lock()
			defer mu.Unlock()
			i++
			return all[i%len(all)]
		}
	}
	openTakes, testTakes, closeTakes := ms("open takes", 3), ms("test takes", 2), ms("close takes", 3)
	open, test, closes, cleanup := next("opens"), next("tests"), next("closes"), next("cleanups")
	boom := errors.New("boom")
	detached := rapid.Bool().Draw(t, "OpenDetached")
	c := Config[int]{
		Name: "drawn", Observer: o, Histograms: true,
		Open: func(ctx context.Context) (int, error) {
			n := open()
			select {
			case <-time.After(openTakes * time.Duration(n)):
			case <-ctx.Done():
				return 0, ctx.Err()
			}
			switch {
			case n == 9 && !InAdvance(ctx) && !detached: // where a caller can recover
				panic(boom)
			case n > 6:
				return 0, boom
			}
			return n, nil
		},
		Close: func(int) error {
			n := closes()
			time.Sleep(closeTakes * time.Duration(n))
			if n > 6 {
				return boom
			}
			return nil
		},
		MaxActive:    some("MaxActive", 3),
		MaxIdle:      some("MaxIdle", 3) - 1,
		MaxWaiters:   some("MaxWaiters", 3),
		WaitTimeout:  ms("WaitTimeout", 20),
		CloseTimeout: rapid.SampledFrom([]time.Duration{0, 0, 5 * time.Millisecond}).Draw(t, "CloseTimeout"),
		OpenDetached: detached,
		TestSuspects: rapid.Bool().Draw(t, "TestSuspects"),
	}
	if rapid.Bool().Draw(t, "tests") || c.TestSuspects {
		c.BorrowTest = policy.Test(func(ctx context.Context, v int, _ time.Time) error {
			n := test()
			time.Sleep(testTakes)
			if n > 7 {
				return boom
			}
			return nil
		})
		c.TestIdleEvery = ms("TestIdleEvery", 7)
	}
	if rapid.Bool().Draw(t, "Cleanup") {
		c.Cleanup = func(context.Context, int) error {
			if cleanup() > 7 {
				return boom
			}
			return nil
		}
	}
	if rapid.Bool().Draw(t, "lifetime") {
		c.Lifetime = policy.Earliest(policy.MaxAge(20*time.Millisecond), policy.MaxUses(5))
	}
	if rapid.Bool().Draw(t, "eviction") {
		c.Eviction = policy.IdleTimeout(10 * time.Millisecond)
	}
	if rapid.Bool().Draw(t, "OpenBackoff") {
		c.OpenBackoff = policy.Backoff{First: time.Millisecond, Max: 4 * time.Millisecond}
	}
	if m := c.MaxActive; c.MaxIdle == 0 || c.MaxIdle > 1 {
		c.MinIdle = min(some("MinIdle", 1), max(m, 1))
	}
	return c
}

// lender is a Pool, or a Keyed with its key.
type lender interface {
	acquire(ctx context.Context, wait bool) (Lease[int], error)
	disturb(n int)
}

type poolLender struct{ *Pool[int] }

func (p poolLender) acquire(ctx context.Context, wait bool) (Lease[int], error) {
	if wait {
		return p.Acquire(ctx)
	}
	return p.TryAcquire(ctx)
}

func (p poolLender) disturb(n int) {
	switch n {
	case 0:
		p.Reset()
	case 1:
		p.Retire(func(v int) bool { return v%2 == 0 })
	case 2:
		p.Suspect()
	case 3:
		p.Resize(1+n%3, 2)
	}
}

// schedule is what the callers of a pool do, and what disturbs them.
type schedule struct {
	scripts      [][][4]int // of each caller, its steps
	disturbances []int
}

func drawnSchedule(t *rapid.T) (s schedule) {
	step := rapid.Custom(func(t *rapid.T) [4]int {
		return [4]int{rapid.IntRange(0, 4).Draw(t, "pause"), rapid.IntRange(0, 9).Draw(t, "context"),
			rapid.IntRange(0, 6).Draw(t, "use"), rapid.IntRange(0, 9).Draw(t, "end")}
	})
	for i := range rapid.IntRange(1, 6).Draw(t, "callers") {
		s.scripts = append(s.scripts, rapid.SliceOfN(step, 1, 12).Draw(t, fmt.Sprint("script ", i)))
	}
	s.disturbances = rapid.SliceOfN(rapid.IntRange(0, 9), 0, 10).Draw(t, "disturbances")
	return s
}

// run returns when all callers are done.
func (s schedule) run(l lender) {
	var all sync.WaitGroup
	for _, script := range s.scripts {
		all.Go(func() {
			for _, step := range script {
				oneCall(l, step)
			}
		})
	}
	all.Go(func() {
		for _, d := range s.disturbances {
			time.Sleep(7 * time.Millisecond)
			l.disturb(d)
		}
	})
	all.Wait()
}

// oneCall is one acquire, with the end of its lease. Open may panic in it.
func oneCall(l lender, s [4]int) {
	defer func() { recover() }()
	time.Sleep(time.Duration(s[0]) * time.Millisecond)
	ctx := context.Background()
	if s[1] > 5 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(s[1]-4)*2*time.Millisecond)
		defer cancel()
	}
	lease, err := l.acquire(ctx, s[1] > 1)
	if err != nil {
		return
	}
	time.Sleep(time.Duration(s[2]) * time.Millisecond)
	switch s[3] {
	case 0:
		lease.Discard()
	case 1:
		lease.Detach()
	case 2:
		lease.DiscardSound()
	default:
		lease.Release()
		lease.Release()
	}
}

// Whatever happens in a pool, the events say the same as Stats, and the histograms the same
// as the events.
func TestEventsAreWhatStatsCount(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seen := newTallies("drawn")
		config, plan := drawnPool(r, seen), drawnSchedule(r)
		if err := config.validate(); err != nil {
			r.Skip(err)
		}
		synctest.Test(t, func(t *testing.T) {
			p, err := New(config)
			if err != nil {
				t.Error(err)
				return
			}
			plan.run(poolLender{p})
			time.Sleep(30 * time.Millisecond) // idle resources are evicted, and tested
			if err := p.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			p.TryAcquire(context.Background())
			time.Sleep(time.Second) // closes that were abandoned return
			seen.compare(p.Stats(), p.ledger.OpensHeld())
		})
		if len(seen.wrong) > 0 {
			r.Fatal(strings.Join(seen.wrong, "\n"))
		}
	})
}

// keyLender is one key of a Keyed.
type keyLender struct {
	*Keyed[int, int]
	key int
}

func (k keyLender) acquire(ctx context.Context, wait bool) (Lease[int], error) {
	if wait {
		return k.Acquire(ctx, k.key)
	}
	return k.TryAcquire(ctx, k.key)
}

func (k keyLender) disturb(n int) {
	switch n {
	case 0:
		k.Reset()
	case 1:
		k.Retire(func(_, v int) bool { return v%2 == 0 })
	case 2:
		k.Remove(k.key)
	}
}

// In a Keyed each pool has its own observer, and Stats has the sum over all keys, with those
// that were removed.
func TestEventsOfAKeyed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plans := []schedule{drawnSchedule(r), drawnSchedule(r)}
		maxActive := rapid.IntRange(0, 3).Draw(r, "MaxActive of all")
		var mu sync.Mutex
		var all []*tallies
		config := drawnPool(r, nil)
		if err := config.validateMember(limit(maxActive), limit(0)); err != nil {
			r.Skip(err)
		}
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			k, err := NewKeyed(KeyedConfig[int, int]{MaxActive: maxActive, Config: func(int) (Config[int], error) {
				mu.Lock()
				defer mu.Unlock()
				seen := newTallies("drawn")
				all = append(all, seen)
				c := config
				c.Observer = seen
				return c, nil
			}})
			if err != nil {
				t.Error(err)
				return
			}
			var callers sync.WaitGroup
			for key, plan := range plans {
				callers.Go(func() { plan.run(keyLender{k, key}) })
			}
			callers.Wait()
			time.Sleep(30 * time.Millisecond)
			if err := k.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
			wrong = addUp(all).differences(k.Stats())
		})
		if len(wrong) > 0 {
			r.Fatal(strings.Join(wrong, "\n"))
		}
	})
}
