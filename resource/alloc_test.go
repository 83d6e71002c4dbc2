package resource

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// allocConfigs are configurations in which lending again costs no allocation.
var allocConfigs = map[string]Config[int]{
	"no policy": {MaxActive: 1},
	"usual":     {MaxActive: 1, Eviction: policy.IdleTimeout(time.Hour), Lifetime: policy.MaxAge(time.Hour)},
	"user's": {MaxActive: 1, Eviction: policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
		return policy.IdleLimit{Until: r.Returned.Add(time.Hour)}
	})},
	"tested": {
		MaxActive:  1,
		BorrowTest: policy.IfIdleFor(time.Minute, policy.Test(func(context.Context, int, time.Time) error { return nil })),
	},
}

// watchedConfigs are those of pools that are watched, which have no lane.
var watchedConfigs = map[string]Config[int]{
	"histograms": {MaxActive: 1, Histograms: true},
	"observer":   {MaxActive: 1, Observer: observerFunc(func(Event) {})},
}

func eachAlloc(t *testing.T, f func(t *testing.T, ctx context.Context, p *Pool[int])) {
	eachConfig(t, allocConfigs, f)
}

func eachConfig(t *testing.T, configs map[string]Config[int], f func(t *testing.T, ctx context.Context, p *Pool[int])) {
	if raceEnabled {
		t.Skip("the race detector allocates, and has sync.Pool forget")
	}
	for name, c := range configs {
		t.Run(name, func(t *testing.T) {
			c.Open = func(context.Context) (int, error) { return 0, nil }
			p, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			f(t, ctx, p)
		})
	}
}

func TestReuseAllocatesNothing(t *testing.T) { eachAlloc(t, reuseAllocatesNothing) }

// While somebody watches, nothing is allocated either, as soon as the histograms have their
// buckets.
func TestWatchingAllocatesNothing(t *testing.T) { eachConfig(t, watchedConfigs, reuseAllocatesNothing) }

func reuseAllocatesNothing(t *testing.T, ctx context.Context, p *Pool[int]) {
	n := testing.AllocsPerRun(1000, func() {
		lease, err := p.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		lease.Release()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// One resource is lent from the lane, another by way of the ledger.
func TestReuseBesideTheLaneAllocatesNothing(t *testing.T) {
	eachAlloc(t, func(t *testing.T, ctx context.Context, p *Pool[int]) {
		if err := p.Resize(2, 2); err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(1000, func() {
			a, err := p.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			b, err := p.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			a.Release()
			b.Release()
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if (p.lane.Load() != nil) != p.ledger.LaneEligible() {
			t.Errorf("something is in the lane: %v, should be: %v", p.lane.Load() != nil, p.ledger.LaneEligible())
		}
	})
}

// Two goroutines alternate: each release hands over to the other, which waits.
func TestHandOffAllocatesNothing(t *testing.T) {
	eachAlloc(t, func(t *testing.T, ctx context.Context, p *Pool[int]) {
		const runs = 1000
		turn := func() {
			lease, err := p.Acquire(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			for p.Stats().Waiting == 0 {
				runtime.Gosched()
			}
			lease.Release()
		}
		first, err := p.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var other sync.WaitGroup
		other.Go(func() {
			for range runs + 1 { // AllocsPerRun warms up with one
				turn()
			}
		})
		for p.Stats().Waiting == 0 {
			runtime.Gosched()
		}
		n := testing.AllocsPerRun(runs, func() {
			first.Release()
			if first, err = p.Acquire(ctx); err != nil {
				t.Error(err)
			}
			for p.Stats().Waiting == 0 && p.Stats().WaitCount < 2*(runs+1) {
				runtime.Gosched()
			}
		})
		first.Release()
		other.Wait()
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
		if st := p.Stats(); st.WaitCount != 2*(runs+1) {
			t.Errorf("%d have waited, want %d", st.WaitCount, 2*(runs+1))
		}
	})
}
