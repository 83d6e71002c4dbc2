// Metastable stalls a server for five seconds, and shows how retries keep the outage going when the server is well again,
// and what ends it.
//
//	go run ./docs/walkthroughs/metastable
package main

import (
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	"github.com/respool/respool/sim"
)

func main() { walkthrough.MainAlone("metastable", run) }

// #region scenario

// scenario is a server that serves 200 requests a second, and gets
// 140. From 8 s to 13 s it answers nothing.
func scenario() *sim.Scenario {
	return &sim.Scenario{
		Duration: sim.D(40 * time.Second),
		Pool:     sim.Pool{MaxActive: 50, Wait: true},
		Workload: sim.Workload{
			Open:    &sim.OpenLoop{Poisson: 140},
			Timeout: sim.D(150 * time.Millisecond),
		},
		World: sim.World{
			Server: sim.Server{Workers: 1, Service: sim.Dist{Exponential: sim.D(5 * time.Millisecond)}},
			Stalls: []sim.Interval{{At: sim.D(8 * time.Second), For: sim.D(5 * time.Second)}},
		},
		Clients: sim.Clients{Retry: sim.Retry{Retries: 2}},
	}
}

// #endregion scenario

// #region cases
var cases = []struct {
	name   string
	change func(*sim.Scenario)
}{
	{"no retries", func(s *sim.Scenario) { s.Clients.Retry.Retries = 0 }},
	{"2 retries", func(s *sim.Scenario) {}},
	{"with backoff and jitter", func(s *sim.Scenario) {
		s.Clients.Retry.Backoff, s.Clients.Retry.Jitter = sim.D(time.Second), 1
	}},
	{"with a budget of 10 %", func(s *sim.Scenario) { s.Clients.Retry.Budget = 0.1 }},
	{"MaxActive 8", func(s *sim.Scenario) { s.Pool.MaxActive = 8 }},
	{"WaitTimeout 50ms", func(s *sim.Scenario) { s.Pool.WaitTimeout = sim.D(50 * time.Millisecond) }},
	{"both of these", func(s *sim.Scenario) {
		s.Pool.MaxActive, s.Pool.WaitTimeout = 8, sim.D(50*time.Millisecond)
	}},
}

// #endregion cases

func run(out io.Writer) error {
	fmt.Fprintln(out, "good calls a second      before   20-30 s   30-40 s   tries/s   queue at the server")
	for _, c := range cases {
		sc := scenario()
		c.change(sc)
		r, err := sim.Run(sc)
		if err != nil {
			return err
		}
		t := &r.Timeline
		fmt.Fprintf(out, "%-24s %6.0f   %7.0f   %7.0f   %7.0f   %19d\n", c.name, rate(t, t.Good, 0, 8),
			rate(t, t.Good, 20, 30), rate(t, t.Good, 30, 40), rate(t, t.Attempts, 30, 40), r.Server.PeakQueue)
	}
	return nil
}

// rate is the mean of counts a second, from one second to another.
func rate(t *sim.Timeline, counts []uint64, from, to float64) float64 {
	var n uint64
	begin, end := int(from/t.Step+0.5), int(to/t.Step+0.5)
	for _, count := range counts[begin:end] {
		n += count
	}
	return float64(n) / (float64(end-begin) * t.Step)
}
