package main

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// TestCoverage sweeps M/M/c again and again, each time with seeds of its own, and
// counts how often the interval holds the p99 of the wait that theory knows. Runs are
// as long as a sweep asks for, so of 100 intervals some 95 should hold it, and the
// figure itself should be right on average. Seeds are fixed: the test has one outcome.
func TestCoverage(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes many requests")
	}
	type queue struct {
		servers int
		use     float64
	}
	queues := []queue{{2, 0.8}}
	if os.Getenv("RESPOOL_LONG") == "1" {
		queues = append(queues, queue{7, 0.85}, queue{7, 0.97})
	}
	for _, c := range queues {
		const sweeps, seeds = 60, 5
		hold := time.Millisecond
		rate := float64(c.servers) * c.use / hold.Seconds()
		sc := &sim.Scenario{
			Pool:     sim.Pool{MaxActive: c.servers, Wait: true},
			Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: rate}, Hold: sim.Dist{Exponential: sim.D(hold)}},
		}
		sc.Requests = int64(math.Ceil(enough * sc.Relaxation().Seconds() * rate))
		if s := short(sc); s != "" {
			t.Fatalf("M/M/%d: %s", c.servers, s)
		}
		want := waitP99(c.servers, rate, hold.Seconds())
		held, sum := 0, 0.0
		for i := range sweeps {
			one := *sc
			one.Seed = uint64(1000 * (i + 1))
			f := swept(t, &one, seeds).figures["p99"]
			if f.Low <= want && want <= f.High {
				held++
			}
			sum += f.Mean
		}
		off := sum/sweeps/want - 1
		t.Logf("M/M/%d at %v, %d requests a run: %d of %d intervals hold %.3g s, mean %+.1f %% off", c.servers, c.use, sc.Requests, held, sweeps, want, 100*off)
		// 52 of 60 or fewer has a chance of 1.5 % at 95 %.
		if held <= 52 || math.Abs(off) > 0.04 {
			t.Errorf("M/M/%d: %d of %d intervals hold the true p99, mean %+.1f %% off", c.servers, held, sweeps, 100*off)
		}
	}
}

// swept is the only point of a sweep.
func swept(t *testing.T, sc *sim.Scenario, seeds int) *point {
	t.Helper()
	s, err := newSweep(sc, nil, seeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.run(&progress{}); err != nil {
		t.Fatal(err)
	}
	return &s.points[0]
}

// waitP99 is the wait that 1 % of the requests to M/M/c exceed. The waits of those that wait
// have an exponential distribution.
func waitP99(servers int, rate, hold float64) float64 {
	offered, b := rate*hold, 1.0
	for k := 1; k <= servers; k++ {
		b = offered * b / (float64(k) + offered*b)
	}
	waits := b / (1 - offered/float64(servers)*(1-b))
	return math.Log(waits/0.01) / (float64(servers)/hold - rate)
}
