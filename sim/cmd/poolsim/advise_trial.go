package main

import (
	"fmt"
	"sync/atomic"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
)

// trial is a variant of a scenario, run with each of the seeds.
type trial struct {
	point
	runs []*tally  // by seed
	most []float64 // openings within a second, by seed
	open []float64 // openings a second, by seed
	bad  []float64 // the share of leases whose connection was dead, by seed
	cut  uint64    // openings whose request ran out of time

	stuck uint64 // deadlocks
}

// try runs a variant. Trials of one adviser have the same seeds, so the same requests
// arrive in each.
func (v *adviser) try(sc *sim.Scenario) (*trial, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	n := v.seeds
	t := &trial{
		point: point{scenario: sc}, runs: make([]*tally, n),
		most: make([]float64, n), open: make([]float64, n), bad: make([]float64, n),
	}
	var events, cut, stuck atomic.Uint64
	v.tried++
	err := parallel(n, func(k int) error {
		one := *sc
		one.Seed += uint64(k)
		r, err := sim.Run(&one)
		if err != nil {
			return err
		}
		t.runs[k] = tallyOf(r)
		t.most[k], t.open[k] = float64(r.MostOpens), r.OpensPerSec
		t.bad[k] = share(r.Uses.Broken, r.Outcomes.Granted)
		events.Add(r.Events)
		cut.Add(r.OpensCut)
		if r.Deadlocks != nil {
			stuck.Add(uint64(r.Deadlocks.Count))
		}
		return nil
	}, func(done int) {
		v.progress.say(-1, fmt.Sprintf("variant %d, %d of %d runs", v.tried, done, n))
	})
	if err != nil {
		return nil, err
	}
	t.events, t.cut, t.stuck = events.Load(), cut.Load(), stuck.Load()
	v.events += t.events
	t.figures, t.denied = estimates(t.runs, v.targets)
	for _, r := range t.runs {
		t.requests += r.requests
	}
	t.judge(v.targets)
	return t, nil
}

// change returns by how much a figure is larger in a trial than in another, with its
// interval. The requests are the same in both, so it is narrower than those of the two
// figures.
func (t *trial) change(than *trial, of func(*tally) float64) estimate.Interval {
	groups := min(len(t.runs), maxGroups)
	whole := func(runs []*tally, without int) float64 {
		var sum tally
		for i, r := range runs {
			if i%groups != without {
				sum.merge(r)
			}
		}
		return of(&sum)
	}
	var rest []float64
	for g := range groups {
		rest = append(rest, whole(t.runs, g)-whole(than.runs, g))
	}
	return estimate.Jackknife(whole(t.runs, -1)-whole(than.runs, -1), rest, false)
}

// difference does the same for means over the seeds.
func difference(now, than []float64) estimate.Interval {
	mean := func(without int) float64 {
		sum, n := 0.0, 0
		for i := range now {
			if i != without {
				sum += now[i] - than[i]
				n++
			}
		}
		return sum / float64(max(n, 1))
	}
	var rest []float64
	for i := range now {
		rest = append(rest, mean(i))
	}
	return estimate.Jackknife(mean(-1), rest, false)
}

func meanOf(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}
