package estimate_test

import (
	"math"
	"testing"

	"github.com/respool/respool/sim/internal/estimate"
)

// The values are from the table in any textbook.
func TestT95(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 29: 2.045, 120: 1.980} {
		if got := estimate.T95(freedom); math.Abs(got-want) > 0.0006 {
			t.Errorf("T95(%d) = %.4f, want %.3f", freedom, got, want)
		}
	}
}

func TestMean(t *testing.T) {
	got := estimate.Mean([]float64{1, 2, 3, 4, 5})
	half := 2.7764 * math.Sqrt(2.5/5)
	if got.Mean != 3 || math.Abs(got.High-(3+half)) > 1e-3 || math.Abs(got.Low-(3-half)) > 1e-3 {
		t.Errorf("got %+v, want 3 +- %.4f", got, half)
	}
	if got := estimate.Mean([]float64{7}); got != (estimate.Interval{Mean: 7, Low: 7, High: 7}) {
		t.Errorf("of one sample: %+v", got)
	}
	if got := estimate.Mean([]float64{1, math.Inf(1)}); !math.IsInf(got.Low, 1) {
		t.Errorf("of an infinite one: %+v", got)
	}
}
