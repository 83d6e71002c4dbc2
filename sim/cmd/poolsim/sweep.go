package main

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
)

// sweep is runs of one scenario with other values of one parameter or two.
type sweep struct {
	base    *sim.Scenario
	params  []*parameter
	seeds   int
	targets []*target
	points  []point
	files   []sim.FileRead // CSV files of the scenario
}

// point is the result of the runs with one choice of values.
type point struct {
	values     []int // which of each parameter's
	scenario   *sim.Scenario
	figures    map[string]estimate.Interval // by metric
	denied     estimate.Interval            // the share that asked the pool in vain
	overloaded bool
	requests   uint64 // that asked for something
	meets      bool   // all targets, with their intervals
	meetsMean  bool   // all targets, according to the means
	events     uint64
}

// maxPoints and maxRuns keep a sweep within memory.
const (
	maxPoints = 10_000
	maxRuns   = 100_000
	mostSeeds = 1000
)

// newSweep makes the points: the last parameter changes fastest.
func newSweep(base *sim.Scenario, params []*parameter, seeds int, targets []*target) (*sweep, error) {
	s := &sweep{base: base, params: params, seeds: seeds, targets: targets}
	size := 1
	for _, p := range params {
		size *= len(p.values)
	}
	if seeds > mostSeeds {
		return nil, fmt.Errorf("-seeds: %d is above %d", seeds, mostSeeds)
	}
	if size > maxPoints || seeds > maxRuns/size {
		return nil, fmt.Errorf("-seeds: %d for each of %d points are more than %d runs or %d points", seeds, size, maxRuns, maxPoints)
	}
	choices := [][]int{nil}
	for _, p := range params {
		var longer [][]int
		for _, c := range choices {
			for i := range p.values {
				longer = append(longer, append(append([]int(nil), c...), i))
			}
		}
		choices = longer
	}
	for _, c := range choices {
		sc := *base
		for i, p := range params {
			if err := p.put(&sc, c[i]); err != nil {
				return nil, err
			}
		}
		if err := sc.Validate(); err != nil {
			return nil, err
		}
		s.points = append(s.points, point{values: c, scenario: &sc})
	}
	return s, nil
}

// run runs all points, each with the same seeds, so that two points differ by the parameter
// alone.
func (s *sweep) run(g *progress) error {
	defer g.end()
	runs := make([][]*tally, len(s.points)) // by point and seed, until the point is complete
	missing := make([]atomic.Int64, len(s.points))
	events := make([]atomic.Uint64, len(s.points))
	for i := range runs {
		runs[i] = make([]*tally, s.seeds)
		missing[i].Store(int64(s.seeds))
	}
	return parallel(len(s.points)*s.seeds, func(job int) error {
		at, k := job/s.seeds, job%s.seeds
		sc := *s.points[at].scenario
		sc.Seed += uint64(k)
		r, err := sim.Run(&sc)
		if err != nil {
			return err
		}
		runs[at][k] = tallyOf(r)
		events[at].Add(r.Events)
		if missing[at].Add(-1) == 0 {
			p := &s.points[at]
			p.events = events[at].Load()
			p.figures, p.denied = estimates(runs[at], s.targets)
			for _, run := range runs[at] {
				p.requests += run.requests
			}
			runs[at] = nil
			p.judge(s.targets)
		}
		return nil
	}, func(done int) {
		g.say(float64(done)/float64(len(s.points)*s.seeds), fmt.Sprintf("%d of %d runs", done, len(s.points)*s.seeds))
	})
}

// judge compares a point with the targets. An overloaded pool meets none, since its figures
// depend on the length of the run. A percentile is not met if the pool has denied more
// requests than may be beyond it: otherwise a pool that refuses most would look best.
func (p *point) judge(targets []*target) {
	p.overloaded = p.scenario.Overloaded()
	p.meets = !p.overloaded && p.requests > 0 // where nothing is asked for there is no figure
	p.meetsMean = p.meets
	for _, t := range targets {
		f := p.figures[t.name]
		mean, high := f.Mean <= t.limit, f.High <= t.limit
		if t.level > 0 {
			const rounding = 1e-9
			may := 1 - t.level + rounding
			mean, high = mean && p.denied.Mean <= may, high && p.denied.High <= may
		}
		if !f.Known() {
			high = mean // one run is all that there is
		}
		p.meets, p.meetsMean = p.meets && high, p.meetsMean && mean
	}
}

// errNoRange is for a sweep over nothing.
var errNoRange = errors.New("no flag has a range of values, such as -max-active 4:64")
