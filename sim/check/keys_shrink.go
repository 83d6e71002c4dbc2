package check

import (
	"reflect"

	"github.com/respool/respool/sim"
)

// smallerKeys makes a scenario with keys smaller for as long as the same oracle objects, and
// returns the violation of the smallest one found.
func smallerKeys(sc *sim.Scenario, v *Violation) *Violation {
	for progress := true; progress; {
		progress = false
		for _, drop := range keysDrops(sc) {
			one := *sc
			if drop(&one); reflect.DeepEqual(&one, sc) {
				continue
			}
			_, err := watchKeys(&one)
			if less, is := err.(*Violation); is && less.Oracle == v.Oracle {
				sc, v, progress = &one, less, true
			}
		}
	}
	v.Scenario = sc
	return v
}

// keysDrops are the ways to make a scenario with keys smaller: parts of the world first.
func keysDrops(sc *sim.Scenario) []func(*sim.Scenario) {
	half, fewer := sc.Requests/2, sc.Requests-1
	return []func(*sim.Scenario){
		func(s *sim.Scenario) { s.Requests = max(half, 1) },
		func(s *sim.Scenario) {
			s.World = sim.World{OpenLatency: s.World.OpenLatency, CloseLatency: s.World.CloseLatency}
		},
		func(s *sim.Scenario) { s.Clients = sim.Clients{} },
		func(s *sim.Scenario) {
			s.World.Restarts, s.World.Outages, s.World.Slow, s.World.Stalls = nil, nil, nil, nil
		},
		func(s *sim.Scenario) { s.World.Server = sim.Server{} },
		func(s *sim.Scenario) { s.World.MaxConnections = 0 },
		func(s *sim.Scenario) { s.World.OpenFailure, s.World.TestFailure = 0, 0 },
		func(s *sim.Scenario) { s.World.Life, s.World.IdleTimeout = sim.Dist{}, 0 },
		func(s *sim.Scenario) { s.World.OpenLatency = sim.Dist{} },
		func(s *sim.Scenario) { s.World.CloseLatency, s.Pool.CloseTimeout = sim.Dist{}, 0 },
		func(s *sim.Scenario) { s.Clients.Retry = sim.Retry{} },
		func(s *sim.Scenario) { s.Workload.Leases = 0 },
		func(s *sim.Scenario) { s.Workload.Timeout = 0 },
		func(s *sim.Scenario) { s.Workload.Urgent = 0 },
		func(s *sim.Scenario) { s.Workload.Patience = sim.Dist{} },
		func(s *sim.Scenario) { s.Workload.Background, s.Pool.Reserve = 0, 0 },
		func(s *sim.Scenario) { s.Pool = sim.Pool{MaxActive: s.Pool.MaxActive, Wait: s.Pool.Wait} },
		func(s *sim.Scenario) { s.Pool.MinIdle = 0 },
		func(s *sim.Scenario) { s.Pool.Test, s.Pool.TestSuspects, s.Pool.TestIdleEvery = nil, false, 0 },
		func(s *sim.Scenario) {
			s.Pool.MaxAge, s.Pool.MaxAgeJitter, s.Pool.ReplaceAhead, s.Pool.MaxUses = 0, 0, 0, 0
		},
		func(s *sim.Scenario) { s.Pool.IdleTimeout, s.Pool.SoftIdleMin, s.Pool.MaxIdle = 0, 0, 0 },
		func(s *sim.Scenario) { s.Pool.OpenBackoff, s.Pool.OpenDetached, s.Pool.OpenTimeout = 0, false, 0 },
		func(s *sim.Scenario) { s.Pool.ShedTarget, s.Pool.ShedInterval = 0, 0 },
		func(s *sim.Scenario) { s.Pool.WaitTimeout, s.Pool.MaxWaiters = 0, 0 },
		func(s *sim.Scenario) { s.Keys.MaxIdle = 0 },
		func(s *sim.Scenario) { s.Keys.Skew = 0 },
		func(s *sim.Scenario) { s.Keys.Count = max(s.Keys.Count-1, 1) },
		func(s *sim.Scenario) { s.Requests = max(fewer, 1) },
	}
}
