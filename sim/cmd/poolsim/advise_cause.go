package main

import (
	"fmt"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// advisedBudget is the part of a retry that each request pays for.
const advisedBudget = 0.1

// tryRetryBudget bounds the retries. In a retry storm they are the load, and no size of a
// pool is enough for it.
func (v *adviser) tryRetryBudget() error {
	r := &v.best.scenario.Clients.Retry
	if r.Retries == 0 || r.Budget > 0 && r.Budget <= advisedBudget || v.best.figures["failed"].Mean == 0 && v.best.meets {
		return nil
	}
	t, err := v.try(v.other(func(sc *sim.Scenario) { sc.Clients.Retry.Budget = advisedBudget }))
	if err != nil {
		return err
	}
	now := "none"
	if r.Budget > 0 {
		now = figures.Percent(r.Budget)
	}
	failed := v.best.figures["failed"].Mean
	c := change{
		Setting: "retry-budget", From: now, To: figures.Percent(advisedBudget),
		Why: "retries no longer keep an overload going", Buys: v.gain("failed", v.best, t),
	}
	v.keep(t, (!v.best.meets && t.meets || lowers(t.change(v.best, (*tally).failedShare), failed)) && !v.harms(t), c)
	return nil
}

// onlyMoves reports whether a larger pool meets the targets without a gain for the
// requests. Either they wait as long for something else, such as a server that does not
// answer, or they fail instead of waiting.
func (v *adviser) onlyMoves(t, larger *trial) bool {
	const half = 0.5
	waits, may := false, 1.0
	for _, of := range v.targets {
		if of.shares {
			continue
		}
		waits = waits || !strings.HasPrefix(of.name, "total.")
		may = min(may, float64(half*max(1-of.level, 0.01)))
	}
	// Both have the same requests, so a wait that is gone is gone from the total time, too.
	by := func(name string) float64 { return t.figures[name].Mean - larger.figures[name].Mean }
	fails := larger.change(t, (*tally).failedShare)
	return waits && by("total.mean") < float64(half*by("mean")) ||
		may < 1 && fails.Mean > may && (!fails.Known() || fails.Low > may)
}

// faults names what happens to the server of a scenario at times, or returns "".
func faults(w *sim.World) string {
	var all []string
	for _, of := range []struct {
		n    int
		name string
	}{{len(w.Stalls), "stall"}, {len(w.Outages), "outage"}, {len(w.Restarts), "restart"}, {len(w.Slow), "slowdown"}} {
		switch {
		case of.n == 1:
			all = append(all, "the "+of.name)
		case of.n > 1:
			all = append(all, "the "+of.name+"s")
		}
	}
	return strings.Join(all, " and ")
}

// tryWithoutFaults looks for a pool that meets the targets while the server is well, if none
// meets them with the faults of the server.
func (v *adviser) tryWithoutFaults() error {
	if v.best.meets || faults(&v.best.scenario.World) == "" {
		return nil
	}
	calm := v.other(func(sc *sim.Scenario) {
		w := &sc.World
		w.Stalls, w.Outages, w.Restarts, w.Slow = nil, nil, nil, nil
	})
	in := &adviser{targets: v.targets, seeds: v.seeds, upTo: v.upTo, progress: v.progress, tried: v.tried, events: v.events}
	var err error
	if in.now, err = in.try(calm); err != nil {
		return err
	}
	in.best = in.now
	if !in.best.meets {
		err = in.trySizes()
	}
	v.tried, v.events = in.tried, in.events
	if err != nil || !in.best.meets {
		return err
	}
	size := in.best.scenario.Pool.MaxActive
	if v.best, err = v.sized(size); err != nil {
		return err
	}
	v.calm, v.moved, v.flat = in.best, nil, 0
	v.recordSize()
	return nil
}

// sayCause says why nothing meets the targets, if that is known, or returns "".
func (v *adviser) sayCause(set string) string {
	switch {
	case v.calm != nil:
		what := faults(&v.best.scenario.World)
		if set == "" {
			return fmt.Sprintf("Leave the pool as it is: without %s it meets %s, and no size of a pool helps against %s.", what, v.wanted(), what)
		}
		return fmt.Sprintf("Set %s: without %s that meets %s, and no size of a pool helps against %s.", set, what, v.wanted(), what)
	case v.moved != nil:
		if set == "" {
			set = "Leave the pool as it is"
		} else {
			set = "Set " + set
		}
		return fmt.Sprintf("%s: no size helps, since with %d connections %s.", set, v.moved.scenario.Pool.MaxActive, v.movedTo())
	}
	if text := serverOverload(v.best.scenario); text != "" && !v.best.meets {
		return fmt.Sprintf("No size of a pool meets %s: %s.", v.wanted(), text)
	}
	return ""
}

// movedTo says what becomes of the wait that a larger pool only moves.
func (v *adviser) movedTo() string {
	from, to := v.best.figures, v.moved.figures
	if a, b := from["failed"].Mean, to["failed"].Mean; b > a {
		return fmt.Sprintf("they fail instead of waiting (%s instead of %s)", figures.Percent(b), figures.Percent(a))
	}
	return fmt.Sprintf("they wait for the server instead (total p99 %s, now %s)", figures.Seconds(to["total.p99"].Mean), figures.Seconds(from["total.p99"].Mean))
}
