package resource

import (
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// durations draws durations of all magnitudes.
func durations(t *rapid.T, label string) []time.Duration {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
		bits := rapid.IntRange(0, 62).Draw(t, "bits")
		return time.Duration(rapid.Int64Range(0, 1<<bits).Draw(t, "ns"))
	}), 0, 100).Draw(t, label)
}

// A histogram says of durations what their sorted list says, to one percent.
func TestHistogramIsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := durations(t, "durations")
		h := HistogramOf(all...)
		sum := new(big.Int)
		for _, d := range all {
			sum.Add(sum, big.NewInt(int64(d)))
		}
		slices.Sort(all)
		if h.Count() != uint64(len(all)) || len(all) > 0 && h.Max() != all[len(all)-1] {
			t.Fatalf("count %d, max %v of %v", h.Count(), h.Max(), all)
		}
		exact, _ := new(big.Rat).SetFrac(sum, big.NewInt(1e9)).Float64()
		if got := h.Seconds(); math.Abs(got-exact) > exact*1e-12 {
			t.Fatalf("the sum is %v s, want %v", got, exact)
		}
		if want := time.Duration(math.MaxInt64); sum.IsInt64() && h.Sum() != time.Duration(sum.Int64()) || !sum.IsInt64() && h.Sum() != want {
			t.Fatalf("the sum is %v, want %v", h.Sum(), sum)
		}
		if len(all) == 0 {
			if h.Quantile(0.5) != 0 || h.Mean() != 0 || h.Max() != 0 {
				t.Fatalf("the empty histogram is %+v", h)
			}
			return
		}
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 1, rapid.Float64Range(0, 1).Draw(t, "q")} {
			rank := min(max(int(math.Ceil(q*float64(len(all)))), 1), len(all))
			got, want := h.Quantile(q), all[rank-1]
			if got < want || float64(got-want) > float64(want)/100 || want < 256 && got != want {
				t.Fatalf("quantile %v is %v, want %v of %v", q, got, want, all)
			}
		}
		d := rapid.SampledFrom(all).Draw(t, "d")
		notLonger := uint64(0)
		for _, x := range all {
			if x <= d || float64(x-d) <= float64(d)/100 && h.Quantile(1) >= d && sameBucket(x, d) {
				notLonger++
			}
		}
		if got := h.AtMost(d); got != notLonger {
			t.Fatalf("%d are at most %v, want %d of %v", got, d, notLonger, all)
		}
	})
}

// sameBucket reports whether a histogram tells two durations apart.
func sameBucket(a, b time.Duration) bool {
	n := 0
	for range HistogramOf(a, b).Buckets() {
		n++
	}
	return n == 1
}

// Two histograms together are that of all durations, and taken apart again they are the
// same; in JSON as well.
func TestHistogramsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := durations(t, "a"), durations(t, "b")
		one, two := HistogramOf(a...), HistogramOf(b...)
		all := HistogramOf(slices.Concat(a, b)...)
		if got := one.Merge(two); !reflect.DeepEqual(got, all) {
			t.Fatalf("%+v and %+v are\n%+v, want\n%+v", one, two, got, all)
		}
		rest := all.Sub(one)
		if rest.max < two.max || float64(rest.max-two.max) > float64(two.max)/100 {
			t.Fatalf("the longest of the rest is %v, want %v", rest.max, two.max)
		}
		rest.max = two.max
		if !reflect.DeepEqual(rest, two) {
			t.Fatalf("%+v without %+v is\n%+v, want\n%+v", all, one, rest, two)
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		var back Histogram
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, all) {
			t.Fatalf("%s is %+v, %v, want %+v", text, back, err, all)
		}
	})
}

// A sum may be longer than any Duration, and than 64 bits.
func TestHistogramSumsCarry(t *testing.T) {
	longest := time.Duration(math.MaxInt64)
	one, three := HistogramOf(longest), HistogramOf(longest, longest, longest)
	two := one.Merge(one)
	for _, c := range []struct {
		what string
		h    Histogram
		n    float64
	}{{"three", three, 3}, {"two and one", two.Merge(one), 3}, {"one less", three.Sub(one), 2}} {
		if want := c.n * longest.Seconds(); math.Abs(c.h.Seconds()-want) > want*1e-12 || c.h.Sum() != longest {
			t.Errorf("%s: %v s and %v, want %v s", c.what, c.h.Seconds(), c.h.Sum(), want)
		}
	}
}

func TestHistogramReadsAnyOrder(t *testing.T) {
	var h Histogram
	err := json.Unmarshal([]byte(`{"count":6,"sum":2007,"max":1000,"buckets":[[1001,1],[7,1],[3,0],[1003,1],[0,3]]}`), &h)
	if err != nil || h.String() != "6, p50 0s, p90 1µs, p99 1µs, max 1µs" || len(slices.Collect(maps.Keys(maps.Collect(h.Buckets())))) != 3 {
		t.Errorf("got %v with %v, %v", h, maps.Collect(h.Buckets()), err)
	}
}

func TestHistogramQuantilesBeyondTheRange(t *testing.T) {
	h := HistogramOf(1, 2, 3, 200)
	for q, want := range map[float64]time.Duration{-1: 1, math.Inf(-1): 1, math.NaN(): 1, 2: 200, math.Inf(1): 200} {
		if got := h.Quantile(q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

func TestHistogramRefusesJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"count":1}`:                     "count is 1, and its buckets have 0",
		`{"count":1,"buckets":[[1,2]]}`:   "count is 1, and its buckets have 2",
		`{"count":0,"max":-1}`:            "max or sum is out of range",
		`{"count":0,"sum":-1}`:            "max or sum is out of range",
		`{"count":1,"buckets":[[1e3,2]]}`: "cannot unmarshal",
		`{"count":1,"buckets":[[1` + "8446744073709551615" + `,1]]}`: "bucket is out of range",
	} {
		h := HistogramOf(5)
		if err := json.Unmarshal([]byte(text), &h); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
		if !reflect.DeepEqual(h, HistogramOf(5)) {
			t.Errorf("%s has changed the histogram to %+v", text, h)
		}
	}
}

// No duration is lost when many goroutines add at the same time.
func TestHistogramInParallel(t *testing.T) {
	var live liveHistogram
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 1000 {
				live.add(time.Duration(i << g))
				if i%100 == 0 {
					live.snapshot()
				}
			}
		})
	}
	all.Wait()
	h := live.snapshot()
	if want := time.Duration(999 * 1000 / 2 * 255); h.Count() != 8000 || h.Sum() != want || h.Max() != 999<<7 {
		t.Errorf("%d durations with sum %d and maximum %d, want 8000, %d and %d", h.Count(), h.Sum(), h.Max(), want, 999<<7)
	}
}
