package estimate_test

import (
	"encoding/json"
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

// The mean is a figure for which the jackknife gives the textbook's interval.
func TestJackknifeOfAMean(t *testing.T) {
	without := []float64{14. / 4, 13. / 4, 12. / 4, 11. / 4, 10. / 4} // of 1, 2, 3, 4, 5
	got := estimate.Jackknife(3, without, false)
	half := 2.7764 * math.Sqrt(2.5/5)
	if got.Mean != 3 || math.Abs(got.High-(3+half)) > 1e-3 || math.Abs(got.Low-(3-half)) > 1e-3 {
		t.Errorf("got %+v, want 3 +- %.4f", got, half)
	}
	got = estimate.Jackknife(3, without, true)
	if high, low := 1/(1./3-half/9), 1/(1./3+half/9); math.Abs(got.High-high) > 1e-3 || math.Abs(got.Low-low) > 1e-3 {
		t.Errorf("of a size: got %+v, want %.4f to %.4f", got, low, high)
	}
	if got = estimate.Jackknife(3, []float64{1, 5}, true); !math.IsInf(got.High, 1) || got.Low <= 0 || !got.Known() {
		t.Errorf("of what varies by more than itself: %+v", got)
	}
	if got := estimate.Jackknife(0, []float64{0, 0}, true); got != (estimate.Interval{}) || !got.Known() {
		t.Errorf("of none: %+v", got)
	}
}

func TestOneRunHasNoInterval(t *testing.T) {
	got := estimate.Jackknife(7, []float64{0}, true)
	text, err := json.Marshal(got)
	if got.Known() || err != nil || string(text) != `{"mean":7,"low":null,"high":null}` {
		t.Errorf("got %s %v", text, err)
	}
}
