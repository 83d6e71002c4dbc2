package sim

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// duration draws durations of all magnitudes, and their neighbors at powers of
// two.
func duration() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		bits := rapid.IntRange(0, 53).Draw(t, "bits")
		return time.Duration(rapid.Int64Range(0, 1<<bits).Draw(t, "ns"))
	})
}

// A histogram says of durations what the sorted slice of them says: exactly for
// short ones, and not shorter, nor longer by 1/1024, for others.
func TestHistogramIsASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(duration(), 1, 200).Draw(t, "durations")
		var h Histogram
		sum := new(big.Int)
		for _, d := range all {
			h.Add(d)
			sum.Add(sum, big.NewInt(int64(d)))
		}
		slices.Sort(all)
		if h.Count() != uint64(len(all)) || h.Max() != all[len(all)-1] {
			t.Fatalf("count %d, max %v of %v", h.Count(), h.Max(), all)
		}
		mean, _ := new(big.Rat).SetFrac(sum, big.NewInt(int64(len(all))*1e9)).Float64()
		if got := h.meanSeconds(); math.Abs(got-mean) > mean*1e-15 {
			t.Fatalf("mean %v, want %v", got, mean)
		}
		for _, q := range []float64{0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1, rapid.Float64Range(0, 1).Draw(t, "q")} {
			rank := min(max(int(math.Ceil(q*float64(len(all)))), 1), len(all))
			got, want := h.Quantile(q), all[rank-1]
			if got < want || float64(got-want) >= float64(want)/1024 && got != want || want < 2048 && got != want {
				t.Fatalf("quantile %v is %v, want %v of %v", q, got, want, all)
			}
		}
		d := duration().Draw(t, "d")
		longer := 0
		for _, x := range all {
			if x > upper(bucketOf(d)) {
				longer++
			}
		}
		if got := h.Above(d); got != float64(longer)/float64(len(all)) {
			t.Fatalf("above %v: %v, want %d of %v", d, got, longer, all)
		}
	})
}

func TestBucketsAreContiguous(t *testing.T) {
	if upper(0) != 0 {
		t.Errorf("the first ends at %v", upper(0))
	}
	for i := range 53 << 10 {
		last := upper(i)
		if bucketOf(last) != i || bucketOf(last+1) != i+1 {
			t.Fatalf("bucket %d ends at %d, which is in %d, and the next is in %d", i, last, bucketOf(last), bucketOf(last+1))
		}
	}
}

func TestEmptyHistogram(t *testing.T) {
	var h Histogram
	if h.Count() != 0 || h.Max() != 0 || h.Mean() != 0 || h.Quantile(0.5) != 0 || h.Above(0) != 0 {
		t.Error("it knows of something")
	}
	h.Add(-time.Second)
	if h.Max() != 0 || h.Count() != 1 {
		t.Error("a negative duration does not count as zero")
	}
}

// A mean far below a nanosecond keeps its digits, and a sum beyond 64 bits is one.
func TestHistogramMeanIsExact(t *testing.T) {
	var tiny, huge Histogram
	tiny.Add(1)
	for range 999_999 {
		tiny.Add(0)
	}
	if got := tiny.meanSeconds(); ulps(got, 1e-15) > 1 {
		t.Errorf("tiny mean %v", got)
	}
	for range 5000 {
		huge.Add(longest)
	}
	if huge.high == 0 || huge.Mean() != longest {
		t.Errorf("huge mean %v", huge.Mean())
	}
}

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
