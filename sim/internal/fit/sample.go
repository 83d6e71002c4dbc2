// Package fit reads latencies and arrivals as people have them, and describes them by the
// distributions and the rates of a scenario.
package fit

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Sample is durations, reduced to points of their distribution. Times are in seconds.
type Sample struct {
	Count uint64
	Mean  float64
	Max   float64 // zero: not known
	// Points is the share of the durations that are not longer, in ascending order.
	Points []Point
	// Beyond is the share that is longer than the last point, of which nothing else is
	// known.
	Beyond float64

	raw bool // the points are durations, not the bounds of buckets
}

// Point is a point of a distribution.
type Point struct{ At, Share float64 }

// maxPoints is how many points of raw durations are kept.
const maxPoints = 2000

// SampleOf returns the sample of raw durations.
func SampleOf(all []time.Duration) *Sample {
	sorted := slices.Sorted(slices.Values(all))
	s := &Sample{Count: uint64(len(sorted)), raw: true}
	if len(sorted) == 0 {
		return s
	}
	sum := 0.0
	for _, d := range sorted {
		sum += d.Seconds()
	}
	s.Mean, s.Max = sum/float64(len(sorted)), sorted[len(sorted)-1].Seconds()
	n, last := min(len(sorted), maxPoints), -1
	for i := range n {
		k := (2*i + 1) * len(sorted) / (2 * n)
		if k < last {
			continue // the same duration as before
		}
		// Durations that were rounded to the same one lie evenly around it.
		first := sort.Search(k, func(j int) bool { return sorted[j] == sorted[k] })
		last = k + sort.Search(len(sorted)-k, func(j int) bool { return sorted[k+j] > sorted[k] })
		s.Points = append(s.Points, Point{sorted[k].Seconds(), float64(first+last) / 2 / float64(len(sorted))})
	}
	return s
}

// Quantile returns a duration by linear interpolation.
func (s *Sample) Quantile(q float64) float64 {
	last := Point{}
	for i, p := range s.Points {
		if p.Share < q {
			last = p
			continue
		}
		if i == 0 && s.raw || p.Share == last.Share {
			return p.At // nothing is shorter
		}
		return last.At + (p.At-last.At)*(q-last.Share)/(p.Share-last.Share)
	}
	return math.Max(last.At, s.Max)
}

// Scale makes all durations longer by a factor.
func (s *Sample) Scale(by float64) {
	points := slices.Clone(s.Points)
	for i := range points {
		points[i].At = float64(points[i].At * by)
	}
	s.Points, s.Mean, s.Max = points, float64(s.Mean*by), float64(s.Max*by)
}

// meanOfPoints returns the mean of durations that lie evenly between the points.
func (s *Sample) meanOfPoints() float64 {
	mean, last := 0.0, Point{}
	for _, p := range s.Points {
		mean += float64((last.At + p.At) / 2 * (p.Share - last.Share))
		last = p
	}
	return mean + float64(last.At*s.Beyond)
}
