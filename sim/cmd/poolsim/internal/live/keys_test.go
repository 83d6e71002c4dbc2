package live

import (
	"testing"

	"github.com/respool/respool/sim"
)

// In a bubble real time is exact, so the pools of keys have the requests, the connections and
// the waits of the virtual run.
func TestKeysAreThoseOfTheVirtualRun(t *testing.T) {
	exp := func(d sim.Duration) sim.Dist { return sim.Dist{Exponential: d} }
	base := sim.Scenario{
		Requests: 1500, Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 900}, Hold: exp(5 * ms)}, Pool: sim.Pool{MaxActive: 4, Wait: true},
		World: sim.World{OpenLatency: exp(2 * ms), CloseLatency: exp(ms), TestLatency: exp(ms / 3)}, Keys: sim.Keys{Count: 7, Skew: 1, MaxActive: 9},
	}
	retry := sim.Retry{Retries: 2, Backoff: 3 * ms, Jitter: 1}
	for name, change := range map[string]func(sc *sim.Scenario){
		"as it is": func(*sim.Scenario) {},
		"idle": func(sc *sim.Scenario) {
			sc.Keys.MaxIdle, sc.Pool.IdleTimeout, sc.Pool.MaxIdle, sc.Workload.Open.Poisson = 5, 15*ms, 2, 500
		},
		"none idle": func(sc *sim.Scenario) { sc.Keys.MaxIdle = -1 },
		"timeouts": func(sc *sim.Scenario) {
			sc.Workload.Timeout, sc.Clients.Retry, sc.World.CloseLatency = 15*ms, retry, exp(4*ms)
		},
		"a budget": func(sc *sim.Scenario) {
			sc.Pool.WaitTimeout, sc.Clients.Retry = 3*ms, sim.Retry{Retries: 2, Backoff: 3 * ms, Jitter: 1, Budget: 0.1, Burst: 1}
		},
		"urgent": func(sc *sim.Scenario) { sc.Workload.Urgent = 0.3 },
		"leases": func(sc *sim.Scenario) { sc.Workload.Leases, sc.Workload.Open.Poisson = 2, 500 },
		"lives":  func(sc *sim.Scenario) { sc.World.Life, sc.Pool.Test = exp(50*ms), new(sim.Test) },
		"closed": func(sc *sim.Scenario) {
			sc.Workload.Open, sc.Workload.Closed = nil, &sim.ClosedLoop{Clients: 20, Think: exp(9 * ms)}
		},
		"minimum": func(sc *sim.Scenario) { sc.Pool.MinIdle, sc.Keys.Count = 1, 4 },
	} {
		t.Run(name, func(t *testing.T) {
			eachSeed(t, &base, change, func(t *testing.T, sc *sim.Scenario, virtual *sim.Report) {
				comparePool(t, sc, virtual).ofKeys(t, virtual.Keys)
			})
		})
	}
}

// ofKeys compares each key.
func (r *Result) ofKeys(t *testing.T, k *sim.KeysReport) {
	if len(r.Each) != len(k.Each) {
		t.Fatalf("%d keys, want %d", len(r.Each), len(k.Each))
	}
	for i, want := range k.Each {
		if x := &r.Each[i]; x.Requests != want.Requests || x.Granted != want.Granted || x.Opens != want.Opens {
			t.Errorf("key %d: %d requests, %d granted, %d opens; virtual %d, %d, %d", i, x.Requests, x.Granted, x.Opens,
				want.Requests, want.Granted, want.Opens)
		}
	}
}
