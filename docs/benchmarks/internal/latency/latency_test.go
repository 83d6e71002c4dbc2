package latency

import (
	"math"
	"slices"
	"testing"
	"time"
)

// TestLatencies compares the histogram with a sorted list.
func TestLatencies(t *testing.T) {
	one, two := new(Latencies), new(Latencies)
	var all []time.Duration
	for i := range 10_000 {
		d := time.Duration(i * i * i % 1_000_003 * (i%7 + 1))
		all = append(all, d)
		if i%2 == 0 {
			one.Record(d)
		} else {
			two.Record(d)
		}
	}
	one.Add(two)
	slices.Sort(all)
	for _, q := range []float64{0, 0.001, 0.5, 0.99, 0.999} {
		want := float64(all[int(q*float64(len(all)))])
		if got := one.Quantile(q); got < want*0.98-1 || got > want*1.02+1 {
			t.Errorf("quantile %v is %v, should be near %v", q, got, want)
		}
	}
	if want := all[len(all)-1]; one.Most != want || one.N != 10_000 {
		t.Errorf("%v at most of %d, should be %v", one.Most, one.N, want)
	}
	if got := new(Latencies).Quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestBucketsHoldTheirValues(t *testing.T) {
	for _, v := range []uint64{0, 1, 63, 64, 65, 127, 128, 1000, 1 << 20, 1<<40 + 12345, math.MaxInt64} {
		if low, width := step(bucket(v)); v < low || v >= low+width || width > 1 && width*32 > low {
			t.Errorf("%d is put where %d values from %d on are", v, width, low)
		}
	}
}
