package main

import (
	"fmt"
	"math"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// overload returns a sentence about a pool that is overloaded, or "".
func overload(sc *sim.Scenario) string {
	if !sc.Overloaded() {
		return ""
	}
	const grows = "; the queue grows without a bound, and the waits depend on the length of the run"
	if text := serverOverload(sc); text != "" {
		return "overload: " + text + grows
	}
	return fmt.Sprintf("overload: the offered load is %s, the pool has %d"+grows, figures.Number(sc.Offered()), sc.Pool.MaxActive)
}

// serverOverload returns a sentence about a server whose workers cannot do all of their work,
// or "".
func serverOverload(sc *sim.Scenario) string {
	load, workers := sc.OfferedToServer(), sc.World.Server.Workers
	if workers == 0 || load < float64(workers) {
		return ""
	}
	return fmt.Sprintf("the requests keep %s of the server busy, and it has %d", times(int(math.Ceil(load)), "worker"), workers)
}

// enough is how many relaxation times a run must have. With half as many the result still
// depends on the run's beginning, and on a few long queues.
const enough = 100

// short returns a sentence about a run whose waits are random because it is too short, or
// "".
func short(sc *sim.Scenario) string {
	forget := sc.Relaxation()
	if forget == 0 {
		return ""
	}
	length := countedSpan(sc)
	if length >= enough*forget {
		return ""
	}
	text := fmt.Sprintf("a run lasts %s, %s times the queue's relaxation time, %s; below %d times, waits and their range are likely to be too low ",
		figures.Seconds(length.Seconds()), figures.Number(float64(length)/float64(forget)), figures.Seconds(forget.Seconds()), enough)
	if sc.Duration > 0 {
		return text + fmt.Sprintf("(give it -duration %v)", (time.Duration(sc.WarmUp)+enough*forget).Round(time.Second)+time.Second)
	}
	const step = 1000
	more := float64(enough*forget) / float64(max(length, 1))
	return text + fmt.Sprintf("(give it -requests %d)", step*int64(math.Ceil(float64(more*float64(sc.Requests))/step)))
}

// countedSpan returns the time in which the counted requests arrive.
func countedSpan(sc *sim.Scenario) time.Duration {
	length := time.Duration(sc.Duration)
	if rate := math.Max(sc.Workload.Open.Poisson, sc.Workload.Open.Constant); sc.Requests > 0 {
		by := secondsOf(math.Min(float64(sc.Requests)/rate, 1e9))
		if length == 0 || by < length {
			length = by
		}
	}
	return length - time.Duration(sc.WarmUp)
}

// warnings returns the warnings about points that ran for too short a time.
func (s *sweep) warnings() (all []string) {
	var worst *point
	n := 0
	for _, p := range s.ran() {
		if short(p.scenario) == "" {
			continue
		}
		if n++; worst == nil || p.scenario.Relaxation() > worst.scenario.Relaxation() {
			worst = p
		}
	}
	if worst == nil {
		return nil
	}
	text := "warning: "
	for i, param := range s.params {
		if i > 0 {
			text += ", "
		}
		text += param.name + " " + param.format(param.values[worst.values[i]])
	}
	if n > 1 {
		text += fmt.Sprintf(", the worst of %d points", n)
	}
	text += ": "
	return []string{text + short(worst.scenario)}
}
