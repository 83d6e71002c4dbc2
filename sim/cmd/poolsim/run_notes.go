package main

import (
	"fmt"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// refusesNote is for a target about waits of a pool in which no request waits.
const refusesNote = "the pool does not wait; with -wait it would: without, no request waits, and a busy pool refuses it at once"

// notes returns what a reader might overlook.
func notes(sc *sim.Scenario, r *sim.Report) (all []string) {
	all = append(lateNotes(sc, r), loadNotes(sc, r)...)
	if r.Outcomes.Exhausted > 0 && !sc.Pool.Wait {
		all = append(all, refusesNote)
	}
	if n := r.OpensCut; n > 0 && 10*n >= r.OpensFailed {
		all = append(all, fmt.Sprintf("%s of %s that failed ended because the request had no time left; with -open-detached an opening goes on then, and serves another request",
			figures.Count(n), times(int(r.OpensFailed), "opening")))
	}
	if r.Deadlocks != nil {
		all = append(all, deadlock(sc, r.Deadlocks))
	} else if r.Outcomes.Stuck > 0 {
		all = append(all, "some requests are never served, since the connections that they wait for have leaked")
	}
	return all
}

// lateNotes names the faults of the scenario that come after the end of the run.
func lateNotes(sc *sim.Scenario, r *sim.Report) (all []string) {
	end := sim.D(time.Duration(r.Duration*1e9)) + sc.WarmUp
	late := func(what string, at sim.Duration) {
		if at > end {
			all = append(all, fmt.Sprintf("the %s at %v is after the end of the run, at %v", what, at, end))
		}
	}
	for _, at := range sc.World.Restarts {
		late("restart", at)
	}
	for _, s := range sc.World.Outages {
		late("outage", s.At)
	}
	for _, s := range sc.World.Slow {
		late("slowdown", s.At)
	}
	for _, s := range sc.World.Stalls {
		late("stall", s.At)
	}
	return all
}

// loadNotes says what is odd about the load: it is too much for the pool, it ends early, or a
// use takes no time.
func loadNotes(sc *sim.Scenario, r *sim.Report) (all []string) {
	if text := overload(sc); text != "" {
		all = append(all, text)
	} else if text := serverOverload(sc); text != "" {
		all = append(all, "overload: "+text+"; so some requests fail, whatever the pool's size")
	} else if text := short(sc); text != "" {
		all = append(all, text)
	}
	if n := r.Requests; n == 0 {
		all = append(all, "nothing was asked for in this run: its figures say nothing")
	} else if endedEarly(sc, r) {
		all = append(all, fmt.Sprintf("the arrivals ended after %s requests of the %s that were asked for", figures.Count(arrived(r)), figures.Count(asked(sc))))
	}
	if sc.Workload.Hold.Mean() == 0 && sc.World.Server.Workers == 0 {
		all = append(all, "leases end the moment they begin: there is no -hold")
	}
	if sc.World.Server.Workers > 0 && sc.World.Server.Service.Mean() == 0 {
		all = append(all, "visits to the server take no time: there is no -service")
	}
	return all
}

// deadlock describes the first deadlock of a run: the connections, their holders, and the
// waiters.
func deadlock(sc *sim.Scenario, d *sim.Deadlocks) string {
	text := "deadlock"
	if sc.Fleet.Instances > 0 {
		text += fmt.Sprintf(" of instance %d", d.Instance)
	}
	text += fmt.Sprintf(" at %s, with %s in the queue: %s.", figures.Seconds(d.First), times(d.Waiting, "request"), d)
	if d.Forever {
		text += " It never ends, since nothing ends a wait."
	} else {
		text += fmt.Sprintf(" It ends when one of them gives up. There were %s, %s in all.", times(d.Count, "deadlock"), figures.Seconds(d.Total))
	}
	if c := sc.Workload.Closed; c != nil {
		text += fmt.Sprintf(" %d clients with %d connections at once need %d: clients x (connections - 1) + 1.",
			c.Clients, sc.Workload.Leases, c.Clients*(sc.Workload.Leases-1)+1)
	}
	return text
}

// endedEarly reports whether fewer requests arrived than the scenario has, although there
// was no warm-up.
func endedEarly(sc *sim.Scenario, r *sim.Report) bool {
	return sc.Requests > 0 && arrived(r) < asked(sc) && sc.WarmUp == 0
}

// asked returns how many requests a scenario has, those of all instances.
func asked(sc *sim.Scenario) uint64 { return uint64(sc.Requests) * uint64(max(sc.Fleet.Instances, 1)) }

// arrived returns how many requests have arrived: a call is one, however often it is made.
func arrived(r *sim.Report) uint64 {
	if r.Calls != nil {
		return r.Calls.Calls
	}
	return r.Requests
}
