package main

import (
	"math"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
)

// tally is the result of one run, or of several together.
type tally struct {
	wait, total               sim.Histogram
	requests, granted, waited uint64
	// denied counts the requests that the pool did not serve in time: refused at its limit, timed
	// out, also with a lease, or out of patience. It does not count failed openings.
	denied       uint64
	calls, good  uint64  // requests, and those granted, if they are not tried again
	use, seconds float64 // use is the sum of utilization times seconds
}

func tallyOf(r *sim.Report) *tally {
	o := &r.Outcomes
	calls, good := r.Requests, o.Granted
	if c := r.Calls; c != nil {
		calls, good = c.Calls, c.Good
	}
	return &tally{
		calls: calls, good: good,
		wait: r.WaitHistogram(), total: r.TotalHistogram(),
		requests: r.Requests, granted: o.Granted,
		waited: uint64(math.Round(float64(r.WaitedFraction * float64(o.Granted)))),
		denied: o.Exhausted + o.QueueFull + o.TimedOut + o.Shed + o.GaveUp + o.Stuck + r.Uses.TimedOut,
		use:    float64(r.Utilization * r.Duration), seconds: r.Duration,
	}
}

func (t *tally) merge(o *tally) {
	t.wait.Merge(&o.wait)
	t.total.Merge(&o.total)
	t.requests += o.requests
	t.granted += o.granted
	t.waited += o.waited
	t.denied += o.denied
	t.calls += o.calls
	t.good += o.good
	t.use += o.use
	t.seconds += o.seconds
}

// without returns the tally without o, which was merged.
func (t *tally) without(o *tally) *tally {
	return &tally{
		wait: t.wait.Without(&o.wait), total: t.total.Without(&o.total),
		requests: t.requests - o.requests, granted: t.granted - o.granted,
		waited: t.waited - o.waited, denied: t.denied - o.denied, calls: t.calls - o.calls, good: t.good - o.good,
		use: t.use - o.use, seconds: t.seconds - o.seconds,
	}
}

func (t *tally) utilization() float64 {
	if t.seconds == 0 {
		return 0
	}
	return t.use / t.seconds
}

func (t *tally) deniedShare() float64 { return share(t.denied, t.requests) }

func (t *tally) failedShare() float64 { return share(t.calls-t.good, t.calls) }

func share(part, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

// maxGroups is the most groups of runs from which a spread is computed. More would add
// little, since a percentile has the resolution of its histogram.
const maxGroups = 20

// estimates returns the metrics of runs, and the share of denied requests.
func estimates(runs []*tally, targets []*target) (figures map[string]estimate.Interval, denied estimate.Interval) {
	groups := make([]*tally, min(len(runs), maxGroups))
	var all tally
	for i, r := range runs {
		all.merge(r)
		if g := i % len(groups); groups[g] == nil {
			groups[g] = new(tally)
		}
		groups[i%len(groups)].merge(r)
	}
	rest := make([]*tally, len(groups))
	for i, g := range groups {
		rest[i] = all.without(g)
	}
	jackknife := func(of func(*tally) float64, shares bool) estimate.Interval {
		var without []float64
		for _, r := range rest {
			without = append(without, of(r))
		}
		e := estimate.Jackknife(of(&all), without, !shares)
		if shares && e.Known() {
			e.Low, e.High = math.Max(e.Low, 0), math.Min(e.High, 1)
		}
		return e
	}
	figures = map[string]estimate.Interval{}
	for _, m := range metrics() {
		figures[m.name] = jackknife(m.of, m.shares)
	}
	for _, t := range targets {
		f := figures[t.name]
		if t.level == 0 || !f.Known() || !math.IsInf(f.High, 1) {
			continue
		}
		// A percentile at which requests just begin to wait is near zero, and its spread is
		// larger than itself. Then how many wait longer than the limit says more.
		const rounding = 1e-9
		if beyond := jackknife(t.beyond, true); beyond.High <= 1-t.level+rounding {
			f.High = t.limit
			figures[t.name] = f
		}
	}
	return figures, jackknife((*tally).deniedShare, true)
}
