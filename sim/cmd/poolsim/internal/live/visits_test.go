package live

import (
	"testing"

	"github.com/respool/respool/sim"
)

// In a bubble real time is exact, so visits to the workers of a server of fakes wait and take
// as long as in the virtual run.
func TestVisitsAreThoseOfTheVirtualRun(t *testing.T) {
	exp := func(d sim.Duration) sim.Dist { return sim.Dist{Exponential: d} }
	base := sim.Scenario{
		Requests: 800, Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 500}, Hold: exp(2 * ms)}, Pool: sim.Pool{MaxActive: 6, Wait: true},
		World: sim.World{OpenLatency: exp(2 * ms), CloseLatency: exp(ms), TestLatency: exp(ms / 3), Server: sim.Server{Workers: 3, Service: exp(5 * ms)}},
	}
	retry := sim.Retry{Retries: 2, Backoff: 3 * ms, Jitter: 1}
	for name, change := range map[string]func(sc *sim.Scenario){
		"as it is":              func(*sim.Scenario) {},
		"one worker":            func(sc *sim.Scenario) { sc.World.Server.Workers, sc.Workload.Open.Poisson = 1, 180 },
		"no part of the client": func(sc *sim.Scenario) { sc.Workload.Hold = sim.Dist{} },
		"contention":            func(sc *sim.Scenario) { sc.World.Server.Contention = 0.3 },
		"timeouts": func(sc *sim.Scenario) {
			sc.Workload.Timeout, sc.Clients.Retry = 15*ms, retry
		},
		"slow": func(sc *sim.Scenario) {
			sc.World.Slow = []sim.Slowdown{{At: 200 * ms, For: 300 * ms, Factor: 2.5}}
		},
		"stalls": func(sc *sim.Scenario) {
			sc.World.Stalls = []sim.Interval{{At: 600 * ms, For: 30 * ms}, {At: 200 * ms, For: 50 * ms}}
			sc.Workload.Timeout, sc.Clients.Retry = 40*ms, retry
		},
		// A restart fails all visits at one instant. Then the scheduler decides who draws first, so
		// what they draw next takes one time, and none is tried again.
		"restarts": func(sc *sim.Scenario) {
			sc.World.Restarts, sc.World.DeadLatency = []sim.Duration{300 * ms, 700 * ms}, sim.Dist{Constant: 4 * ms}
			sc.World.OpenLatency, sc.World.CloseLatency = sim.Dist{Constant: 2 * ms}, sim.Dist{Constant: ms}
		},
		"an outage": func(sc *sim.Scenario) {
			sc.World.Outages, sc.Workload.Timeout = []sim.Interval{{At: 300 * ms, For: 100 * ms}}, 30*ms
			sc.World.OpenLatency, sc.World.CloseLatency = sim.Dist{Constant: 2 * ms}, sim.Dist{Constant: ms}
		},
		"lives": func(sc *sim.Scenario) {
			sc.World.Life, sc.World.DeadLatency, sc.Clients.Retry = exp(30*ms), exp(8*ms), retry
		},
		"misused": func(sc *sim.Scenario) {
			sc.Clients.Discard, sc.Clients.Panic, sc.World.Life, sc.Clients.Retry = 0.2, 0.1, exp(40*ms), retry
		},
		"several leases": func(sc *sim.Scenario) {
			sc.Workload.Leases, sc.Workload.Nested, sc.Workload.Timeout = 2, sc.Seed > 1, 80*ms
			sc.Workload.Open.Poisson, sc.Pool.MaxActive = 200, 9
		},
		"closed": func(sc *sim.Scenario) {
			sc.Workload.Open, sc.Workload.Closed = nil, &sim.ClosedLoop{Clients: 12, Think: exp(9 * ms)}
		},
		"a fleet": func(sc *sim.Scenario) {
			sc.Fleet.Instances, sc.Workload.Open.Poisson, sc.Requests = 3, 170, 300
			sc.World.MaxConnections, sc.Clients.Retry = 16, retry
		},
		"keys": func(sc *sim.Scenario) {
			sc.Keys = sim.Keys{Count: 4, Skew: 1, MaxActive: 7}
			sc.Workload.Timeout, sc.Clients.Retry = 40*ms, retry
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachSeed(t, &base, change, func(t *testing.T, sc *sim.Scenario, virtual *sim.Report) {
				if virtual.Server == nil || virtual.Server.PeakQueue == 0 {
					t.Errorf("no visit waits: %+v", virtual.Server)
				}
				comparePool(t, sc, virtual)
			})
		})
	}
}
