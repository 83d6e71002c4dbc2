package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/respool/respool/sim/internal/figures"
)

// about reports whether a target is about a figure.
func (v *adviser) about(name string) bool {
	return slices.ContainsFunc(v.targets, func(t *target) bool { return t.name == name })
}

func (v *adviser) saySure() string {
	if v.seeds == 1 {
		return "One seed shows no spread, so how sure this is cannot be said: give it more -seeds."
	}
	text := "With 95 % confidence " + v.shown(v.best)
	if v.best != v.now && !v.now.overloaded {
		t := v.targets[0]
		d := v.best.change(v.now, t.of)
		if d.Low != d.High {
			text += fmt.Sprintf("; for the same requests, %s changes by %s to %s", t.name, byHow(t, d.Low), byHow(t, d.High))
		}
	}
	return text + fmt.Sprintf(" (%d seeds).", v.seeds)
}

func byHow(t *target, x float64) string {
	if math.IsInf(x, 0) {
		return "an unknown amount"
	}
	if x < 0 {
		return "-" + t.format(-x)
	}
	return "+" + t.format(x)
}

// shown returns the figures of a trial that the targets are about.
func (v *adviser) shown(t *trial) string {
	s := sweep{targets: v.targets, seeds: v.seeds}
	text := strings.ReplaceAll(s.shown(&t.point), " with 95 % confidence", "")
	if t.denied.Mean > 0 {
		text += fmt.Sprintf(", and %s are refused, give up or time out", figures.Percent(t.denied.Mean))
	}
	return text
}

// means does the same without the intervals.
func (v *adviser) means(t *trial) string {
	var texts []string
	for _, of := range v.targets {
		texts = append(texts, of.name+" "+of.format(t.figures[of.name].Mean))
	}
	text := strings.Join(texts, "; ")
	if t.denied.Mean > 0 {
		text += fmt.Sprintf(", and %s are refused, give up or time out", figures.Percent(t.denied.Mean))
	}
	return text
}

func (v *adviser) sayTried() string {
	var parts []string
	if v.best.meets && v.smaller != nil && v.smaller.scenario.Pool.MaxActive == v.best.scenario.Pool.MaxActive-1 {
		parts = append(parts, fmt.Sprintf("with %d connections the targets are not met (%s)", v.smaller.scenario.Pool.MaxActive, v.shown(v.smaller)))
	}
	for _, c := range v.useless {
		if c.trades {
			parts = append(parts, fmt.Sprintf("%s %s trades waits for errors (%s)", c.Setting, c.To, c.Buys))
			continue
		}
		if what, from, is := strings.Cut(c.Buys, " instead of "); is && strings.HasSuffix(what, " "+from) {
			parts = append(parts, fmt.Sprintf("%s %s changes nothing that counts here", c.Setting, c.To))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s is no certain gain (%s)", c.Setting, c.To, c.Buys))
	}
	parts = append(parts, v.untried()...)
	if len(parts) == 0 {
		return fmt.Sprintf("Nothing else of %d variants helped.", v.tried)
	}
	return "Also tried: " + strings.Join(parts, "; ") + "."
}

// untried says what the advice leaves open, and why.
func (v *adviser) untried() (parts []string) {
	sc := v.best.scenario
	if n := v.fewest(); n > 1 {
		parts = append(parts, fmt.Sprintf("fewer than %d connections can deadlock, since each of %d clients keeps %d while it waits for another",
			n, sc.Workload.Closed.Clients, atOnce(sc)-1))
	}
	switch {
	case v.free:
		parts = append(parts, fmt.Sprintf("the target does not say how long a request may wait (p99 %s): give it one such as -target p99=20ms", figures.Seconds(v.best.figures["p99"].Mean)))
	case !sc.Pool.Wait && v.onlyAbout("refused", "failed") && v.now.denied.Mean > 0:
		parts = append(parts, "with -wait fewer connections do, but then requests wait: give it a target such as -target p99=20ms")
	}
	return parts
}

func (v *adviser) sayAssumed() string {
	sc := v.best.scenario
	assumed := []string{"hold times stay as they are, however many connections there are"}
	if n := sc.World.Server.Workers; n > 0 {
		assumed = []string{fmt.Sprintf("the server has %s, as the scenario says", times(n, "worker"))}
	}
	if sc.Workload.Open != nil {
		again := "none is tried again"
		if sc.Clients.Retry.Retries > 0 {
			again = "those that fail are tried again as the scenario says"
		}
		assumed = append(assumed, "requests come whatever becomes of the earlier ones, and "+again)
	} else {
		assumed = append(assumed, "each client has one request at a time")
	}
	w := &sc.World
	if faults(w) == "" && w.OpenFailure == 0 && w.TestFailure == 0 && w.Life.Mean() == 0 {
		assumed = append(assumed, "the server neither fails nor slows down")
	} else {
		assumed = append(assumed, "the server fails as the scenario says, and not otherwise")
	}
	if sc.Workload.Open != nil && canDeadlock(sc) && sc.Pool.MaxActive > 0 {
		assumed = append(assumed, fmt.Sprintf("no more than %d requests are under way at a time, since more can deadlock in a pool of %d",
			(sc.Pool.MaxActive-1)/(atOnce(sc)-1), sc.Pool.MaxActive))
	}
	for _, what := range v.missing {
		assumed = append(assumed, "the runs are too short for the "+what)
	}
	if text := short(v.best.scenario); text != "" {
		assumed = append(assumed, text)
	}
	return "Assumed: " + strings.Join(assumed, "; ") + "."
}
