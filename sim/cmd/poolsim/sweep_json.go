package main

import (
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
)

// sweepJSON is a sweep in JSON. Times are in seconds.
type sweepJSON struct {
	Scenario   *sim.Scenario  `json:"scenario"` // of the first point
	Files      []sim.FileRead `json:"files,omitempty"`
	FirstSeed  uint64         `json:"first_seed"`
	Seeds      int            `json:"seeds"`
	Interval   string         `json:"interval"`
	Parameters []string       `json:"parameters"`
	Points     []pointJSON    `json:"points"`
	Warnings   []string       `json:"warnings,omitempty"`
	Targets    []targetJSON   `json:"targets,omitempty"`
	NotRun     int            `json:"not_run,omitempty"` // points of larger pools
	Met        *bool          `json:"met,omitempty"`     // for all values of the other parameter
	Smallest   []smallestJSON `json:"smallest,omitempty"`
	Best       []bestJSON     `json:"best,omitempty"` // if the server has a queue
	Run        *realTime      `json:"run,omitempty"`
}

type pointJSON struct {
	Values  map[string]float64           `json:"values"`
	Figures map[string]estimate.Interval `json:"figures"`
	Meets   *bool                        `json:"meets,omitempty"`
	// Overloaded: the waits depend on the length of the run.
	Overloaded bool    `json:"overloaded"`
	Offered    float64 `json:"offered_load"`
	Events     uint64  `json:"events"`
}

type targetJSON struct {
	Figure string  `json:"figure"`
	Limit  float64 `json:"limit"`
}

// smallestJSON is the smallest pool that meets the targets.
type smallestJSON struct {
	Met    bool               `json:"met"`
	Values map[string]float64 `json:"values"` // without max-active: none meets them
}

// bestJSON is the best pool, and the sizes whose figure is within the noise of its own.
type bestJSON struct {
	Values map[string]float64 `json:"values"`
	Figure string             `json:"figure"`
	Sizes  []float64          `json:"sizes"`
}

func (s *sweep) json(o *output, begin time.Time) *sweepJSON {
	out := &sweepJSON{
		Scenario: s.base, Files: s.files, NotRun: len(s.points) - len(s.ran()),
		FirstSeed: s.base.Seed, Seeds: s.seeds, Interval: "jackknife over the seeds, Student's t, 95 %",
	}
	out.Warnings = s.warnings()
	if s.seeds == 1 {
		out.Interval = "none: one seed shows no spread"
	}
	for _, p := range s.params {
		out.Parameters = append(out.Parameters, p.name)
	}
	events := uint64(0)
	for _, p := range s.ran() {
		events += p.events
		pj := pointJSON{Values: s.values(p), Figures: p.figures, Events: p.events, Overloaded: p.overloaded, Offered: p.scenario.Offered()}
		if len(s.targets) > 0 {
			pj.Meets = &p.meets
		}
		out.Points = append(out.Points, pj)
	}
	for _, t := range s.targets {
		out.Targets = append(out.Targets, targetJSON{t.name, t.limit})
	}
	for _, a := range s.advice() {
		if out.Met == nil {
			out.Met = new(bool)
			*out.Met = true
		}
		small := smallestJSON{Met: a.best != nil, Values: map[string]float64{}}
		switch _, rest := s.size(); {
		case a.best != nil:
			small.Values = s.values(a.best)
		case rest >= 0:
			small.Values[s.params[rest].name] = s.params[rest].values[a.other]
		}
		*out.Met = *out.Met && small.Met
		out.Smallest = append(out.Smallest, small)
	}
	for _, r := range s.bestRanges() {
		b := bestJSON{Values: s.values(r.best), Figure: bestFigure}
		for _, p := range r.sizes {
			size, _ := s.size()
			b.Sizes = append(b.Sizes, s.params[size].values[p.values[size]])
		}
		out.Best = append(out.Best, b)
	}
	out.Run = o.took(begin, events)
	return out
}

func (s *sweep) values(p *point) map[string]float64 {
	values := map[string]float64{}
	for i, param := range s.params {
		values[param.name] = param.values[p.values[i]]
	}
	return values
}
