package fit

import (
	"math"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

const ms = sim.Duration(time.Millisecond)

// drawn is a sample of a distribution.
func drawn(d sim.Dist, n int, rounded time.Duration) *Sample {
	// The holds of a scenario are drawn as the simulator draws them.
	s := sim.NewSampler(&sim.Scenario{Seed: 3, Workload: sim.Workload{Hold: d}})
	var all []time.Duration
	for range n {
		hold, _ := s.Request()
		all = append(all, hold.Round(rounded))
	}
	return SampleOf(all)
}

// A sample of each distribution is fitted by that distribution, with its parameters, also
// where the durations were rounded as a log rounds them. A sample that fits none of them
// stays a sample.
func TestWhatIsDrawnIsFitted(t *testing.T) {
	within := func(got, want float64) bool { return math.Abs(got/want-1) < 0.02 }
	for name, c := range map[string]struct {
		dist sim.Dist
		same func(d sim.Dist) bool
	}{
		"exponential": {sim.Dist{Exponential: 20 * ms}, func(d sim.Dist) bool { return within(float64(d.Mean()), float64(20*ms)) }},
		"lognormal": {sim.Dist{Lognormal: &sim.Lognormal{Median: 20 * ms, Sigma: 0.8}}, func(d sim.Dist) bool {
			return within(float64(d.Lognormal.Median), float64(20*ms)) && within(d.Lognormal.Sigma, 0.8)
		}},
		"gamma": {sim.Dist{Gamma: &sim.Gamma{Mean: 20 * ms, Shape: 4}}, func(d sim.Dist) bool {
			return within(float64(d.Gamma.Mean), float64(20*ms)) && within(d.Gamma.Shape, 4)
		}},
		"sample": {sim.Dist{Empirical: []sim.Duration{5 * ms, 5 * ms, 40 * ms}}, func(d sim.Dist) bool {
			return within(float64(d.Mean()), float64(50*ms)/3)
		}},
	} {
		for _, rounded := range []time.Duration{1, time.Millisecond} {
			all := Candidates(drawn(c.dist, 40_000, rounded))
			chosen := 0
			for _, x := range all {
				if !x.Chosen {
					continue
				}
				chosen++
				// A gamma distribution of shape 1 is exponential.
				alike := x.Name == name || name == "exponential" && x.Name == "gamma" && within(x.Dist.Gamma.Shape, 1)
				if !alike || alike && x.Name == name && !c.same(x.Dist) {
					t.Errorf("%s, rounded to %v: chosen is %s %s, %+v", name, rounded, x.Name, x.Text(), all)
				}
			}
			if chosen != 1 {
				t.Errorf("%s: %d are chosen", name, chosen)
			}
		}
	}
}

// The distribution function of a gamma distribution of a whole shape is a finite sum.
func TestGammaShare(t *testing.T) {
	for _, shape := range []int{1, 2, 5, 40} {
		for _, x := range []float64{0.01, 0.5, 1, 3, 7, 50, 200} {
			term, sum := 1.0, 0.0
			for k := range shape {
				if k > 0 {
					term *= x / float64(k)
				}
				sum += term
			}
			if got, want := gammaShare(float64(shape), x), 1-math.Exp(-x)*sum; math.Abs(got-want) > 1e-9 {
				t.Errorf("shape %d at %v: %v, want %v", shape, x, got, want)
			}
		}
	}
	// Of the shape 1/2 it is the error function.
	if got, want := gammaShare(0.5, 2), math.Erf(math.Sqrt2); math.Abs(got-want) > 1e-9 {
		t.Errorf("shape 1/2: %v, want %v", got, want)
	}
}
