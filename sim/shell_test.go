package sim_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

// TestShellAgrees runs scenarios in virtual time and, in a bubble, on the real pool with
// a goroutine for each request. Both see the same arrivals, holds and latencies. All
// results must be the same, to the nanosecond.
func TestShellAgrees(t *testing.T) {
	t.Parallel()
	exp := func(d time.Duration) sim.Dist { return sim.Dist{Exponential: sim.D(d)} }
	base := sim.Scenario{
		Requests: 2000,
		Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 900}, Hold: exp(4 * time.Millisecond)},
		World:    sim.World{OpenLatency: exp(2 * time.Millisecond), CloseLatency: exp(time.Millisecond), TestLatency: exp(300 * time.Microsecond)},
	}
	if sim.RaceDetector {
		base.Requests = 200 // it looks at how goroutines meet, not at how often
	}
	for name, change := range map[string]func(*sim.Scenario){
		"waits":         func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 4, Wait: true} },
		"does not wait": func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 4} },
		"no limit":      func(s *sim.Scenario) { s.Pool = sim.Pool{MaxIdle: 2} },
		"FIFO":          func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 6, Wait: true, Order: "fifo", MaxUses: 9} },
		"keeps none":    func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 9, MaxIdle: -1, Wait: true} },
		"few idle":      func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 6, MaxIdle: 1, Wait: true} },
		"wait timeout": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 3, Wait: true, WaitTimeout: sim.D(5 * time.Millisecond)}
		},
		"max waiters": func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 3, Wait: true, MaxWaiters: 3} },
		"max uses":    func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 6, Wait: true, MaxUses: 5} },
		"max age": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 6, Wait: true, MaxAge: sim.D(50 * time.Millisecond)}
		},
		"idle timeout": func(s *sim.Scenario) { s.Pool = sim.Pool{IdleTimeout: sim.D(3 * time.Millisecond)} },
		"soft timeout": func(s *sim.Scenario) { s.Pool = sim.Pool{IdleTimeout: sim.D(3 * time.Millisecond), SoftIdleMin: 3} },
		"test":         func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: 6, Wait: true, Test: &sim.Test{}} },
		"test now and then": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 6, Wait: true, Test: &sim.Test{IfIdleFor: sim.D(time.Millisecond), AtMostEvery: sim.D(20 * time.Millisecond)}}
		},
		"tests in the background": func(s *sim.Scenario) { // at most three idle: one test at a time
			s.Pool = sim.Pool{MaxActive: 3, Wait: true, Test: &sim.Test{IfIdleFor: sim.D(time.Second)}, TestIdleEvery: sim.D(2 * time.Millisecond)}
			s.Workload.Open = &sim.OpenLoop{Poisson: 300}
		},
		"openings that are left": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 4, Wait: true, MaxUses: 5, OpenDetached: true}
			s.Workload.Patience = exp(4 * time.Millisecond)
		},
		"closes that hang": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 4, Wait: true, MaxUses: 3, CloseTimeout: sim.D(time.Millisecond)}
		},
		"impatient": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 3, Wait: true}
			s.Workload.Patience = exp(6 * time.Millisecond)
		},
	} {
		for seed := range uint64(3) {
			sc := base
			sc.Seed = seed + 1
			change(&sc)
			t.Run(fmt.Sprintf("%s/%d", name, sc.Seed), func(t *testing.T) { agree(t, &sc) })
		}
	}
}

func agree(t *testing.T, sc *sim.Scenario) {
	t.Helper()
	for _, f := range both(t, sc) {
		if f.real != f.virtual {
			t.Errorf("%s: %v on the pool, %v in the simulation", f.what, f.real, f.virtual)
		}
	}
}

// figure is what a run was like on the pool and in the simulation.
type figure struct {
	what          string
	real, virtual float64
}

