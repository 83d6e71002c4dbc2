package check

import (
	"time"

	"github.com/respool/respool/sim"
)

// Swarm draws a scenario from a seed: a small pool with conflicting limits, a workload too
// large for it, and a world with faults. Some kinds of faults are switched off, since a
// fault of one kind can hide the effects of another.
func Swarm(seed uint64) *sim.Scenario {
	d := drawFrom(seed, swarming)
	sc := &sim.Scenario{Seed: seed, Requests: int64(20 + d(60)), Pool: swarmPool(d)}
	ms := func(n ...int) sim.Duration { return sim.Duration(pick(d, n...)) * sim.Duration(time.Millisecond) }
	lasts := func() sim.Dist {
		return pick(d, sim.Dist{}, sim.Dist{Constant: ms(1, 2, 5)}, sim.Dist{Exponential: ms(1, 3, 10)}, sim.Dist{Uniform: &sim.Uniform{Max: ms(2, 20)}})
	}
	hold := lasts()
	if hold.IsZero() {
		hold.Constant = ms(1)
	}
	sc.Workload = sim.Workload{Hold: hold}
	switch d(4) {
	case 0:
		sc.Workload.Open = &sim.OpenLoop{Poisson: float64(100 + d(2000))}
	case 1:
		sc.Workload.Open = &sim.OpenLoop{Bursts: &sim.Bursts{Rate: float64(1000 + d(4000)), On: ms(5, 20), Off: ms(10, 40, 100)}}
	default:
		sc.Workload.Closed = &sim.ClosedLoop{Clients: 1 + d(8), Think: lasts()}
	}
	if d(2) == 0 {
		sc.Workload.Patience = sim.Dist{Exponential: ms(2, 10, 30)}
	}
	sc.World = sim.World{OpenLatency: lasts(), CloseLatency: lasts(), TestLatency: lasts()}
	swarmFaults(d, sc)
	return sc
}

func swarmPool(d draw) sim.Pool {
	p := sim.Pool{
		MaxActive:   pick(d, 1, 2, 3, 4, 0),
		MaxIdle:     pick(d, 0, 0, -1, 1, 2, 3),
		Wait:        pick(d, true, true, true, false),
		WaitTimeout: sim.D(pick(d, 0, 0, 10*time.Millisecond)),
		MaxWaiters:  pick(d, 0, 0, 1, 2),
		Order:       pick(d, "lifo", "fifo"),
		MaxUses:     pick(d, 0, 0, 1, 3),
		MaxAge:      sim.D(pick(d, 0, 20*time.Millisecond)),
		IdleTimeout: sim.D(pick(d, 0, 5*time.Millisecond, 8*time.Millisecond)),
	}
	p.MinIdle = pick(d, 0, 0, 1, 2)
	if p.MaxActive > 0 {
		p.MinIdle = min(p.MinIdle, p.MaxActive)
	}
	if p.MaxIdle != 0 {
		p.MinIdle = min(p.MinIdle, max(p.MaxIdle, 0))
	}
	if p.MaxAge > 0 {
		p.MaxAgeJitter = sim.D(pick(d, 0, 10*time.Millisecond))
	}
	if p.IdleTimeout > 0 {
		p.SoftIdleMin = pick(d, 0, 1, 2)
	}
	switch d(5) {
	case 0:
		p.Test = &sim.Test{}
	case 1:
		p.Test = &sim.Test{IfIdleFor: sim.D(3 * time.Millisecond)}
	case 2:
		p.Test = &sim.Test{AtMostEvery: sim.D(10 * time.Millisecond)}
	}
	return p
}

// swarmFaults switches each kind of fault on or off.
func swarmFaults(d draw, sc *sim.Scenario) {
	share := func() float64 { return pick(d, 0, 0, 0.05, 0.3) }
	some := func() sim.Duration { return sim.Duration(1+d(50)) * sim.Duration(time.Millisecond) }
	w := &sc.World
	w.OpenFailure, w.TestFailure = share(), share()
	if d(3) == 0 {
		w.Life = sim.Dist{Exponential: some()}
	}
	if d(3) == 0 {
		w.IdleTimeout = some()
	}
	if d(4) == 0 {
		w.MaxConnections = 1 + d(4)
	}
	if d(4) == 0 {
		w.Restarts = []sim.Duration{some()}
	}
	if d(4) == 0 {
		w.Outages = []sim.Interval{{At: some(), For: some()}}
	}
	if d(4) == 0 {
		w.Slow = []sim.Slowdown{{At: some(), For: some(), Factor: 10}}
	}
	sc.Clients = sim.Clients{Discard: share(), Panic: share(), Leak: pick(d, 0, 0, 0, 0.02)}
	// Faults that were added later are drawn last, so that a seed keeps its other faults.
	hangs := func() sim.Dist {
		return pick(d, sim.Dist{}, sim.Dist{}, sim.Dist{Constant: some()}, sim.Dist{Exponential: some()})
	}
	w.FailLatency, w.DeadLatency = hangs(), hangs()
	sc.Pool.OpenBackoff = sim.D(pick(d, 0, 0, 10*time.Millisecond))
	if !w.CloseLatency.IsZero() {
		sc.Pool.CloseTimeout = pick(d, 0, 0, sim.D(3*time.Millisecond))
	}
	sc.Pool.OpenDetached = pick(d, false, true)
	sc.Pool.OpenTimeout = sim.D(pick(d, 0, 3*time.Millisecond))
	if sc.Pool.Test != nil {
		sc.Pool.TestSuspects = pick(d, false, true)
		sc.Pool.TestIdleEvery = pick(d, 0, sim.D(4*time.Millisecond))
	}
	swarmCalls(d, sc)
	swarmLate(d, sc)
}

