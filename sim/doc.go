// Package sim simulates a pool: its own logic, package ledger, in virtual time,
// with a world around it whose chance comes from a seed.
//
// It answers what a pool will do before production does: how long callers wait
// at a given load, how many are refused, what a restart of the server means.
// [Run] takes a [Scenario], plain data with a JSON form, and gives a [Report].
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
// A run depends on the scenario alone: the same one gives the same report on any
// machine. It takes memory for what is under way at a time, not for what has
// been.
//
// What is simulated is the pool, not the machine it runs on: a lock, a scheduler
// or a network cost nothing here, unless the scenario's latencies say so.
package sim