// both runs a scenario on the pool and in the simulation.
func both(t *testing.T, sc *sim.Scenario) []figure {
	virtual, err := sim.Run(sc)
	if err != nil {
		t.Fatal(err)
	}
	var real *played
	synctest.Test(t, func(t *testing.T) { real = play(t, sc) })
	n := func(n uint64) float64 { return float64(n) }
	calls := virtual.Calls
	if calls == nil {
		calls = new(sim.Calls)
	}
	atServer := 0.0
	if virtual.Server != nil {
		atServer = virtual.Server.Total.Max
	}
	if !sc.HasCalls() {
		real.good = 0
	}
	return append(real.waits(virtual), []figure{
		{"good calls", n(real.good), n(calls.Good)},
		{"retries", n(real.retries), n(calls.Retries)},
		{"timed out with a connection", n(real.late), n(virtual.Uses.TimedOut)},
		{"longest at the server", real.atServer.Seconds(), atServer},
		{"granted", n(uint64(real.acquire.Count())), n(uint64(virtual.Outcomes.Granted))},
		{"exhausted or queue full", n(real.errs[resource.ErrExhausted]), n(uint64(virtual.Outcomes.Exhausted + virtual.Outcomes.QueueFull))},
		{"timed out", n(real.errs[resource.ErrWaitTimeout]), n(uint64(virtual.Outcomes.TimedOut))},
		{"shed", n(real.errs[resource.ErrShed]), n(uint64(virtual.Outcomes.Shed))},
		{"gave up", n(real.errs[context.DeadlineExceeded]), n(uint64(virtual.Outcomes.GaveUp + virtual.Outcomes.OpenFailed))},
		{"acquire mean", real.acquire.Mean().Seconds(), time.Duration(virtual.Acquire.Mean*1e9 + 0.5).Seconds()},
		{"acquire p50", real.acquire.Quantile(0.5).Seconds(), virtual.Acquire.P50},
		{"acquire p99", real.acquire.Quantile(0.99).Seconds(), virtual.Acquire.P99},
		{"acquire max", real.acquire.Max().Seconds(), virtual.Acquire.Max},
		{"opens", n(real.stats.Opened), n(uint64(virtual.Opens))},
		{"closed idle too long", n(real.stats.Closed.IdleTooLong), n(uint64(virtual.Closes["idle_too_long"]))},
		{"closed too old", n(real.stats.Closed.TooOld), n(uint64(virtual.Closes["too_old"]))},
		{"closed worn out", n(real.stats.Closed.WornOut), n(uint64(virtual.Closes["worn_out"]))},
		{"closed surplus", n(real.stats.Closed.Surplus), n(uint64(virtual.Closes["surplus"]))},
		{"peak active", float64(real.stats.PeakActive), float64(virtual.Peak.Active)},
		{"peak in line", float64(real.stats.PeakWaiting), float64(virtual.Peak.Waiting)},
	}...)
}

// waits compares what an observer and the pool's histograms say of the waits with the
// simulation. Where nobody watches, there is nothing to compare.
func (p *played) waits(virtual *sim.Report) []figure {
	h := p.stats.Histograms
	if h == nil {
		return nil
	}
	all := []figure{
		{"observed grants", float64(p.waited.Count()), float64(virtual.Outcomes.Granted)},
		{"observed wait mean", p.waited.Mean().Seconds(), time.Duration(virtual.Wait.Mean*1e9 + 0.5).Seconds()},
		{"observed wait p50", p.waited.Quantile(0.5).Seconds(), virtual.Wait.P50},
		{"observed wait p99", p.waited.Quantile(0.99).Seconds(), virtual.Wait.P99},
		{"observed wait max", p.waited.Max().Seconds(), virtual.Wait.Max},
	}
	if p.errs[resource.ErrWaitTimeout]+p.errs[resource.ErrShed]+p.errs[context.DeadlineExceeded] > 0 {
		return all // the histogram has the waits of those that got nothing as well
	}
	// The simulation counts a request that has not waited as a wait of no time.
	noWaits := resource.HistogramOf(make([]time.Duration, p.waited.Count()-h.Wait.Count())...)
	wait := h.Wait.Merge(noWaits)
	close := func(got time.Duration, want float64) float64 {
		if s := got.Seconds(); s < want-1e-9 || s > want*1.01+1e-9 {
			return s
		}
		return want // the histogram is right to one percent
	}
	return append(all,
		figure{"histogram wait mean", wait.Mean().Seconds(), time.Duration(virtual.Wait.Mean*1e9 + 0.5).Seconds()},
		figure{"histogram wait p50", close(wait.Quantile(0.5), virtual.Wait.P50), virtual.Wait.P50},
		figure{"histogram wait p99", close(wait.Quantile(0.99), virtual.Wait.P99), virtual.Wait.P99},
		figure{"histogram wait max", wait.Max().Seconds(), virtual.Wait.Max},
	)
}

// played is what a scenario was like on the real pool.
type played struct {
	mu      sync.Mutex
	draws   *sim.Sampler
	acquire sim.Histogram
	waited  sim.Histogram // of the requests that were granted, as an observer sees it
	errs    map[error]uint64
	stats   resource.Stats // at the end

	server        chan *serverJob
	budget        *budget
	atServer      time.Duration // longest
	good, retries uint64
	late          uint64 // leases that ended at the timeout
}

// Observe implements resource.Observer.
func (p *played) Observe(e resource.Event) {
	if e.Kind == resource.EventAcquired {
		p.mu.Lock()
		p.waited.Add(e.Waited)
		p.mu.Unlock()
	}
}

// takes returns a function that lasts as long as was drawn for it.
func (p *played) takes(draw func() time.Duration) func() {
	return func() {
		p.mu.Lock()
		d := draw()
		p.mu.Unlock()
		time.Sleep(d)
	}
}

