package live

import (
	"testing"
	"testing/synctest"

	"github.com/respool/respool/sim"
)

// In a bubble real time is exact, so fakes are lost, refused and slow as in the virtual run.
func TestFakesAreThoseOfTheVirtualRun(t *testing.T) {
	exp := func(d sim.Duration) sim.Dist { return sim.Dist{Exponential: d} }
	base := sim.Scenario{
		Requests: 800, Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 600}, Hold: exp(4 * ms)}, Pool: sim.Pool{MaxActive: 4, Wait: true},
		World: sim.World{OpenLatency: exp(2 * ms), CloseLatency: exp(ms), TestLatency: exp(ms / 3)},
	}
	retry := sim.Retry{Retries: 2, Backoff: 3 * ms, Jitter: 1}
	for name, change := range map[string]func(sc *sim.Scenario){
		"slow": func(sc *sim.Scenario) {
			sc.World.Slow = []sim.Slowdown{{At: 200 * ms, For: 300 * ms, Factor: 2.5}, {At: 300 * ms, For: 50 * ms, Factor: 2}}
			sc.Workload.Patience, sc.Pool.Test = exp(30*ms), new(sim.Test)
		},
		"stalls": func(sc *sim.Scenario) {
			sc.World.Stalls = []sim.Interval{{At: 600 * ms, For: 30 * ms}, {At: 200 * ms, For: 50 * ms}}
			sc.Workload.Timeout, sc.Clients.Retry = 40*ms, retry
		},
		"life":  func(sc *sim.Scenario) { sc.World.Life = exp(30 * ms) },
		"tests": func(sc *sim.Scenario) { sc.World.Life, sc.Pool.Test = exp(30*ms), new(sim.Test) },
		"suspects": func(sc *sim.Scenario) {
			sc.World.Life, sc.Pool.Test, sc.Pool.TestSuspects = exp(60*ms), &sim.Test{IfIdleFor: 50 * ms}, true
		},
		"dead": func(sc *sim.Scenario) {
			sc.World.Life, sc.World.DeadLatency, sc.World.Restarts = exp(200*ms), exp(8*ms), []sim.Duration{400 * ms}
			sc.Clients.Retry = retry
		},
		"dead, with a timeout": func(sc *sim.Scenario) {
			sc.World.Life, sc.World.DeadLatency, sc.Workload.Timeout = exp(200*ms), exp(30*ms), 25*ms
			sc.Clients.Retry = retry
		},
		"outage": func(sc *sim.Scenario) {
			sc.World.Outages = []sim.Interval{{At: 300 * ms, For: 100 * ms}}
			sc.Clients.Retry = retry
		},
		"outage that hangs": func(sc *sim.Scenario) {
			sc.World.Outages, sc.World.FailLatency = []sim.Interval{{At: 300 * ms, For: 100 * ms}}, exp(20*ms)
			sc.World.Slow, sc.Pool.WaitTimeout = []sim.Slowdown{{At: 350 * ms, For: 100 * ms, Factor: 2}}, 50*ms
		},
		// A probe that succeeds has all waiters open at one instant, and one that fails refuses all
		// whose wait has no end. Then the scheduler decides who draws first. So openings take one
		// time here, and those that are refused at one instant retry and hold for one time.
		"held openings": func(sc *sim.Scenario) {
			sc.World.Outages, sc.Pool.OpenBackoff = []sim.Interval{{At: 300 * ms, For: 100 * ms}}, 20*ms
			sc.World.OpenLatency, sc.Workload.Hold = sim.Dist{Constant: 2 * ms}, sim.Dist{Constant: 4 * ms}
			sc.Clients.Retry = sim.Retry{Retries: 2, Backoff: 3 * ms}
		},
		"held openings, with a timeout": func(sc *sim.Scenario) {
			sc.World.Outages, sc.Pool.OpenBackoff = []sim.Interval{{At: 300 * ms, For: 100 * ms}}, 20*ms
			sc.World.OpenLatency, sc.Workload.Timeout, sc.Clients.Retry = sim.Dist{Constant: 2 * ms}, 30*ms, retry
		},
		"held openings that hang": func(sc *sim.Scenario) {
			sc.World.Outages, sc.Pool.OpenBackoff = []sim.Interval{{At: 300 * ms, For: 100 * ms}}, 20*ms
			sc.World.OpenLatency, sc.World.FailLatency, sc.Pool.WaitTimeout = sim.Dist{Constant: 2 * ms}, exp(10*ms), 50*ms
		},
		"failing": func(sc *sim.Scenario) {
			sc.World.OpenFailure, sc.World.TestFailure, sc.Pool.Test, sc.Pool.MaxUses = 0.2, 0.05, new(sim.Test), 9
			sc.World.FailLatency = exp(3 * ms)
		},
		"idle at the server": func(sc *sim.Scenario) {
			sc.World.IdleTimeout, sc.Workload.Open.Poisson, sc.Clients.Retry = 5*ms, 300, retry
		},
		"idle at the server, with tests": func(sc *sim.Scenario) {
			sc.World.IdleTimeout, sc.World.DeadLatency, sc.Workload.Open.Poisson = 9*ms, exp(2*ms), 300
			sc.Pool.Test, sc.Pool.MaxActive, sc.World.MaxConnections = &sim.Test{IfIdleFor: 5 * ms}, 6, 5
		},
		"discarded": func(sc *sim.Scenario) { sc.Clients.Discard, sc.World.Life, sc.Clients.Retry = 0.2, exp(30*ms), retry },
		"panics": func(sc *sim.Scenario) {
			sc.Clients.Panic, sc.World.Life, sc.Workload.Timeout, sc.Clients.Retry = 0.2, exp(30*ms), 20*ms, retry
		},
		"leaks": func(sc *sim.Scenario) {
			sc.Clients.Leak, sc.Pool.MaxActive, sc.Pool.WaitTimeout, sc.Clients.Retry = 0.01, 9, 20*ms, retry
		},
		"several leases, misused": func(sc *sim.Scenario) {
			sc.Clients.Leak, sc.Clients.Discard, sc.Clients.Panic = 0.003, 0.1, 0.1
			sc.Pool.MaxActive, sc.Workload.Timeout, sc.Workload.Leases, sc.Workload.Nested = 12, 60*ms, 2, sc.Seed > 1
		},
		"a warm-up": func(sc *sim.Scenario) {
			sc.WarmUp, sc.World.Life, sc.World.OpenFailure, sc.Workload.Timeout = 500*ms, exp(30*ms), 0.1, 20*ms
			sc.Clients.Retry = sim.Retry{Retries: 2, Backoff: 3 * ms, Jitter: 1, Budget: 0.05}
		},
		"a limit": func(sc *sim.Scenario) { sc.World.MaxConnections, sc.Pool.MaxUses = 3, 20 },
		"classes": func(sc *sim.Scenario) {
			sc.Workload.Urgent, sc.Workload.Background, sc.Pool.Reserve, sc.Clients.Retry = 0.2, 0.3, 1, retry
			sc.Workload.Open.Poisson = 1000
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSeed(t, &base, change, func(t *testing.T, sc *sim.Scenario, virtual *sim.Report) { comparePool(t, sc, virtual) })
		})
	}
}

