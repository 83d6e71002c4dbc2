package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/respool/respool/sim"
)

// #region scenario

// scenario is the load on a pool of some size. All random values
// come from the seed.
func scenario(l load, maxActive int, seed uint64) *sim.Scenario {
	return &sim.Scenario{
		Seed:     seed,
		Requests: 100_000,
		Pool:     sim.Pool{MaxActive: maxActive, Wait: true},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: l.rate},
			Hold: sim.Dist{Exponential: sim.D(l.hold)},
		},
	}
}

// #endregion scenario

const seeds = 5

// #region smallest

// smallest returns the first size at which 99 of 100 requests meet
// the target, whatever the seed. A pool below the average use cannot
// do it, since its queue only grows.
func smallest(l load, out io.Writer) (maxActive int, err error) {
	fmt.Fprintln(out,
		"MaxActive   in use   had to wait   wait p99, worst seed")
	for n := int(l.busy()) + 1; ; n++ {
		var use, waited, p99 float64
		for seed := range uint64(seeds) {
			r, err := sim.Run(scenario(l, n, seed))
			if err != nil {
				return 0, err
			}
			use += r.Utilization / seeds
			waited += r.WaitedFraction / seeds
			p99 = math.Max(p99, r.Wait.P99)
		}
		fmt.Fprintf(out, "%9d  %5.1f %%       %5.1f %%   %5.2f ms\n",
			n, 100*use, 100*waited, 1000*p99)
		if p99 <= l.target.Seconds() {
			fmt.Fprintf(out, "%d is the smallest with a p99 up to %v\n\n",
				n, l.target)
			return n, nil
		}
	}
}

// #endregion smallest

// #region slow

// slowSecond makes everything three times as slow for one of ten
// seconds, with or without a bound on the wait.
func slowSecond(l load, maxActive int, out io.Writer) error {
	fmt.Fprintf(out,
		"MaxActive %d, and a second in which all is three times as slow\n",
		maxActive)
	fmt.Fprintln(out, "WaitTimeout   longest wait   longest line   refused")
	timeouts := []time.Duration{0, 20 * l.target, 10 * l.target}
	for _, timeout := range timeouts {
		sc := scenario(l, maxActive, 0)
		sc.Requests, sc.Duration = 0, sim.D(10*time.Second)
		sc.Pool.WaitTimeout = sim.D(timeout)
		sc.World.Slow = []sim.Slowdown{{
			At: sim.D(5 * time.Second), For: sim.D(time.Second), Factor: 3,
		}}
		r, err := sim.Run(sc)
		if err != nil {
			return err
		}
		name := "none"
		if timeout > 0 {
			name = timeout.String()
		}
		fmt.Fprintf(out, "%11s %11.0f ms %14d   %5.1f %%\n",
			name, 1000*r.Wait.Max, r.Peak.Waiting, 100*r.RefusedFraction)
	}
	return nil
}

// #endregion slow
