package poolprom

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/respool/respool/resource"
)

// histogram is a row of the table of histograms.
type histogram struct {
	name, help string
	of         func(*resource.Histograms) resource.Histogram
}

// histograms are emitted for pools that have Histograms in their Config.
var histograms = []histogram{
	{"wait_seconds", "Time that callers waited in the queue.", func(h *resource.Histograms) resource.Histogram { return h.Wait }},
	{"use_seconds", "Time that callers had a resource.", func(h *resource.Histograms) resource.Histogram { return h.Use }},
	{"open_seconds", "Time that openings took.", func(h *resource.Histograms) resource.Histogram { return h.Open }},
	{"test_seconds", "Time that tests took.", func(h *resource.Histograms) resource.Histogram { return h.Test }},
	{"close_seconds", "Time that closes took.", func(h *resource.Histograms) resource.Histogram { return h.Close }},
}

// defaultBuckets reach from the shortest openings to longer than any caller waits.
var defaultBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// describedHistogram is a histogram with the description that Prometheus needs.
type describedHistogram struct {
	histogram
	desc *prometheus.Desc
}

// metric returns the histogram of a pool.
func (c *Collector) metric(h describedHistogram, all *resource.Histograms, pool string) prometheus.Metric {
	if c.native {
		return native(h.desc, h.of(all), pool)
	}
	return classic(h.desc, h.of(all), c.buckets, pool)
}

// classic has cumulative buckets with the given bounds.
func classic(desc *prometheus.Desc, h resource.Histogram, bounds []float64, pool string) prometheus.Metric {
	buckets := make(map[float64]uint64, len(bounds))
	for _, bound := range bounds {
		buckets[bound] = h.Count()
		if ns := math.Round(bound * 1e9); ns < math.MaxInt64 { // else it is longer than any Duration
			buckets[bound] = h.AtMost(time.Duration(ns))
		}
	}
	return prometheus.MustNewConstHistogram(desc, h.Count(), h.Seconds(), buckets, pool)
}

// schema is that of the native histograms: eight buckets for each power of two, so each is 9 % wide.
// The pool's own are narrower, so hardly a duration comes into the wrong one.
const schema = 3

// native has buckets whose bounds are powers of a number.
func native(desc *prometheus.Desc, h resource.Histogram, pool string) prometheus.Metric {
	buckets := map[int]int64{}
	var zero, count uint64
	for upper, n := range h.Buckets() {
		count += n
		if upper <= 0 {
			zero += n
			continue
		}
		buckets[int(math.Ceil(math.Log2(upper.Seconds())*(1<<schema)))] += int64(n)
	}
	return prometheus.MustNewConstNativeHistogram(desc, count, h.Seconds(), buckets, nil, zero,
		schema, prometheus.DefNativeHistogramZeroThreshold, time.Time{}, pool)
}
