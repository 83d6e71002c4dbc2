package main

import (
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
)

// adviceJSON is an advice in JSON. Times are in seconds.
type adviceJSON struct {
	Met       bool          `json:"met"`
	Sentences []string      `json:"sentences"`
	Changes   []change      `json:"changes"`
	InVain    []change      `json:"tried_in_vain"`
	Targets   []targetJSON  `json:"targets"`
	Now       trialJSON     `json:"now"`
	Advised   trialJSON     `json:"advised"`
	Scenario  *sim.Scenario `json:"scenario"` // as advised
	Seeds     int           `json:"seeds"`
	Variants  int           `json:"variants"`
	Run       *realTime     `json:"run,omitempty"`
}

type trialJSON struct {
	Pool       sim.Pool                     `json:"pool"`
	Figures    map[string]estimate.Interval `json:"figures"`
	Denied     estimate.Interval            `json:"denied"`
	Opens      float64                      `json:"opens_per_second"`
	MostOpens  float64                      `json:"most_opens_in_a_second"` // a mean over the seeds
	Meets      bool                         `json:"meets"`
	Overloaded bool                         `json:"overloaded"`
}

func (v *adviser) json(o *output, begin time.Time) *adviceJSON {
	out := &adviceJSON{
		Met: v.best.meets, Sentences: v.sentences(), Changes: v.changes, InVain: v.useless,
		Now: v.now.json(), Advised: v.best.json(), Scenario: v.best.scenario,
		Seeds: v.seeds, Variants: v.tried, Run: o.took(begin, v.events),
	}
	for _, t := range v.targets {
		out.Targets = append(out.Targets, targetJSON{t.name, t.limit})
	}
	return out
}

func (t *trial) json() trialJSON {
	return trialJSON{t.scenario.Pool, t.figures, t.denied, meanOf(t.open), meanOf(t.most), t.meets, t.overloaded}
}
