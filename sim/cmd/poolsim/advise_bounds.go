package main

import (
	"sort"

	"github.com/respool/respool/sim"
)

// least returns the fewest connections of a pool that are not overloaded, or one if any
// number is.
func least(than *sim.Scenario) int {
	n := sort.Search(mostConnections, func(k int) bool {
		sc := *than
		sc.Pool.MaxActive = k + 1
		return !sc.Overloaded()
	})
	if n == mostConnections {
		return 1
	}
	return n + 1
}

// most returns the most connections to try.
func (v *adviser) most() int {
	sc := v.best.scenario
	most := min(v.upTo, v.fits())
	if c := sc.Workload.Closed; c != nil {
		most = min(most, c.Clients*atOnce(sc)) // each request has all of its own then
	}
	return most
}

// fits returns the most connections of a pool for which the server has room, if all
// instances that there may be have a pool of this size.
func (v *adviser) fits() int {
	sc := v.best.scenario
	if sc.World.MaxConnections == 0 {
		return mostConnections
	}
	return min(max(sc.World.MaxConnections/poolsOf(sc), 1), mostConnections)
}

// poolsOf returns how many pools there may be at a time, each with the limits of the
// scenario's pool.
func poolsOf(sc *sim.Scenario) int {
	return max(sc.Fleet.Instances, sc.Fleet.Autoscale.Max, sc.Keys.Count, 1)
}

// atOnce returns how many connections a request holds at a time.
func atOnce(sc *sim.Scenario) int {
	if !sc.Workload.Nested {
		return 1
	}
	return max(sc.Workload.Leases, 1)
}

// canDeadlock reports whether requests can wait for each other without an end: each keeps
// the connections that it has until it gets another one.
func canDeadlock(sc *sim.Scenario) bool { return atOnce(sc) > 1 && waitsForever(sc) }

// fewest returns the smallest pool without a deadlock. If each of k clients takes m
// connections at a time, all but one of which it may have while it waits, that is
// k*(m-1)+1. With an open loop there is no such size, since any number of requests may
// come at a time.
func (v *adviser) fewest() int {
	sc := v.best.scenario
	if c := sc.Workload.Closed; c != nil && canDeadlock(sc) {
		return c.Clients*(atOnce(sc)-1) + 1
	}
	return 1
}
