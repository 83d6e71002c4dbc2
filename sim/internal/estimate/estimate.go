// Package estimate says how well a few independent runs know a figure.
package estimate

import (
	"encoding/json"
	"math"

	"github.com/respool/respool/sim/internal/exact"
)

// Interval is a figure of runs, and the interval in which the true figure lies
// with 95 % confidence. Low and High are infinite where nothing is known of them.
type Interval struct {
	Mean, Low, High float64
}

// Known reports whether there is an interval at all: one run shows no spread.
func (i Interval) Known() bool { return !math.IsInf(i.Low, -1) }

// MarshalJSON writes an infinite number, which JSON has not, as null.
func (i Interval) MarshalJSON() ([]byte, error) {
	finite := func(x float64) *float64 {
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return nil
		}
		return &x
	}
	return json.Marshal(struct {
		Mean *float64 `json:"mean"`
		Low  *float64 `json:"low"`
		High *float64 `json:"high"`
	}{finite(i.Mean), finite(i.Low), finite(i.High)})
}

// Jackknife estimates a figure that is all for the runs together, and without for all but
// one of them, or but one group of equal size. Pooled, a percentile has not the bias that
// a mean of the runs' percentiles has; the spread comes from what the figure becomes when
// a run is left out, by Student's t distribution. For a figure that is a size above zero,
// the interval is computed from its reciprocal. Near saturation a wait is proportional to
// one over the free capacity, and the free capacity is what varies evenly. If the spread
// is too large for that, there is no upper end. One run has no interval.
func Jackknife(all float64, without []float64, size bool) Interval {
	n := float64(len(without))
	if len(without) < 2 {
		return Interval{all, math.Inf(-1), math.Inf(1)}
	}
	sum := 0.0
	for _, x := range without {
		sum += x
	}
	mean, squares := sum/n, 0.0
	for _, x := range without {
		d := x - mean
		squares += float64(d * d)
	}
	half := float64(T95(len(without)-1) * math.Sqrt(float64((n-1)/n*squares)))
	if size && all > 0 {
		high := math.Inf(1)
		if half < all {
			high = all / (1 - half/all)
		}
		return Interval{all, all / (1 + half/all), high}
	}
	return Interval{all, all - half, all + half}
}

// T95 returns what a t distribution with so many degrees of freedom exceeds in
// size with a probability of 5 %.
func T95(freedom int) float64 {
	// Bisection on the distribution function: exact enough in 60 steps, and no
	// table to mistype.
	low, high := 0.0, 13.0
	for range 60 {
		mid := (low + high) / 2
		if within(mid, freedom) < 0.95 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// within returns the probability that |t| is at most x: the finite sums of
// Abramowitz and Stegun, 26.7.3 and 26.7.4.
func within(x float64, freedom int) float64 {
	v := float64(freedom)
	tan := x / math.Sqrt(v)
	c2 := 1 / (1 + float64(tan*tan)) // the angle's cosine, squared
	c := math.Sqrt(c2)
	sin := float64(tan * c)
	if freedom%2 == 0 {
		sum, term := 1.0, 1.0
		for k := 2; k < freedom; k += 2 {
			term = float64(term*float64(c2*float64(k-1))) / float64(k)
			sum += term
		}
		return float64(sin * sum)
	}
	angle := exact.Atan(tan)
	if freedom == 1 {
		return 2 * angle / math.Pi
	}
	sum, term := c, c
	for k := 3; k < freedom; k += 2 {
		term = float64(term*float64(c2*float64(k-1))) / float64(k)
		sum += term
	}
	return float64(2 / math.Pi * (angle + float64(sin*sum)))
}
