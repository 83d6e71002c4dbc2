package sim_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/respool/respool/sim"
)

// Watch shows what happens to the pool, event by event. Here the second request waits for
// the only connection.
func ExampleWatch() {
	sc := &sim.Scenario{
		Requests: 2,
		Pool:     sim.Pool{MaxActive: 1, Wait: true},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Trace: []sim.Duration{0, sim.D(time.Millisecond)}},
			Hold: sim.Dist{Constant: sim.D(5 * time.Millisecond)},
		},
	}
	_, err := sim.Watch(sc, func(e sim.Event) error {
		fmt.Printf("%v request %d: %s, %s\n", e.At, e.Request, e.Name, e.Answer())
		return nil
	})
	fmt.Println(err)

	// An error ends the run.
	enough := errors.New("enough")
	_, err = sim.Watch(sc, func(sim.Event) error { return enough })
	fmt.Println(err)
	// Output:
	// 0s request 1: acquire, open slot 1.1
	// 0s request 1: opened, granted slot 1.1
	// 1ms request 2: acquire, wait
	// 5ms request 1: release, done
	// 10ms request 2: release, done
	// <nil>
	// enough
}

// A distribution in the short form of poolsim's flags.
func ExampleParseDist() {
	for _, text := range []string{"3ms", "exp:3ms", "uniform:1ms,5ms", "exp:3"} {
		dist, err := sim.ParseDist(text)
		fmt.Println(dist.Mean(), err)
	}
	// Output:
	// 3ms <nil>
	// 3ms <nil>
	// 3ms <nil>
	// 0s "3" is not a duration: write a number with a unit, such as 3ms
}

// Which limit does a pool need that has measured its load? The statistics are those of the
// last hour, as a running pool or its debug page has them.
func ExampleAdvise() {
	stats, err := sim.ParseStats([]byte(`{"MaxActive": 4, "Acquired": 3600000, "Histograms": {
		"wait": {"count": 3600000, "sum": 0, "buckets": [[0, 3600000]]},
		"use": {"count": 3600000, "sum": 10800000000000, "buckets": [[1000000, 1200000], [3000000, 1200000], [5000000, 1200000]]},
		"open": {"count": 4, "sum": 80000000, "buckets": [[20000000, 4]]}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	st := &stats[0]
	st.Over = time.Hour
	advice, err := sim.Advise(st, sim.Target{Quantile: 0.99, Wait: 5 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f requests a second keep %.1f connections in use\n", advice.Rate, advice.Load)
	fmt.Println("smallest limit that meets the target:", advice.MaxActive)
	// Output:
	// 1000 requests a second keep 3.0 connections in use
	// smallest limit that meets the target: 5
}
