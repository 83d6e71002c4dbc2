package check

import "github.com/respool/respool/sim"

// keysEvery is how many seeds have one scenario with keys.
const keysEvery = 4

// SwarmKeys draws a scenario with keys from a seed: a few keys under conflicting limits, in
// the world of [Swarm].
func SwarmKeys(seed uint64) *sim.Scenario {
	d := drawFrom(seed, keying)
	sc := Swarm(seed)
	// What requests for keys do not have.
	sc.Fleet, sc.Clients.Retry = sim.Fleet{}, sim.Retry{}
	sc.Workload.Timeout, sc.Workload.Leases, sc.Workload.Nested, sc.Workload.Urgent = 0, 0, false, 0
	k := &sc.Keys
	k.Count, k.Skew = 2+d(4), pick(d, 0, 0, 1, 2.5)
	k.MaxActive, k.MaxIdle = pick(d, 0, 1, 2, 3, 5), pick(d, 0, 0, 1, 2, -1)
	for _, most := range []int{k.MaxActive, k.MaxIdle} {
		if most != 0 {
			sc.Pool.MinIdle = min(sc.Pool.MinIdle, max(most, 0))
		}
	}
	return sc
}