// swarmCalls gives some scenarios a server with workers, and requests that time out, are
// tried again or take several leases.
func swarmCalls(d draw, sc *sim.Scenario) {
	ms := func(n ...int) sim.Duration { return sim.Duration(pick(d, n...)) * sim.Duration(time.Millisecond) }
	if d(3) == 0 {
		sc.World.Server = sim.Server{Workers: 1 + d(3), Service: pick(d, sim.Dist{Constant: ms(1, 2)}, sim.Dist{Exponential: ms(1, 5)}), Contention: pick(d, 0, 0.5)}
	}
	if d(4) == 0 {
		sc.World.Stalls = []sim.Interval{{At: ms(5, 20), For: ms(3, 30)}}
	}
	if d(3) == 0 {
		sc.Workload.Timeout = ms(3, 10, 30)
	}
	if d(3) == 0 {
		sc.Workload.Leases, sc.Workload.Nested = 2+d(2), pick(d, false, true)
	}
	if d(3) == 0 {
		sc.Clients.Retry = sim.Retry{Retries: 1 + d(3), Backoff: ms(0, 1, 5), Jitter: pick(d, 0, 0.5, 1)}
		if r := &sc.Clients.Retry; r.Backoff > 0 {
			r.MaxBackoff = ms(0, 6)
			r.Budget = pick(d, 0, 0.1, 1)
			r.Burst = pick(d, 0, 1)
		}
	}
}

// swarmLate draws the settings of the pool that were added later.
func swarmLate(d draw, sc *sim.Scenario) {
	sc.Pool.ShedTarget = sim.D(pick(d, 0, 0, 2*time.Millisecond))
	if sc.Pool.ShedTarget > 0 {
		sc.Pool.ShedInterval = sim.D(pick(d, 0, 3*time.Millisecond, 10*time.Millisecond))
	}
	if sc.Workload.Open != nil {
		sc.Workload.Background = pick(d, 0, 0, 0.3)
	}
	sc.Pool.Reserve = min(max(sc.Pool.MaxActive-1, 0), pick(d, 0, 1, 2))
	if sc.Pool.MaxAge > 0 {
		sc.Pool.ReplaceAhead = pick(d, 0, sim.D(2*time.Millisecond), sim.D(15*time.Millisecond))
	}
	swarmFleet(d, sc)
	if sc.Pool.Wait {
		sc.Workload.Urgent = pick(d, 0, 0, 0.2, 0.8)
	}
}

// swarmFleet makes some scenarios a fleet, with fewer requests for each instance.
func swarmFleet(d draw, sc *sim.Scenario) {
	if d(4) > 0 {
		return
	}
	ms := func(n ...int) sim.Duration { return sim.Duration(pick(d, n...)) * sim.Duration(time.Millisecond) }
	f := &sc.Fleet
	f.Instances = 1 + d(3)
	sc.Requests = max(10, sc.Requests/int64(f.Instances))
	if d(2) == 0 {
		f.Deploy = sim.Deploy{At: ms(0, 5, 20), Every: ms(3, 10, 30)}
		if f.Instances > 1 {
			f.Deploy.Down = ms(0, 1, 2)
		}
	}
	if sc.Pool.MaxActive > 0 && d(2) == 0 {
		f.Autoscale = sim.Autoscale{Every: ms(2, 5, 20), Min: d(f.Instances + 1), Low: pick(d, 0.1, 0.3), High: pick(d, 0.4, 0.8)}
		if more := d(3); more > 0 {
			f.Autoscale.Max = f.Instances + more
		}
	}
	if sc.World.MaxConnections > 0 {
		sc.World.MaxConnections += d(4)
	}
}

// keysEvery is how many seeds have one scenario with keys.
const keysEvery = 4

// SwarmKeys draws a scenario with keys from a seed: a few keys under conflicting limits, in
// the world of [Swarm].
func SwarmKeys(seed uint64) *sim.Scenario {
	d := drawFrom(seed, keying)
	sc := Swarm(seed)
	sc.Fleet, sc.Workload.Nested = sim.Fleet{}, false
	k := &sc.Keys
	k.Count, k.Skew = 2+d(4), pick(d, 0, 0, 1, 2.5)
	k.MaxActive, k.MaxIdle = pick(d, 0, 1, 2, 3, 5), pick(d, 0, 0, 1, 2, -1)
	for _, most := range []int{k.MaxActive, k.MaxIdle} {
		if most != 0 {
			sc.Pool.MinIdle = min(sc.Pool.MinIdle, max(most, 0))
		}
	}
	if sc.Pool.ReplaceAhead > 0 && d(2) == 0 {
		swarmSuccessors(d, sc)
	}
	return sc
}

// swarmSuccessors has requests come about as fast as the connections of all keys can serve them,
// with no other limit than that of all keys. So a connection may get a successor while there is
// room, and come back when a request for another key waits. With other limits that is too rare.
func swarmSuccessors(d draw, sc *sim.Scenario) {
	k := &sc.Keys
	k.MaxActive, k.MaxIdle = pick(d, 2, 3, 5), 0
	p := &sc.Pool
	p.MaxActive, p.MaxIdle, p.MinIdle, p.Reserve = 0, 0, 0, 0
	p.Wait, p.MaxUses, p.IdleTimeout, p.SoftIdleMin = true, 0, 0, 0
	p.ReplaceAhead = sim.D(15 * time.Millisecond)
	hold := pick(d, 4*time.Millisecond, 8*time.Millisecond)
	sc.Workload.Hold = sim.Dist{Exponential: sim.D(hold)}
	sc.Workload.Closed = nil
	sc.Workload.Open = &sim.OpenLoop{Poisson: pick(d, 0.6, 0.9) * float64(k.MaxActive) / hold.Seconds()}
}