// opens lasts as long as was drawn for an opening, unless the pool has no time for it.
func (p *played) opens(ctx context.Context) error {
	p.mu.Lock()
	d := p.draws.Opening()
	p.mu.Unlock()
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func play(t *testing.T, sc *sim.Scenario) *played {
	p := &played{draws: sim.NewSampler(sc), errs: map[error]uint64{}}
	if n := sc.World.Server.Workers; n > 0 {
		stop := p.startServer(n)
		defer stop()
	}
	pool, err := resource.New(poolOf(sc, p))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	var all sync.WaitGroup
	for {
		p.mu.Lock()
		at, ok := p.draws.Arrival()
		hold, patience := p.draws.Request()
		p.mu.Unlock()
		if !ok {
			break
		}
		time.Sleep(time.Until(begin.Add(at)))
		service := time.Duration(0)
		if sc.World.Server.Workers > 0 {
			p.mu.Lock()
			service = p.draws.Service()
			p.mu.Unlock()
		}
		all.Go(func() {
			if sc.HasCalls() || service > 0 {
				p.call(pool, sc, drawnCall{hold, service})
			} else {
				p.request(pool, sc, hold, patience)
			}
		})
	}
	all.Wait()
	// A virtual run is over when what it has begun to close is closed.
	opens := func(st resource.Stats) bool {
		return (sc.Pool.OpenDetached || sc.Pool.ReplaceAhead > 0) && sc.Pool.MinIdle == 0 && st.Opening > 0
	}
	for p.stats = pool.Stats(); p.stats.Closing > 0 || opens(p.stats); p.stats = pool.Stats() {
		time.Sleep(time.Microsecond)
	}
	if err := pool.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	time.Sleep(time.Hour) // closes that have timed out end
	return p
}

func (p *played) request(pool *resource.Pool[int], sc *sim.Scenario, hold, patience time.Duration) {
	arrived := time.Now()
	ctx := context.Background()
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	get := pool.TryAcquire
	if sc.Pool.Wait {
		get = pool.Acquire
	}
	lease, err := get(ctx)
	p.mu.Lock()
	for _, known := range []error{resource.ErrWaitTimeout, resource.ErrShed, resource.ErrExhausted, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			p.errs[known]++
			break
		}
	}
	if err == nil {
		p.acquire.Add(time.Since(arrived))
	}
	p.mu.Unlock()
	if err == nil {
		time.Sleep(hold)
		lease.Release()
	}
}

func poolOf(sc *sim.Scenario, p *played) resource.Config[int] {
	s := &sc.Pool
	c := resource.Config[int]{
		MaxActive: s.MaxActive, MaxIdle: s.MaxIdle, MinIdle: s.MinIdle, MaxWaiters: s.MaxWaiters,
		WaitTimeout: time.Duration(s.WaitTimeout), OpenDetached: s.OpenDetached, OpenTimeout: time.Duration(s.OpenTimeout), CloseTimeout: time.Duration(s.CloseTimeout), TestIdleEvery: time.Duration(s.TestIdleEvery), ReplaceAhead: time.Duration(s.ReplaceAhead),
		Shed: policy.CoDel{Target: time.Duration(s.ShedTarget), Interval: time.Duration(s.ShedInterval)}, Seed: sc.Seed,
	}
	if sc.Seed%2 == 1 { // a pool that nobody watches may have a lane
		c.Observer, c.Histograms = p, true
	}
	opening, closing, testing := p.takes(p.draws.Opening), p.takes(p.draws.Closing), p.takes(p.draws.Testing)
	c.Open = func(ctx context.Context) (int, error) {
		if s.OpenDetached || sc.Workload.Timeout > 0 || resource.InAdvance(ctx) {
			return 0, p.opens(ctx)
		}
		opening() // a request waits for its opening, whatever its patience
		return 0, nil
	}
	c.Close = func(int) error { closing(); return nil }
	if s.Order == "fifo" {
		c.Order = policy.FIFO
	}
	var lives []policy.Lifetime
	if s.MaxAge > 0 {
		lives = append(lives, policy.MaxAgeJitter(time.Duration(s.MaxAge), time.Duration(s.MaxAgeJitter)))
	}
	if s.MaxUses > 0 {
		lives = append(lives, policy.MaxUses(s.MaxUses))
	}
	if len(lives) > 0 {
		c.Lifetime = policy.Earliest(lives...)
	}
	if s.IdleTimeout > 0 {
		c.Eviction = policy.SoftIdleTimeout(time.Duration(s.IdleTimeout), s.SoftIdleMin)
	}
	if s.Test != nil {
		test := policy.Test(func(context.Context, int, time.Time) error { testing(); return nil })
		if d := time.Duration(s.Test.IfIdleFor); d > 0 {
			test = policy.IfIdleFor(d, test)
		}
		if d := time.Duration(s.Test.AtMostEvery); d > 0 {
			test = policy.AtMostEvery(d, test)
		}
		c.BorrowTest = test
	}
	return c
}
