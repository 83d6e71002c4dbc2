// Package estimate says how well a few independent runs know a figure.
package estimate

import (
	"encoding/json"
	"math"

	"github.com/respool/respool/sim/internal/exact"
)

// Interval is a mean over runs, and the interval in which the true mean lies
// with 95 % confidence.
type Interval struct {
	Mean, Low, High float64
}

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

// Mean estimates the mean of what the samples are drawn from, by Student's t
// distribution: the figures of runs with seeds of their own are independent, and
// each is a mean or a percentile of many requests, so near to normal. One sample
// has no interval, and one that is infinite makes all infinite.
func Mean(samples []float64) Interval {
	n := float64(len(samples))
	sum := 0.0
	for _, x := range samples {
		sum += x
	}
	mean := sum / n
	if len(samples) < 2 || math.IsInf(mean, 0) {
		return Interval{mean, mean, mean}
	}
	squares := 0.0
	for _, x := range samples {
		d := x - mean
		squares += float64(d * d)
	}
	half := float64(T95(len(samples)-1) * math.Sqrt(squares/(n-1)/n))
	return Interval{mean, mean - half, mean + half}
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
