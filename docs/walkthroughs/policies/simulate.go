package main

import (
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/sim"
)

const (
	tenMinutes = 10 * time.Minute
	twoMinutes = 2 * time.Minute
)

// #region day

// byDay is half an hour of 1,000 requests a second. On average ten
// connections are in use. The server needs a fifth of a second to
// accept a new connection. The first minute is not counted.
func byDay(seed uint64, l policy.Lifetime) *sim.Scenario {
	return &sim.Scenario{
		Seed:     seed,
		Duration: sim.D(31 * time.Minute),
		WarmUp:   sim.D(time.Minute),
		Pool: sim.Pool{
			MaxActive: 16, Wait: true, Lifetime: l, Eviction: earned,
		},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: 1000},
			Hold: sim.Dist{Exponential: sim.D(10 * time.Millisecond)},
		},
		World: sim.World{OpenLatency: sim.Dist{Lognormal: &sim.Lognormal{
			Median: sim.D(200 * time.Millisecond), Sigma: 0.3,
		}}},
	}
}

// #endregion day

// #region choose

// chooseLifetime simulates two lifetimes on the same seed, and
// returns the one with the shorter longest wait.
func chooseLifetime(seed uint64, out io.Writer) (policy.Lifetime, error) {
	fmt.Fprintln(out,
		"by day               opened   waited > 50 ms   longest wait")
	var best policy.Lifetime
	shortest := 0.0
	for _, c := range []struct {
		name string
		l    policy.Lifetime
	}{
		{"all at once", rotation{period: tenMinutes}},
		{"spread", rotation{period: tenMinutes, overlap: twoMinutes}},
	} {
		r, err := sim.Run(byDay(seed, c.l))
		if err != nil {
			return nil, err
		}
		share := r.WaitAbove(50 * time.Millisecond)
		waited := share * float64(r.Outcomes.Granted)
		fmt.Fprintf(out, "  %-18s %6d %16.0f %11.1f ms\n",
			c.name, r.Opens, waited, 1000*r.Wait.Max)
		if best == nil || r.Wait.Max < shortest {
			best, shortest = c.l, r.Wait.Max
		}
	}
	return best, nil
}

// #endregion choose

// #region night

// byNight is eight hours with a request every five seconds on
// average, and a firewall that forgets a connection after a silent
// quarter of a minute.
func byNight(seed uint64, g policy.Gate) *sim.Scenario {
	return &sim.Scenario{
		Seed:     seed,
		Duration: sim.D(8 * time.Hour),
		Pool: sim.Pool{
			MaxActive: 16, Wait: true, Eviction: earned, Gate: g,
		},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: 0.2},
			Hold: sim.Dist{Exponential: sim.D(10 * time.Millisecond)},
		},
		World: sim.World{IdleTimeout: sim.D(15 * time.Second)},
	}
}

// chooseGate returns the gate with which fewer requests meet a dead
// connection.
func chooseGate(seed uint64, out io.Writer) (policy.Gate, error) {
	fmt.Fprintln(out,
		"by night             requests   that met a dead connection")
	var best policy.Gate
	var fewest uint64
	for _, c := range []struct {
		name string
		g    policy.Gate
	}{
		{"tested once a minute", onceAMinute},
		{"tested when doubtful", doubtful},
	} {
		r, err := sim.Run(byNight(seed, c.g))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "  %-20s %6d %28d\n",
			c.name, r.Requests, r.Uses.Broken)
		if best == nil || r.Uses.Broken < fewest {
			best, fewest = c.g, r.Uses.Broken
		}
	}
	return best, nil
}

// #endregion night
