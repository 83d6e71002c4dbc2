// Package sim simulates a pool in virtual time. It runs the logic of the pool itself,
// package ledger, and simulates its clients and its server. A seed determines
// everything that is random.
//
// It shows how a pool will behave in production: how long callers wait at a given load,
// how many are refused, and what happens when the server restarts. [Run] takes a
// [Scenario], plain data with a JSON form, and returns a [Report].
//
//	report, err := sim.Run(&sim.Scenario{
//		Seed:     1,
//		Requests: 1_000_000,
//		Pool:     sim.Pool{MaxActive: 16, Wait: true},
//		Workload: sim.Workload{
//			Open: &sim.OpenLoop{Poisson: 2000}, // a second
//			Hold: sim.Dist{Exponential: sim.D(3 * time.Millisecond)},
//		},
//	})
//
// A run depends on the scenario alone: the same scenario gives the same report on any
// machine. The memory that it needs grows with the requests under way at a time, not
// with their total number.
//
// The machine is not simulated. Locks and scheduling take no time, and the network takes
// only the time that the scenario's latencies say.
package sim
