package sim

import (
	"math"
	"testing"
	"time"
)

func TestMergeAndWithout(t *testing.T) {
	var a, b, both Histogram
	for i := range 2000 {
		d := time.Duration(i*i) * time.Microsecond
		if i >= 1990 {
			d = math.MaxInt64 // the sum needs more than 64 bits
		}
		to := &a
		if i%3 == 0 {
			to = &b
		}
		to.Add(d)
		both.Add(d)
	}
	merged := a.clone()
	merged.Merge(&b)
	same := func(what string, got, want Histogram) {
		t.Helper()
		if got.Count() != want.Count() || got.MeanSeconds() != want.MeanSeconds() {
			t.Errorf("%s: %d with mean %v, want %d with %v", what, got.Count(), got.Mean(), want.Count(), want.Mean())
		}
		for _, q := range []float64{0, 0.1, 0.5, 0.99, 1} {
			if got.Quantile(q) != want.Quantile(q) {
				t.Errorf("%s: quantile %v is %v, want %v", what, q, got.Quantile(q), want.Quantile(q))
			}
		}
	}
	same("merged", merged, both)
	same("without the second", merged.Without(&b), a)
	same("without the first", merged.Without(&a), b)
	var empty Histogram
	empty.Merge(&a)
	same("merged into none", empty, a)
}
