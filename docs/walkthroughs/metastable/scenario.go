package main

import (
	"time"

	"github.com/respool/respool/sim"
)

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
