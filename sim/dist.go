package sim

import (
	"math"
	"time"
)

// Dist is a distribution of durations. At most one of its fields is set. Each field of
// type Dist documents what its zero value means; most often the time is zero.
type Dist struct {
	// Constant is always the same duration.
	Constant Duration `json:"constant,omitempty"`
	// Exponential is an exponential distribution with this mean.
	Exponential Duration `json:"exponential,omitempty"`
	// Uniform is evenly distributed between two durations.
	Uniform *Uniform `json:"uniform,omitempty"`
	// Lognormal has a median and a tail, as latencies often have.
	Lognormal *Lognormal `json:"lognormal,omitempty"`
	// Gamma has a shape between that of an exponential distribution and that of a constant,
	// or beyond.
	Gamma *Gamma `json:"gamma,omitempty"`
	// Pareto has a heavier tail than an exponential distribution.
	Pareto *Pareto `json:"pareto,omitempty"`
	// Empirical is samples, such as measured latencies, which are drawn with equal
	// probability.
	Empirical []Duration `json:"empirical,omitempty"`
	// EmpiricalCSV names a file with samples: see [Scenario.Load].
	EmpiricalCSV string `json:"empirical_csv,omitempty"`
}

// Uniform is evenly distributed between Min and Max.
type Uniform struct {
	Min Duration `json:"min"`
	Max Duration `json:"max"`
}

// Lognormal is a distribution in which the logarithm of a value is normally distributed,
// with the standard deviation Sigma. Half of the values lie above Median.
type Lognormal struct {
	Median Duration `json:"median"`
	Sigma  float64  `json:"sigma"`
}

// Gamma is a distribution with the density of the sum of Shape exponential distributions.
// Shape need not be whole: 1 is an exponential distribution, more is narrower, and less is
// wider. The variance is the mean's square divided by Shape.
type Gamma struct {
	Mean  Duration `json:"mean"`
	Shape float64  `json:"shape"`
}

// Pareto is a distribution without values below Min. The share of the values above x is
// proportional to x to the power of -Alpha. If Max is not zero, it cuts the tail off.
type Pareto struct {
	Min   Duration `json:"min"`
	Alpha float64  `json:"alpha"`
	Max   Duration `json:"max,omitempty"`
}

// longest is the longest time that is drawn, some hundred days. It cuts off heavy tails.
const longest = time.Duration(1) << 53

// IsZero reports whether the distribution is not set. A constant of zero counts as
// not set.
func (d Dist) IsZero() bool {
	return d.Constant == 0 && d.Exponential == 0 && d.Uniform == nil && d.Lognormal == nil &&
		d.Gamma == nil && d.Pareto == nil && len(d.Empirical) == 0 && d.EmpiricalCSV == ""
}

// sample draws a duration. A Dist that is constant draws nothing.
func (d *Dist) sample(s *stream) time.Duration {
	switch {
	case d.Constant != 0:
		return time.Duration(d.Constant)
	case d.Exponential != 0:
		return rounded(float64(float64(d.Exponential) * s.exponential()))
	case d.Uniform != nil:
		return rounded(float64(d.Uniform.Min) + float64(float64(d.Uniform.Max-d.Uniform.Min)*s.open01()))
	case d.Lognormal != nil:
		return rounded(float64(float64(d.Lognormal.Median) * exp(float64(d.Lognormal.Sigma*s.normal()))))
	case d.Gamma != nil:
		return rounded(float64(float64(d.Gamma.Mean) * s.gamma(d.Gamma.Shape) / d.Gamma.Shape))
	case d.Pareto != nil:
		v := rounded(float64(float64(d.Pareto.Min) * exp(s.exponential()/d.Pareto.Alpha)))
		if top := time.Duration(d.Pareto.Max); top > 0 {
			v = min(v, top)
		}
		return v
	case len(d.Empirical) > 0:
		return time.Duration(d.Empirical[int(s.open01()*float64(len(d.Empirical)))])
	}
	return 0
}

func rounded(ns float64) time.Duration {
	if ns >= float64(longest) {
		return longest
	}
	return roundTo(ns)
}

// roundTo is math.Round for numbers from zero to endless, without a branch that half of
// them would take.
func roundTo(ns float64) time.Duration {
	whole := int64(ns)
	return time.Duration(whole + int64(float64(2*(ns-float64(whole)))))
}

// Mean returns the distribution's mean. A Pareto distribution with an Alpha of 1 or
// less, and no Max, has an infinite mean: Mean then returns 1<<63 - 1.
func (d *Dist) Mean() time.Duration {
	switch {
	case d.Constant != 0:
		return time.Duration(d.Constant)
	case d.Exponential != 0:
		return time.Duration(d.Exponential)
	case d.Uniform != nil:
		return time.Duration(d.Uniform.Min + (d.Uniform.Max-d.Uniform.Min)/2)
	case d.Lognormal != nil:
		return rounded(float64(float64(d.Lognormal.Median) * exp(d.Lognormal.Sigma*d.Lognormal.Sigma/2)))
	case d.Gamma != nil:
		return time.Duration(d.Gamma.Mean)
	case d.Pareto != nil:
		return d.Pareto.mean()
	case len(d.Empirical) > 0:
		sum := 0.0
		for _, v := range d.Empirical {
			sum += float64(v)
		}
		return rounded(sum / float64(len(d.Empirical)))
	}
	return 0
}

func (p *Pareto) mean() time.Duration {
	low, a := float64(p.Min), p.Alpha
	if p.Max == 0 {
		if a <= 1 {
			return math.MaxInt64
		}
		return rounded(low * a / (a - 1))
	}
	// The integral of the share above x, up to the cut.
	ratio := ln(float64(p.Max) / low)
	if a == 1 {
		return rounded(float64(low * (1 + ratio)))
	}
	return rounded(float64(low * (1 + (1-exp(float64((1-a)*ratio)))/(a-1))))
}
