package poolprom_test

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolprom"
)

// timed returns a collector of a pool with histograms, all of the same durations.
func timed(t *testing.T, o poolprom.Options, all ...time.Duration) *poolprom.Collector {
	t.Helper()
	h := resource.HistogramOf(all...)
	c := poolprom.New(o)
	st := resource.Stats{Histograms: &resource.Histograms{Wait: h, Use: h, Open: h, Test: h, Close: h}}
	if err := c.Add("p", fixed(st)); err != nil {
		t.Fatal(err)
	}
	return c
}

// wait gathers the histogram of the waits.
func wait(t *testing.T, c prometheus.Collector) *dto.Histogram {
	t.Helper()
	for _, f := range families(t, c) {
		if f.GetName() == "resource_pool_wait_seconds" {
			return f.Metric[0].Histogram
		}
	}
	t.Fatal("no histogram of the waits")
	return nil
}

func TestClassicHistogram(t *testing.T) {
	c := timed(t, poolprom.Options{Buckets: []float64{.001, .01, .1, 1e30}},
		0, time.Millisecond, 2*time.Millisecond, 50*time.Millisecond, 3*time.Second)
	h := wait(t, c)
	if h.GetSampleCount() != 5 || math.Abs(h.GetSampleSum()-3.053) > 1e-9 {
		t.Errorf("count %d, sum %v", h.GetSampleCount(), h.GetSampleSum())
	}
	want := map[float64]uint64{.001: 2, .01: 3, .1: 4, 1e30: 5}
	if len(h.Bucket) != len(want) {
		t.Errorf("%d buckets", len(h.Bucket))
	}
	for _, b := range h.Bucket {
		if b.GetCumulativeCount() != want[b.GetUpperBound()] {
			t.Errorf("%d up to %v, want %d", b.GetCumulativeCount(), b.GetUpperBound(), want[b.GetUpperBound()])
		}
	}
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	if n := testutil.CollectAndCount(c, "resource_pool_use_seconds", "resource_pool_open_seconds", "resource_pool_test_seconds", "resource_pool_close_seconds"); n != 4 {
		t.Errorf("%d of the other four histograms", n)
	}
}

// Each histogram has its own durations.
func TestHistogramsApart(t *testing.T) {
	of := func(n int) resource.Histogram { return resource.HistogramOf(make([]time.Duration, n)...) }
	c := poolprom.New(poolprom.Options{})
	st := resource.Stats{Histograms: &resource.Histograms{Wait: of(1), Use: of(2), Open: of(3), Test: of(4), Close: of(5)}}
	if err := c.Add("p", fixed(st)); err != nil {
		t.Fatal(err)
	}
	got := gather(t, c)
	for name, want := range map[string]float64{"wait": 1, "use": 2, "open": 3, "test": 4, "close": 5} {
		if n := got["resource_pool_"+name+`_seconds{pool="p"}`]; n != want {
			t.Errorf("%s has %v durations, want %v", name, n, want)
		}
	}
}

// A native histogram has each duration in a bucket that is 9 % wide.
func TestNativeHistogram(t *testing.T) {
	all := []time.Duration{0, 0, 3 * time.Microsecond, 20 * time.Millisecond, 20 * time.Millisecond, 7 * time.Second}
	h := wait(t, timed(t, poolprom.Options{NativeHistograms: true}, all...))
	if h.GetSampleCount() != 6 || h.GetZeroCount() != 2 || h.GetSchema() != 3 || len(h.Bucket) != 0 {
		t.Fatalf("count %d, zero %d, schema %d, %d classic buckets", h.GetSampleCount(), h.GetZeroCount(), h.GetSchema(), len(h.Bucket))
	}
	// The buckets are in spans of consecutive ones, and their counts are differences.
	var uppers []float64
	index, count, k := int32(0), int64(0), 0
	for _, span := range h.PositiveSpan {
		index += span.GetOffset()
		for range span.GetLength() {
			count += h.PositiveDelta[k]
			k++
			for range count {
				uppers = append(uppers, math.Exp2(float64(index)/8))
			}
			index++
		}
	}
	if len(uppers) != 4 {
		t.Fatalf("durations up to %v", uppers)
	}
	for i, upper := range uppers {
		d := all[i+2].Seconds()
		if upper < d || upper > d*1.1 {
			t.Errorf("%v s is in the bucket up to %v", d, upper)
		}
	}
}

func TestWithoutHistograms(t *testing.T) {
	c := poolprom.New(poolprom.Options{})
	if err := c.Add("p", fixed(resource.Stats{})); err != nil {
		t.Fatal(err)
	}
	if n := testutil.CollectAndCount(c, "resource_pool_wait_seconds"); n != 0 {
		t.Errorf("%d histograms of a pool that has none", n)
	}
}

func TestBucketsInOrder(t *testing.T) {
	for text, buckets := range map[string][]float64{"[2 1]": {2, 1}, "[NaN 1]": {math.NaN(), 1}, "[1 NaN]": {1, math.NaN()}} {
		func() {
			defer func() {
				if r := recover(); r != "poolprom: Buckets are "+text+", must be in ascending order" {
					t.Errorf("%s: panic: %v", text, r)
				}
			}()
			poolprom.New(poolprom.Options{Buckets: buckets})
		}()
	}
}
