package main

import (
	"fmt"
	"strings"
)

// The three works that the page begins with, as charts and in words. The charts
// take the same names: docs/.vitepress/theme/benchmarks/charts.ts.
const (
	cycle   = "serial/bare/"
	timed   = "serial/timeouts/"
	handOff = "hand-off/cancellable/"
	get     = "GET/redis-server/256-goroutines/"
)

// summary says in words what the charts show.
func (r *results) summary() string {
	ns := func(name string) string { return nanoseconds(r.medianOr0(name, nsOf)) }
	times := func(above, below string) string { return r.times(above, below, nsOf) }
	sentences := []string{
		fmt.Sprintf("A cycle of an idle resource takes %s in `resource.Pool` and %s in redigo's pool, which is %s times as long.",
			ns(cycle+ours), ns(cycle+redigo), times(cycle+redigo, cycle+ours)),
		fmt.Sprintf("With timeouts the pool reads the clock, so a cycle takes %s; redigo's pool then takes %s.",
			ns(timed+ours), ns(timed+redigo)),
		fmt.Sprintf("A hand-off to a waiter takes %s, which is %s times a buffered channel's; redigo's pool takes %s times as long as `resource.Pool`, and puddle %s times.",
			ns(handOff+ours), times(handOff+ours, handOff+channel), times(handOff+redigo, handOff+ours), times(handOff+puddleName, handOff+ours)),
		fmt.Sprintf("Over the wire the connection, the system calls and the scheduler take most of the time: `redispool` does %s `GET`s a second, redigo %s and go-redis %s.",
			r.thousands(get+redisOurs), r.thousands(get+redigo), r.thousands(get+goRedis)),
		fmt.Sprintf("In `resource.Pool` neither a cycle nor a hand-off allocates memory; a hand-off makes %.0f allocations in puddle and %.0f in `database/sql`.",
			r.medianOr0(handOff+puddleName, allocsOf), r.medianOr0(handOff+sqlName, allocsOf)),
	}
	var b strings.Builder
	for _, s := range sentences {
		fmt.Fprintf(&b, "* %s\n", s)
	}
	fmt.Fprintf(&b, "\n**Conditions.** %s, %d processors of a virtual machine (%s), %s. Each figure is the median of %d rounds; a ratio is the median of the ratios in the rounds. "+
		"The cycle and the hand-off have a resource that does nothing. `GET` has 256 goroutines on 16 connections to a `redis-server` on the loopback interface.\n",
		r.Go, r.Cores, r.CPU, r.Date, len(r.Rounds))
	return b.String()
}

// medianOr0 is the median of a case that every whole run has.
func (r *results) medianOr0(name string, f figure) float64 {
	m, _ := r.median(name, f)
	return m
}

// times is a ratio as a sentence has it.
func (r *results) times(above, below string, f figure) string {
	m, _, _, _ := r.ratio(above, below, f)
	if m >= 10 {
		return fmt.Sprintf("%.0f", m)
	}
	return fmt.Sprintf("%.1f", m)
}

func nanoseconds(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.1f ns", v)
	}
	if v < 1000 {
		return fmt.Sprintf("%.0f ns", v)
	}
	return fmt.Sprintf("%.1f µs", v/1000)
}

func (r *results) thousands(name string) string {
	return fmt.Sprintf("%.0f,000", r.medianOr0(name, perSecond)/1000)
}
