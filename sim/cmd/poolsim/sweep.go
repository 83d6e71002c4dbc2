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

// point is what the runs with one choice of values have shown.
type point struct {
	values    []int // which of each parameter's
	scenario  *sim.Scenario
	figures   map[string]estimate.Interval // by metric
	meets     bool                         // all targets, with their intervals
	meetsMean bool                         // all targets, by their means
	events    uint64
}

// newSweep makes the points: the last parameter changes fastest.
func newSweep(base *sim.Scenario, params []*parameter, seeds int, targets []*target) (*sweep, error) {
	s := &sweep{base: base, params: params, seeds: seeds, targets: targets}
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
		s.points = append(s.points, point{values: c, scenario: &sc})
	}
	return s, nil
}

// run runs all points, each with the same seeds: what differs between two points
// is then what the parameter does, not what chance does.
func (s *sweep) run(g *progress) error {
	defer g.end()
	all := metrics()
	samples := make([][][]float64, len(s.points)) // by point, metric and seed
	for i := range samples {
		samples[i] = make([][]float64, len(all))
		for m := range all {
			samples[i][m] = make([]float64, s.seeds)
		}
	}
	events := make([]atomic.Uint64, len(s.points))
	err := parallel(len(s.points)*s.seeds, func(job int) error {
		at, k := job/s.seeds, job%s.seeds
		sc := *s.points[at].scenario
		sc.Seed += uint64(k)
		r, err := sim.Run(&sc)
		if err != nil {
			return err
		}
		for m := range all {
			samples[at][m][k] = all[m].of(r)
		}
		events[at].Add(r.Events)
		return nil
	}, func(done int) {
		g.say(float64(done)/float64(len(s.points)*s.seeds), fmt.Sprintf("%d of %d runs", done, len(s.points)*s.seeds))
	})
	if err != nil {
		return err
	}
	for i := range s.points {
		p := &s.points[i]
		p.events = events[i].Load()
		p.figures = map[string]estimate.Interval{}
		for m := range all {
			p.figures[all[m].name] = estimate.Mean(samples[i][m])
		}
		p.judge(s.targets)
	}
	return nil
}

func (p *point) judge(targets []*target) {
	p.meets, p.meetsMean = true, true
	for _, t := range targets {
		f := p.figures[t.name]
		p.meets = p.meets && f.High <= t.limit
		p.meetsMean = p.meetsMean && f.Mean <= t.limit
	}
}

// errNoRange is for a sweep over nothing.
var errNoRange = errors.New("no flag has a range of values, such as -max-active 4:64")
