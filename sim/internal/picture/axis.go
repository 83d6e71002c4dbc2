package picture

import (
	"math"
	"sort"

	"github.com/respool/respool/sim/internal/exact"
)

// Axis is one direction of a chart. A linear one begins at zero, and leaves some
// air above the data.
type Axis struct {
	Label  string
	Log    bool
	Tight  bool                 // linear: begin and end with the data
	Min    float64              // logarithmic: begin here. Zero: with the data
	Max    float64              // end here. Zero: with the data
	Format func(float64) string // of a tick
	Whole  bool                 // ticks at whole numbers only
	Clock  bool                 // ticks at the steps of a clock
}

// scale maps values to pixels.
type scale struct {
	axis     *Axis
	low, top float64 // values, their logarithms if the axis is
	from, to float64 // pixels
}

func (a *Axis) scale(low, top, from, to float64) scale {
	if a.Log {
		return scale{a, exact.Log10(low), exact.Log10(top), from, to}
	}
	return scale{a, low, top, from, to}
}

// at returns the pixel of a value, kept within the chart.
func (s *scale) at(v float64) float64 {
	if s.axis.Log {
		v = exact.Log10(math.Max(v, 1e-300))
	}
	if s.top == s.low {
		return (s.from + s.to) / 2
	}
	share := math.Min(math.Max((v-s.low)/(s.top-s.low), 0), 1)
	return s.from + float64(share*(s.to-s.from))
}

// ticks returns the values at which the axis has a label, about so many.
func (s *scale) ticks(about int) []float64 {
	if s.axis.Log {
		return s.decades(about)
	}
	if s.top <= s.low {
		return []float64{s.low}
	}
	step := s.step((s.top - s.low) / float64(about))
	var all []float64
	for i := math.Ceil(s.low/step - 1e-9); i*step <= s.top*(1+1e-12); i++ {
		all = append(all, float64(i*step)+0) // no -0
	}
	return all
}

// step returns the round number at or above x.
func (s *scale) step(x float64) float64 {
	if s.axis.Clock && x > 10 {
		clock := []float64{10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400}
		if i := sort.SearchFloat64s(clock, x); i < len(clock) {
			return clock[i]
		}
	}
	power := exact.Pow10(math.Floor(exact.Log10(x)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		step := float64(m * power)
		if s.axis.Whole && step != math.Floor(step) {
			continue
		}
		if step >= x*(1-1e-9) {
			return step
		}
	}
	return math.Max(float64(10*power), 1)
}

// decades returns powers of ten, with their doubles and fives where there is
// space for them.
func (s *scale) decades(about int) []float64 {
	multiples := []float64{1}
	if s.top-s.low < float64(about)/3 {
		multiples = []float64{1, 2, 5}
	}
	every := math.Max(1, math.Ceil((s.top-s.low)/float64(about)))
	var all []float64
	for d := math.Floor(s.low); d <= s.top; d += every {
		for _, m := range multiples {
			v := float64(m * exact.Pow10(d))
			if l := exact.Log10(v); l >= s.low-1e-9 && l <= s.top+1e-9 {
				all = append(all, v)
			}
		}
	}
	return all
}
