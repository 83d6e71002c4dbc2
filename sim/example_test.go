package sim_test

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/sim"
)

// How long do callers wait for one of 16 connections, each of which serves a
// request in 3 ms, when 4,800 requests a second come?
func ExampleRun() {
	// #region run
	report, err := sim.Run(&sim.Scenario{
		Seed:     1,
		Requests: 1_000_000,
		Pool:     sim.Pool{MaxActive: 16, Wait: true},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: 4800}, // a second
			Hold: sim.Dist{Exponential: sim.D(3 * time.Millisecond)},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// #endregion run
	fmt.Printf("%d granted, %.0f%% of them after a wait\n", report.Outcomes.Granted, 100*report.WaitedFraction)
	fmt.Printf("wait: p50 %.1f ms, p99 %.1f ms\n", 1000*report.Wait.P50, 1000*report.Wait.P99)
	fmt.Printf("utilization %.2f\n", report.Utilization)
	// Output:
	// 1000000 granted, 59% of them after a wait
	// wait: p50 0.3 ms, p99 7.9 ms
	// utilization 0.90
}

// A scenario is plain data. An error names the path of the wrong field.
func ExampleParse() {
	_, err := sim.Parse([]byte(`{
		"seed": 1,
		"duration": "10s",
		"pool": {"max_active": 16, "wait_timeout": 50},
		"workload": {"open": {"poisson": 4000}, "hold": {"exponential": "3ms"}}
	}`))
	fmt.Println(err)
	// Output:
	// pool.wait_timeout: 50 is not a duration: write text with a unit, such as "3ms" (line 4, column 46)
}

// A policy of one's own goes in as it is, the same value that production gets:
// here every connection is closed when the next full minute begins.
func ExamplePool() {
	const minute = policy.Instant(time.Minute)
	// #region own-policy
	byTheMinute := policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
		return policy.Expiry{Until: (r.Opened/minute + 1) * minute}
	})
	report, err := sim.Run(&sim.Scenario{
		Duration: sim.D(10 * time.Minute),
		Pool:     sim.Pool{MaxActive: 8, Wait: true, Lifetime: byTheMinute},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: 1000},
			Hold: sim.Dist{Exponential: sim.D(3 * time.Millisecond)},
		},
		World: sim.World{OpenLatency: sim.Dist{Constant: sim.D(20 * time.Millisecond)}},
	})
	// #endregion own-policy
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d closed for their age, %d opened\n", report.Closes["too_old"], report.Opens)
	fmt.Printf("longest wait %.0f ms\n", 1000*report.Wait.Max)
	// Output:
	// 80 closed for their age, 80 opened
	// longest wait 20 ms
}
