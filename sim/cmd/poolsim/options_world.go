package main

import (
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
)

func worldOptions() []option {
	dist := func(name, field, usage string, to func(*sim.World) *sim.Dist) option {
		return distOption(name, "world."+field, usage, func(sc *sim.Scenario) *sim.Dist { return to(&sc.World) })
	}
	share := func(name, field, usage string, to func(*sim.World) *float64) option {
		return shareOption(name, "world."+field, usage, func(sc *sim.Scenario) *float64 { return to(&sc.World) })
	}
	return []option{
		dist("open-latency", "open_latency", "how long opening a connection takes: a `DIST`",
			func(w *sim.World) *sim.Dist { return &w.OpenLatency }),
		dist("close-latency", "close_latency", "how long closing takes: a `DIST`",
			func(w *sim.World) *sim.Dist { return &w.CloseLatency }),
		dist("test-latency", "test_latency", "how long a test takes: a `DIST`",
			func(w *sim.World) *sim.Dist { return &w.TestLatency }),
		dist("fail-latency", "fail_latency", "how long an opening that fails takes, such as a dial's timeout: a `DIST`; without it, as long as others",
			func(w *sim.World) *sim.Dist { return &w.FailLatency }),
		dist("dead-latency", "dead_latency", "how long its user or a test takes to notice a dead connection: a `DIST`; without it, at once",
			func(w *sim.World) *sim.Dist { return &w.DeadLatency }),
		share("open-failure", "open_failure", "the `share` of openings that fail, such as 0.5%",
			func(w *sim.World) *float64 { return &w.OpenFailure }),
		share("test-failure", "test_failure", "the `share` of tests that fail",
			func(w *sim.World) *float64 { return &w.TestFailure }),
		dist("life", "life", "after what time a connection dies by itself: a `DIST`",
			func(w *sim.World) *sim.Dist { return &w.Life }),
		durationOption("server-idle-timeout", "world.idle_timeout", "the server closes what it has not heard of for this `time`",
			func(sc *sim.Scenario) *sim.Duration { return &sc.World.IdleTimeout }),
		intOption("max-connections", "world.max_connections", "how many connections the server takes: a `number`; 0: no limit",
			func(sc *sim.Scenario) *int { return &sc.World.MaxConnections }),
		anyOption("restart", "world.restarts", "the server restarts, and all connections die, at these `INSTANTS`, such as 10s,1m",
			compact.Instants, func(sc *sim.Scenario, v []sim.Duration) { sc.World.Restarts = v }),
		anyOption("outage", "world.outages", "the same, and no connection can be opened for a while: `AT+FOR,...`, such as 10s+500ms",
			compact.Intervals, func(sc *sim.Scenario, v []sim.Interval) { sc.World.Outages = v }),
		anyOption("slow", "world.slow", "for a while everything takes longer: `AT+FOR*FACTOR,...`, such as 10s+5s*3",
			compact.Slowdowns, func(sc *sim.Scenario, v []sim.Slowdown) { sc.World.Slow = v }),
	}
}

func clientOptions() []option {
	share := func(name, usage string, to func(*sim.Clients) *float64) option {
		return shareOption(name, "clients."+name, usage, func(sc *sim.Scenario) *float64 { return to(&sc.Clients) })
	}
	return []option{
		share("discard", "the `share` that ends with Discard, not Release",
			func(c *sim.Clients) *float64 { return &c.Discard }),
		share("panic", "the `share` that panics half-way",
			func(c *sim.Clients) *float64 { return &c.Panic }),
		share("leak", "the `share` that is never given back",
			func(c *sim.Clients) *float64 { return &c.Leak }),
	}
}
