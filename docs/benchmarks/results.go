package main

import (
	"runtime"
	"slices"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

// results is a whole run, as it is kept.
type results struct {
	Date    string     `json:"date"`
	Go      string     `json:"go"`
	CPU     string     `json:"cpu"`
	Cores   int        `json:"cores"`
	Rounds  []round    `json:"rounds"`
	Cases   []*outcome `json:"cases"` // in the order of allCases
	Dropped int        `json:"dropped"`

	// Conditions are those of a later run, which keeps disturbed samples.
	Conditions string     `json:"conditions,omitempty"`
	Later      []*results `json:"later,omitempty"` // runs of a part of the cases, after this one

	byName map[string]*outcome
	quick  bool // a sample has one cycle, so no sample is dropped as disturbed
}

type round struct {
	Bounce float64 `json:"bounce_ns"`
	Phase  string  `json:"phase"`
}

// farFrom is the bounce from which on two processors count as far from each other.
const farFrom = 300 // ns

func roundOf(bounce float64) round {
	if bounce < farFrom {
		return round{bounce, "near"}
	}
	return round{bounce, "far"}
}

// outcome has the samples of a case, by round. A sample that is missing or was dropped is
// nil.
type outcome struct {
	Work      string    `json:"work"`
	Contender string    `json:"contender"`
	Samples   []*sample `json:"samples"`
}

func newResults(cases []benchCase) *results {
	r := &results{
		Date: time.Now().UTC().Format("2006-01-02"), Go: report.GoVersion(), CPU: report.CPUModel(), Cores: runtime.NumCPU(),
	}
	for _, c := range cases {
		r.Cases = append(r.Cases, &outcome{Work: c.work, Contender: c.contender})
	}
	r.index()
	return r
}

func (r *results) index() {
	r.byName = make(map[string]*outcome)
	for _, o := range r.Cases {
		r.byName[o.Work+"/"+o.Contender] = o
	}
}

// disturbed is how many processors other processes may have used during a sample.
const disturbed = 0.3

// add keeps a sample, unless other processes have disturbed it.
func (r *results) add(c *benchCase, round int, s *sample) {
	o := r.byName[c.name()]
	for len(o.Samples) <= round {
		o.Samples = append(o.Samples, nil)
	}
	if s.Others > disturbed && !r.quick && r.Conditions == "" {
		r.Dropped++
		return
	}
	o.Samples[round] = s
}

func readResults(name string) (*results, error) {
	r := new(results)
	if err := report.Read(name, r); err != nil {
		return nil, err
	}
	r.index()
	for _, later := range r.Later {
		later.index()
	}
	return r, nil
}

// figure is one of a sample's numbers.
type figure func(*sample) float64

func nsOf(s *sample) float64     { return s.Ns }
func allocsOf(s *sample) float64 { return s.Allocs }

func extra(unit string) figure { return func(s *sample) float64 { return s.Extra[unit] } }

// median returns the median of a case's samples; ok is false if there are none.
func (r *results) median(name string, f figure) (m float64, ok bool) {
	o := r.byName[name]
	if o == nil {
		return 0, false
	}
	var all []float64
	for _, s := range o.Samples {
		if s != nil {
			all = append(all, f(s))
		}
	}
	return report.Median(all)
}

// ratio returns the median of the ratios of two cases, each within a round, and the smallest
// and the largest of them.
func (r *results) ratio(above, below string, f figure) (m, least, most float64, ok bool) {
	a, b := r.byName[above], r.byName[below]
	if a == nil || b == nil {
		return 0, 0, 0, false
	}
	var all []float64
	for i := range min(len(a.Samples), len(b.Samples)) {
		if x, y := a.Samples[i], b.Samples[i]; x != nil && y != nil && f(y) > 0 {
			all = append(all, f(x)/f(y))
		}
	}
	if m, ok = report.Median(all); !ok {
		return 0, 0, 0, false
	}
	return m, slices.Min(all), slices.Max(all), true
}
