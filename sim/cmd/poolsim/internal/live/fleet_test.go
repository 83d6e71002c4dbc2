package live

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/sim"
)

const ms = sim.Duration(time.Millisecond)

// In a bubble real time is exact, so the instances of a fleet have the requests, the
// connections and the waits of the virtual run.
func TestFleetIsThatOfTheVirtualRun(t *testing.T) {
	load := sim.Workload{Open: &sim.OpenLoop{Poisson: 300}, Hold: sim.Dist{Exponential: 5 * ms}}
	base := sim.Scenario{
		Seed: 7, Duration: 390 * ms, Workload: load, Pool: sim.Pool{MaxActive: 3, Wait: true},
		World: sim.World{OpenLatency: sim.Dist{Exponential: 2 * ms}}, Fleet: sim.Fleet{Instances: 3},
	}
	for name, change := range map[string]func(sc *sim.Scenario){
		"as it is": func(*sim.Scenario) {},
		"deploy": func(sc *sim.Scenario) {
			sc.Fleet.Deploy = sim.Deploy{At: 60 * ms, Every: 80 * ms, Down: 50 * ms}
		},
		"deploy at once": func(sc *sim.Scenario) { sc.Fleet.Deploy = sim.Deploy{At: 60 * ms, Every: 80 * ms} },
		"deploy of one": func(sc *sim.Scenario) {
			sc.Fleet.Instances, sc.Fleet.Deploy = 1, sim.Deploy{At: 60 * ms, Every: 80 * ms}
		},
		"autoscaler": func(sc *sim.Scenario) {
			sc.Fleet.Autoscale = sim.Autoscale{Every: 20 * ms, Min: 1, Max: 5, Low: 0.4, High: 0.6}
			sc.Workload.Open = &sim.OpenLoop{Phases: []sim.Phase{{For: 130 * ms, Rate: 400}, {For: 130 * ms, Rate: 50}, {For: 130 * ms, Rate: 300}}}
		},
		"closed": func(sc *sim.Scenario) {
			sc.Workload.Open, sc.Workload.Closed = nil, &sim.ClosedLoop{Clients: 6, Think: sim.Dist{Exponential: 9 * ms}}
		},
		"closed, all are served when one is replaced": func(sc *sim.Scenario) {
			sc.Workload.Open, sc.Workload.Closed = nil, &sim.ClosedLoop{Clients: 1, Think: sim.Dist{Constant: ms}}
			sc.Workload.Hold = sim.Dist{Exponential: 50 * ms}
			sc.Fleet.Deploy = sim.Deploy{At: 60 * ms, Every: 80 * ms, Down: 50 * ms}
		},
		"retries": func(sc *sim.Scenario) {
			sc.Workload.Timeout = 20 * ms
			sc.Clients.Retry = sim.Retry{Retries: 2, Backoff: 3 * ms, Jitter: 1}
		},
		"two leases": func(sc *sim.Scenario) { sc.Workload.Leases, sc.Pool.MaxActive = 2, 5 },
		"nested": func(sc *sim.Scenario) {
			sc.Workload.Leases, sc.Workload.Nested, sc.Workload.Timeout, sc.Pool.MaxActive = 2, true, 30*ms, 5
		},
		"a warm-up, and a limit of connections": func(sc *sim.Scenario) {
			sc.WarmUp, sc.World.MaxConnections, sc.Pool.MaxUses = 100*ms, 6, 5
		},
		"leaks": func(sc *sim.Scenario) {
			sc.Clients.Leak, sc.Clients.Discard, sc.Pool.MaxActive, sc.Pool.WaitTimeout = 0.02, 0.1, 6, 20*ms
			sc.Fleet.Deploy = sim.Deploy{At: 60 * ms, Every: 80 * ms, Down: 50 * ms}
		},
		"lifetimes and tests": func(sc *sim.Scenario) {
			sc.Pool.MaxAge, sc.Pool.MaxAgeJitter, sc.Pool.IdleTimeout, sc.Pool.Test = 60*ms, 30*ms, 15*ms, new(sim.Test)
			sc.World.TestLatency, sc.World.CloseLatency = sim.Dist{Exponential: ms / 5}, sim.Dist{Exponential: ms / 2}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sc := base
			change(&sc)
			compareInBubble(t, &sc, compareFleet)
		})
	}
}

// An instance that is gone has no connection when it has served its last request, and keeps
// some again when it is back.
func TestGoneInstanceHasNoConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := &sim.Scenario{
			Pool: sim.Pool{MaxActive: 3, Wait: true}, Workload: sim.Workload{Open: &sim.OpenLoop{Constant: 1}, Hold: sim.Dist{Constant: 15 * ms}},
			Fleet: sim.Fleet{Instances: 2},
		}
		r := newRun(t.Context(), sc)
		r.clock = coarseClock()
		if err := r.newInstances(); err != nil {
			t.Fatal(err)
		}
		defer r.shutdown()
		p := r.all[0]
		idle := func(when string, want int) {
			t.Helper()
			if s := p.pool.Stats(); s.Idle != want {
				t.Errorf("%s %d idle, want %d", when, s.Idle, want)
			}
		}
		_, d := p.begin()
		p.serve(d)
		idle("when it has served", 1)
		x, d := p.begin()
		go x.serve(d)
		p.stop()
		synctest.Wait()
		if s := p.pool.Stats(); s.Leased != 1 {
			t.Errorf("%d leased while the last request is served", s.Leased)
		}
		time.Sleep(20 * time.Millisecond)
		idle("when it is gone", 0)
		if other, d := p.begin(); other != r.all[1] {
			t.Error("an instance that is gone gets a request")
		} else {
			other.serve(d)
		}
		p.start()
		_, d = p.begin()
		p.serve(d)
		idle("when it is back", 1)
	})
}

func compareFleet(t *testing.T, sc *sim.Scenario, virtual *sim.Report) {
	real, err := Run(t.Context(), sc, Options{coarse: true})
	if err != nil {
		t.Fatal(err)
	}
	f := virtual.Fleet
	if real.TurnedAway != f.Refused {
		t.Errorf("%d openings refused by the server, virtual %d", real.TurnedAway, f.Refused)
	}
	if len(real.Each) != len(f.Each) || real.Starts != f.Starts || real.Stops != f.Stops {
		t.Errorf("%d instances, %d starts, %d stops; virtual %d, %d, %d", len(real.Each), real.Starts, real.Stops, len(f.Each), f.Starts, f.Stops)
	}
	for i, want := range f.Each {
		x := &real.Each[i]
		if x.Requests != want.Requests || x.Granted != want.Granted || x.Opens != want.Opens {
			t.Errorf("instance %d: %d requests, %d granted, %d opens; virtual %d, %d, %d", i, x.Requests, x.Granted, x.Opens,
				want.Requests, want.Granted, want.Opens)
		}
	}
	if c := virtual.Calls; c != nil && c.CallCounts != real.Calls {
		t.Errorf("%+v; virtual %+v", real.Calls, c.CallCounts)
	}
	if a, b := real.Acquire.Mean().Seconds(), virtual.Acquire.Mean; a-b > 1e-9 || b-a > 1e-9 {
		t.Errorf("mean wait %v, virtual %v", a, b)
	}
}
