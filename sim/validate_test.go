package sim

import (
	"math"
	"testing"
)

func TestValidateRefuses(t *testing.T) {
	nan := math.NaN()
	if math.MaxInt == math.MaxInt32 {
		t.Skip("an int has no more bits than a count")
	}
	most := math.MaxInt32
	beyond := most + 1
	open := func(o OpenLoop) func(*Scenario) { return func(s *Scenario) { s.Workload.Open = &o } }
	hold := func(d Dist) func(*Scenario) { return func(s *Scenario) { s.Workload.Hold = d } }
	for _, c := range []struct {
		want   string
		change func(*Scenario)
	}{
		{"requests: -1 is negative", func(s *Scenario) { s.Requests = -1 }},
		{"requests: neither requests nor duration is set, the run would not end", func(s *Scenario) { s.Requests = 0 }},
		{"duration: -1s is negative", func(s *Scenario) { s.Duration = -sec }},
		{"duration: 438000h0m0s is beyond what a run can last, 320255h58m24.606846976s", func(s *Scenario) { s.Duration = 50 * 8760 * 3600 * sec }},
		{"warm_up: -1s is negative", func(s *Scenario) { s.WarmUp = -sec }},
		{"warm_up: 1s is not below duration, 1s", func(s *Scenario) { s.WarmUp, s.Duration = sec, sec }},

		{"pool.max_active: -1 is negative", func(s *Scenario) { s.Pool.MaxActive = -1 }},
		{"pool.max_idle: -2 is below -1, which means none", func(s *Scenario) { s.Pool.MaxIdle = -2 }},
		{"pool.min_idle: -1 is negative", func(s *Scenario) { s.Pool.MinIdle = -1 }},
		{"pool.min_idle: 5 is above max_active, 4", func(s *Scenario) { s.Pool.MinIdle, s.Pool.MaxActive = 5, 4 }},
		{"pool.min_idle: 5 is above max_idle, 4", func(s *Scenario) { s.Pool.MinIdle, s.Pool.MaxIdle = 5, 4 }},
		{"pool.min_idle: 1 is above max_idle, -1", func(s *Scenario) { s.Pool.MinIdle, s.Pool.MaxIdle = 1, -1 }},
		{"pool.min_idle: 1000001 is above 1000000, the most that a simulation has", func(s *Scenario) { s.Pool.MinIdle = 1_000_001 }},
		{"pool.min_idle: 1001 is above 1000, the most that a simulation has", func(s *Scenario) { s.Pool.MinIdle, s.Keys.Count = 1001, 1000 }},
		{"workload.leases: 1001 is above 1000, the most that a simulation has", func(s *Scenario) { s.Workload.Leases = 1001 }},
		{"clients.retry.retries: 1000001 is above 1000000, the most that a simulation has", func(s *Scenario) { s.Clients.Retry.Retries = 1_000_001 }},
		{"workload.closed.clients: 200001 is above 200000, the most that a simulation has", func(s *Scenario) {
			s.Workload.Open, s.Workload.Closed, s.Fleet.Instances = nil, &ClosedLoop{Clients: 200_001, Think: constant(1)}, 5
		}},
		{"pool.max_waiters: -1 is negative", func(s *Scenario) { s.Pool.MaxWaiters = -1 }},
		{`pool.order: "random" is neither lifo nor fifo`, func(s *Scenario) { s.Pool.Order = "random" }},
		{"pool.max_uses: -1 is negative", func(s *Scenario) { s.Pool.MaxUses = -1 }},
		{"pool.max_age_jitter: 2s is above max_age, 1s", func(s *Scenario) { s.Pool.MaxAgeJitter, s.Pool.MaxAge = 2*sec, sec }},
		{"pool.max_age_jitter: 2s is above max_age, 0s", func(s *Scenario) { s.Pool.MaxAgeJitter = 2 * sec }},
		{"pool.max_age_jitter: -1s is negative", func(s *Scenario) { s.Pool.MaxAgeJitter = -sec }},
		{"pool.max_age: -1s is negative", func(s *Scenario) { s.Pool.MaxAge, s.Pool.MaxAgeJitter = -sec, -2*sec }},
		{"pool.wait_timeout: -1s is negative", func(s *Scenario) { s.Pool.WaitTimeout = -sec }},
		{"pool.idle_timeout: -1s is negative", func(s *Scenario) { s.Pool.IdleTimeout = -sec }},
		{"pool.soft_idle_min: -1 is negative", func(s *Scenario) { s.Pool.SoftIdleMin = -1 }},
		{"pool.reserve: 3 is not below max_active, 3", func(s *Scenario) { s.Pool.Reserve, s.Pool.MaxActive = 3, 3 }},
		{"pool.shed_interval: 1s is set, shed_target is not", func(s *Scenario) { s.Pool.ShedTarget, s.Pool.ShedInterval = 0, sec }},
		{"pool.replace_ahead: 1s is set, max_age is not", func(s *Scenario) { s.Pool.MaxAge, s.Pool.MaxAgeJitter, s.Pool.ReplaceAhead = 0, 0, sec }},
		{"pool.test_idle_every: 1s is set, test is not", func(s *Scenario) { s.Pool.Test, s.Pool.TestIdleEvery = nil, sec }},
		{"pool.soft_idle_min: 1 is set, idle_timeout is not", func(s *Scenario) { s.Pool.SoftIdleMin = 1 }},
		{"pool.test.if_idle_for: -1s is negative", func(s *Scenario) { s.Pool.Test = &Test{IfIdleFor: -sec} }},
		{"pool.test.at_most_every: -1s is negative", func(s *Scenario) { s.Pool.Test = &Test{AtMostEvery: -sec} }},

		{"pool.max_active: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.Pool.MaxActive = beyond }},
		{"pool.max_idle: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.Pool.MaxIdle = beyond }},
		{"pool.min_idle: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.Pool.MinIdle = beyond }},
		{"pool.max_waiters: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.Pool.MaxWaiters = beyond }},
		{"pool.max_uses: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.Pool.MaxUses = beyond }},
		{"pool.soft_idle_min: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.Pool.SoftIdleMin, s.Pool.IdleTimeout = beyond, 1 }},
		{"world.max_connections: 2147483648 is above 2147483647, the most that a pool can have", func(s *Scenario) { s.World.MaxConnections = beyond }},

		{"workload: neither open nor closed is set", func(s *Scenario) { s.Workload.Open = nil }},
		{"workload: both open and closed are set, must be one of them", func(s *Scenario) { s.Workload.Closed = &ClosedLoop{} }},
		{"workload.open: 0 of poisson, constant, bursts, phases, trace and trace_csv are set, must be one", open(OpenLoop{})},
		{"workload.open: 2 of poisson, constant, bursts, phases, trace and trace_csv are set, must be one", open(OpenLoop{Poisson: 1, Constant: 1})},
		{"workload.open.poisson: -1 is not above 0 and at most 1e9 a second", open(OpenLoop{Poisson: -1})},
		{"workload.open.poisson: NaN is not above 0 and at most 1e9 a second", open(OpenLoop{Poisson: nan})},
		{"workload.open.constant: 2e+09 is not above 0 and at most 1e9 a second", open(OpenLoop{Constant: 2e9})},
		{"workload.open.bursts.on: 0s is not positive", open(OpenLoop{Bursts: &Bursts{Rate: 1, Off: sec}})},
		{"workload.open.bursts.off: 0s is not positive", open(OpenLoop{Bursts: &Bursts{Rate: 1, On: sec}})},
		{"workload.open.bursts.rate: 0 is not above 0 and at most 1e9 a second", open(OpenLoop{Bursts: &Bursts{On: sec, Off: sec}})},
		{"workload.open.bursts.off_rate: -1 is not above 0 and at most 1e9 a second", open(OpenLoop{Bursts: &Bursts{1, sec, sec, -1}})},
		{"workload.open.phases[1].for: 0s is not positive", open(OpenLoop{Phases: []Phase{{sec, 1}, {0, 1}}})},
		{"workload.open.phases[0].rate: -1 is not above 0 and at most 1e9 a second", open(OpenLoop{Phases: []Phase{{sec, -1}}})},
		{"workload.open.trace[0]: -1s is negative", open(OpenLoop{Trace: []Duration{-sec}})},
		{"workload.open.trace[1]: 1s is before the arrival before it, at 2s", open(OpenLoop{Trace: []Duration{2 * sec, sec}})},

		{"workload.hold: has constant and exponential, must have one of them", hold(Dist{Constant: sec, Exponential: sec})},
		{"workload.hold: has empirical and empirical_csv, must have one of them", hold(Dist{Empirical: []Duration{1}, EmpiricalCSV: "a.csv"})},
		{"workload.hold.constant: -1s is negative", hold(constant(-sec))},
		{"workload.hold.exponential: -1s is negative", hold(exponential(-sec))},
		{"workload.hold.uniform.min: -1s is negative", hold(Dist{Uniform: &Uniform{-sec, sec}})},
		{"workload.hold.uniform.max: 1s is below min, 2s", hold(Dist{Uniform: &Uniform{2 * sec, sec}})},
		{"workload.hold.gamma.mean: 0s is not positive", hold(Dist{Gamma: &Gamma{0, 1}})},
		{"workload.hold.gamma.shape: 0 is not between 0.01 and 1e6", hold(Dist{Gamma: &Gamma{sec, 0}})},
		{"workload.hold.lognormal.median: 0s is not positive", hold(Dist{Lognormal: &Lognormal{0, 1}})},
		{"workload.hold.lognormal.sigma: -1 is not between 0 and 10", hold(Dist{Lognormal: &Lognormal{sec, -1}})},
		{"workload.hold.lognormal.sigma: NaN is not between 0 and 10", hold(Dist{Lognormal: &Lognormal{sec, nan}})},
		{"workload.hold.pareto.min: 0s is not positive", hold(Dist{Pareto: &Pareto{0, 1, 0}})},
		{"workload.hold.pareto.alpha: 0 is not above 0 and at most 100", hold(Dist{Pareto: &Pareto{sec, 0, 0}})},
		{"workload.hold.pareto.max: 1s is below min, 2s", hold(Dist{Pareto: &Pareto{2 * sec, 1, sec}})},
		{"workload.hold.empirical[1]: -1s is negative", hold(Dist{Empirical: []Duration{1, -sec}})},
		{"workload.patience.constant: -1s is negative", func(s *Scenario) { s.Workload.Patience = constant(-sec) }},

		{"world.open_latency.constant: -1s is negative", func(s *Scenario) { s.World.OpenLatency = constant(-sec) }},
		{"world.close_latency.constant: -1s is negative", func(s *Scenario) { s.World.CloseLatency = constant(-sec) }},
		{"world.test_latency.constant: -1s is negative", func(s *Scenario) { s.World.TestLatency = constant(-sec) }},
		{"world.life.constant: -1s is negative", func(s *Scenario) { s.World.Life = constant(-sec) }},
		{"world.fail_latency.constant: -1s is negative", func(s *Scenario) { s.World.FailLatency = constant(-sec) }},
		{"world.dead_latency.exponential: -1s is negative", func(s *Scenario) { s.World.DeadLatency = exponential(-sec) }},
		{"world.open_failure: 1.5 is not between 0 and 1", func(s *Scenario) { s.World.OpenFailure = 1.5 }},
		{"world.test_failure: NaN is not between 0 and 1", func(s *Scenario) { s.World.TestFailure = nan }},
		{"world.idle_timeout: -1s is negative", func(s *Scenario) { s.World.IdleTimeout = -sec }},
		{"world.max_connections: -1 is negative", func(s *Scenario) { s.World.MaxConnections = -1 }},
		{"world.restarts[1]: -1s is negative", func(s *Scenario) { s.World.Restarts = []Duration{0, -sec} }},
		{"world.outages[0].for: 0s is not positive", func(s *Scenario) { s.World.Outages = []Interval{{sec, 0}} }},
		{"world.outages[0].at: -1s is negative", func(s *Scenario) { s.World.Outages = []Interval{{-sec, sec}} }},
		{"world.slow[0].for: 0s is not positive", func(s *Scenario) { s.World.Slow = []Slowdown{{sec, 0, 2}} }},
		{"world.slow[0].factor: 0 is not above 0 and at most 1e6", func(s *Scenario) { s.World.Slow = []Slowdown{{sec, sec, 0}} }},

		{"world.stalls[0].for: 0s is not positive", func(s *Scenario) { s.World.Stalls = []Interval{{sec, 0}} }},
		{"world.server.service: is set, workers is not", func(s *Scenario) { s.World.Server.Service = constant(sec) }},
		{"world.server.contention: is set, workers is not", func(s *Scenario) { s.World.Server.Contention = 0.1 }},
		{"world.server.service.constant: -1s is negative", func(s *Scenario) { s.World.Server = Server{Workers: 1, Service: constant(-sec)} }},
		{"workload.nested: is set, and leases is not above 1", func(s *Scenario) { s.Workload.Nested = true }},
		{"clients.retry.backoff: is set, retries is not", func(s *Scenario) { s.Clients.Retry.Backoff = sec }},
		{"clients.retry.max_backoff: is set, retries is not", func(s *Scenario) { s.Clients.Retry.MaxBackoff = sec }},
		{"clients.retry.jitter: is set, retries is not", func(s *Scenario) { s.Clients.Retry.Jitter = 1 }},
		{"clients.retry.budget: is set, retries is not", func(s *Scenario) { s.Clients.Retry.Budget = 0.1 }},
		{"clients.retry.burst: is set, retries is not", func(s *Scenario) { s.Clients.Retry.Burst = 1 }},
		{"clients.retry.retries: -1 is negative", func(s *Scenario) { s.Clients.Retry.Retries = -1 }},

		{"clients.discard: -0.1 is not between 0 and 1", func(s *Scenario) { s.Clients.Discard = -0.1 }},
		{"clients.panic: 2 is not between 0 and 1", func(s *Scenario) { s.Clients.Panic = 2 }},
		{"clients.leak: NaN is not between 0 and 1", func(s *Scenario) { s.Clients.Leak = nan }},
		{"clients: discard, panic and leak together are 1.5, above 1", func(s *Scenario) { s.Clients = Clients{Discard: 0.5, Panic: 0.5, Leak: 0.5} }},
	} {
		s := &Scenario{Requests: 1, Workload: Workload{Open: &OpenLoop{Poisson: 1}}}
		c.change(s)
		if err := s.Validate(); err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
		if r, err := Run(s); r != nil || err == nil {
			t.Errorf("%s: it was run all the same", c.want)
		}
	}
}

func TestValidateRefusesClosedWorkloads(t *testing.T) {
	const stuck = "workload.closed.think: takes no time, and requests is not set: " +
		"a client who is refused would ask again at once, and the run would not end"
	for _, c := range []struct {
		want   string
		change func(*Scenario)
	}{
		{"", func(*Scenario) {}},
		{"workload.closed.clients: 0 is not between 1 and 2147483647", func(s *Scenario) { s.Workload.Closed.Clients = 0 }},
		{"workload.closed.think.constant: -1s is negative", func(s *Scenario) { s.Workload.Closed.Think = constant(-sec) }},
		{"workload.closed.think: neither think nor hold takes any time, and requests is not set: the run would not end",
			func(s *Scenario) { s.Workload.Hold = Dist{} }},
		{stuck, func(s *Scenario) { s.Pool.Wait = false }},
		{stuck, func(s *Scenario) { s.Pool.MaxWaiters = 1 }},
		{stuck, func(s *Scenario) { s.World.OpenFailure = 0.1 }},
		{stuck, func(s *Scenario) { s.World.Outages = []Interval{{sec, sec}} }},
		{stuck, func(s *Scenario) { s.World.MaxConnections = 1 }},
		{stuck, func(s *Scenario) {
			s.World.MaxConnections = 1
			s.Workload.Closed.Think = Dist{Empirical: []Duration{0}}
		}},
		{"", func(s *Scenario) { s.World.MaxConnections, s.Workload.Closed.Think = 1, constant(ms) }},
		{"", func(s *Scenario) { s.World.MaxConnections, s.Requests = 1, 100 }},
	} {
		s := &Scenario{Duration: sec, Pool: Pool{MaxActive: 1, Wait: true},
			Workload: Workload{Closed: &ClosedLoop{Clients: 3}, Hold: constant(ms)}}
		c.change(s)
		err := s.Validate()
		if c.want == "" && err == nil {
			simulate(t, s)
		} else if err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}

// Shares that are written as decimals may sum to a little more than 1.
func TestValidateAllowsRounding(t *testing.T) {
	s := &Scenario{Requests: 100, Workload: Workload{Open: &OpenLoop{Poisson: 1}}, Clients: Clients{Discard: 0.1, Panic: 0.7, Leak: 0.2}}
	for range 3 {
		s.Clients = Clients{Discard: s.Clients.Leak, Panic: s.Clients.Discard, Leak: s.Clients.Panic}
		simulate(t, s)
	}
}
