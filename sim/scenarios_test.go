package sim

// simple is a queue with nothing else to it.
func simple() *Scenario {
	return &Scenario{
		Name: "simple", Seed: 1, Requests: 20_000,
		Pool:     Pool{MaxActive: 16, Wait: true},
		Workload: Workload{Open: &OpenLoop{Poisson: 4500}, Hold: exponential(3 * ms)},
	}
}

// everything has all that a scenario can have at a time. A new field belongs here;
// its hash in determinism_test.go changes then.
func everything() *Scenario {
	return &Scenario{
		Name: "everything", Seed: 2, Requests: 20_000, WarmUp: sec,
		Pool: Pool{
			MaxActive: 20, MaxIdle: 15, MinIdle: 4, Wait: true, WaitTimeout: 60 * ms, MaxWaiters: 40, Order: "fifo",
			MaxAge: 3 * sec, MaxAgeJitter: sec, MaxUses: 300, IdleTimeout: 800 * ms, SoftIdleMin: 6,
			Test: &Test{IfIdleFor: 5 * ms, AtMostEvery: 50 * ms},
		},
		Workload: Workload{
			Open: &OpenLoop{Phases: []Phase{{For: 2 * sec, Rate: 1500}, {For: sec, Rate: 4000}, {For: sec, Rate: 500}}},
			Hold: Dist{Lognormal: &Lognormal{4 * ms, 0.8}}, Patience: Dist{Uniform: &Uniform{20 * ms, 200 * ms}},
			Timeout: 300 * ms, Leases: 2, Background: 0.02, Urgent: 0.05,
		},
		World: World{
			OpenLatency: Dist{Pareto: &Pareto{2 * ms, 1.8, 500 * ms}}, CloseLatency: exponential(ms),
			TestLatency: Dist{Empirical: []Duration{ms / 2, ms, 3 * ms}},
			FailLatency: constant(30 * ms), DeadLatency: exponential(20 * ms),
			OpenFailure: 0.02, TestFailure: 0.01, Life: exponential(5 * sec), IdleTimeout: 700 * ms, MaxConnections: 19,
			Restarts: []Duration{1500 * ms}, Outages: []Interval{{2500 * ms, 200 * ms}},
			Slow:   []Slowdown{{3 * sec, sec, 1.7}, {3500 * ms, sec, 1.3}},
			Stalls: []Interval{{4200 * ms, 150 * ms}},
			Server: Server{Workers: 5, Service: exponential(2 * ms), Contention: 0.01},
		},
		Clients: Clients{Discard: 0.01, Panic: 0.01, Leak: 0.0001,
			Retry: Retry{Retries: 2, Backoff: 20 * ms, MaxBackoff: 30 * ms, Jitter: 0.5, Budget: 0.2, Burst: 20}},
	}
}

// nestedScenario has requests that take two connections at once, and deadlocks that end
// when the requests time out.
func nestedScenario() *Scenario {
	return &Scenario{
		Name: "nested", Seed: 5, Requests: 10_000,
		Pool: Pool{MaxActive: 8, Wait: true},
		Workload: Workload{Open: &OpenLoop{Poisson: 350}, Hold: exponential(5 * ms), Leases: 2, Nested: true,
			Timeout: 100 * ms},
		World:   World{OpenLatency: constant(2 * ms)},
		Clients: Clients{Retry: Retry{Retries: 1, Backoff: 10 * ms, Jitter: 1}},
	}
}

func closedScenario() *Scenario {
	return &Scenario{
		Name: "closed", Seed: 3, Duration: 5 * sec,
		Pool:     Pool{MaxActive: 8, Wait: true},
		Workload: Workload{Closed: &ClosedLoop{40, exponential(10 * ms)}, Hold: Dist{Uniform: &Uniform{ms, 3 * ms}}},
		World:    World{OpenLatency: constant(ms)},
	}
}

func burstScenario() *Scenario {
	return &Scenario{
		Name: "bursts", Seed: 4, Duration: 10 * sec,
		Pool:     Pool{MaxActive: 32, IdleTimeout: 500 * ms, SoftIdleMin: 4},
		Workload: Workload{Open: &OpenLoop{Bursts: &Bursts{Rate: 5000, On: 200 * ms, Off: 800 * ms, OffRate: 100}}, Hold: exponential(5 * ms)},
		World:    World{OpenLatency: constant(10 * ms), CloseLatency: constant(ms)},
	}
}

// fleetScenario has all that a fleet can have at a time.
func fleetScenario() *Scenario {
	return &Scenario{
		Name: "fleet", Seed: 6, Duration: 12 * sec, WarmUp: sec,
		Pool:     Pool{MaxActive: 5, MaxIdle: 4, MinIdle: 1, Wait: true, WaitTimeout: 100 * ms},
		Workload: Workload{Open: &OpenLoop{Phases: []Phase{{3 * sec, 200}, {3 * sec, 500}, {sec, 100}}}, Hold: exponential(3 * ms)},
		World: World{
			OpenLatency: exponential(5 * ms), MaxConnections: 18, Restarts: []Duration{2 * sec}, Outages: []Interval{{8 * sec, 300 * ms}},
			Server: Server{Workers: 6, Service: exponential(2 * ms)},
		},
		Fleet: Fleet{
			Instances: 4, Deploy: Deploy{At: 3 * sec, Every: sec, Down: 500 * ms},
			Autoscale: Autoscale{Every: sec, Min: 2, Max: 6, Low: 0.2, High: 0.5},
		},
	}
}

// keysScenario has all that keys can have at a time.
func keysScenario() *Scenario {
	return keysOf(func(sc *Scenario) {
		sc.Name, sc.Seed, sc.WarmUp = "keys", 8, sec/4
		sc.Pool.MinIdle, sc.Pool.IdleTimeout, sc.Keys.MaxIdle = 1, 50*ms, 24
		sc.Keys.Count, sc.World.Restarts, sc.Clients.Discard = 40, []Duration{sec / 2}, 0.02
	})
}