// eachSeed changes a scenario, runs it in virtual time with three seeds, and compares each run with
// the real one in a bubble.
func eachSeed(t *testing.T, base *sim.Scenario, change func(*sim.Scenario), compare func(*testing.T, *sim.Scenario, *sim.Report)) {
	for seed := range uint64(3) {
		sc := *base
		open := *base.Workload.Open
		sc.Workload.Open, sc.Seed = &open, seed+1
		change(&sc)
		compareInBubble(t, &sc, compare)
	}
}

// compareInBubble runs a scenario in virtual time, and compares that run with the real one in a
// bubble.
func compareInBubble(t *testing.T, sc *sim.Scenario, compare func(*testing.T, *sim.Scenario, *sim.Report)) {
	t.Helper()
	if err := sc.Validate(); err != nil {
		t.Fatal(err)
	}
	virtual, err := sim.Run(sc)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { compare(t, sc, virtual) })
}

func comparePool(t *testing.T, sc *sim.Scenario, virtual *sim.Report) *Result {
	real, err := Run(t.Context(), sc, Options{coarse: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		real, virtual float64
	}{
		{"requests", float64(real.Requests), float64(virtual.Requests)},
		{"granted", float64(real.Granted), float64(virtual.Outcomes.Granted)},
		{"opens", float64(real.Opens), float64(virtual.Opens)},
		{"failed opens", float64(real.Failed), float64(virtual.OpensFailed)},
		{"mean of acquires", real.Acquire.Mean().Seconds(), virtual.Acquire.Mean},
		{"mean of totals", real.Total.Mean().Seconds(), virtual.Total.Mean},
		{"longest total", real.Total.Max().Seconds(), virtual.Total.Max},
	} {
		if d := c.real - c.virtual; d > 1e-9 || d < -1e-9 {
			t.Errorf("seed %d, %s: %v, virtual %v", sc.Seed, c.name, c.real, c.virtual)
		}
	}
	if c := virtual.Calls; c != nil && c.CallCounts != real.Calls {
		t.Errorf("seed %d: %+v; virtual %+v", sc.Seed, real.Calls, c.CallCounts)
	}
	return real
}
