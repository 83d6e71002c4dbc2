package poolprom

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/internal/poolset"
)

// Options configures a [Collector]. The zero value is complete.
type Options struct {
	// Namespace begins the name of each metric. Use "redis_pool" for pools of redispool.
	// Empty: "resource_pool".
	Namespace string

	// Buckets are the upper bounds of the histograms' buckets, in seconds and in ascending order.
	// Nil: from 100 µs to 10 s.
	Buckets []float64

	// NativeHistograms has histograms emitted as native ones, which have no fixed buckets and are right to
	// 9 %. Prometheus must be configured to scrape them. False: histograms have Buckets.
	NativeHistograms bool
}

// Collector is a [prometheus.Collector] of any number of pools. The label "pool" has the
// pool's name. All methods may be called concurrently, also while Prometheus scrapes.
type Collector struct {
	metrics    []described
	histograms []describedHistogram
	buckets    []float64
	native     bool
	pools      poolset.Set[source]
}

// source gives the statistics of one pool, or of several.
type source = poolset.Source[resource.Stats]

// described is a metric with the description that Prometheus needs.
type described struct {
	metric
	desc *prometheus.Desc
}

// New returns a Collector without pools. It must be registered once; pools may be added
// before and after that. New panics if Buckets are not in ascending order.
func New(o Options) *Collector {
	if o.Namespace == "" {
		o.Namespace = "resource_pool"
	}
	if o.Buckets == nil {
		o.Buckets = defaultBuckets
	}
	if !slices.IsSorted(o.Buckets) || slices.ContainsFunc(o.Buckets, math.IsNaN) { // NaN sorts first
		panic(fmt.Sprintf("poolprom: Buckets are %v, must be in ascending order", o.Buckets))
	}
	c := &Collector{buckets: o.Buckets, native: o.NativeHistograms}
	for _, m := range metrics {
		labels := []string{"pool"}
		if m.label != "" {
			labels = append(labels, m.label)
		}
		c.metrics = append(c.metrics, described{m, prometheus.NewDesc(o.Namespace+"_"+m.name, m.help, labels, nil)})
	}
	for _, h := range histograms {
		c.histograms = append(c.histograms, describedHistogram{h, prometheus.NewDesc(o.Namespace+"_"+h.name, h.help, []string{"pool"}, nil)})
	}
	return c
}

// Add adds a pool under a name. The function returns the pool's statistics: it is
// [resource.Pool.Stats], [resource.Keyed.Stats], or ResourceStats of a redispool.Pool. The
// function is called at each scrape, concurrently if scrapes overlap. The Collector keeps
// the function, and so the pool, in memory until Remove. Add returns an error if the name is
// empty, is not UTF-8, or is taken.
func (c *Collector) Add(name string, stats func() resource.Stats) error {
	return c.add(name, source{One: stats})
}

// AddEach adds several pools that come and go, such as those of a redispool.Cluster, whose
// ResourceStats is the function. The function is called at each scrape, and returns the
// statistics of the pools that exist then, by key. The label of a pool has the name, a slash,
// and the key. The errors are those of Add. Remove with the name removes all of these pools.
func (c *Collector) AddEach(name string, stats func() map[string]resource.Stats) error {
	return c.add(name, source{Each: stats})
}

func (c *Collector) add(name string, s source) error {
	switch {
	case s.One == nil && s.Each == nil:
		return fmt.Errorf("poolprom: no function for the statistics of pool %q", name)
	case name == "":
		return errors.New("poolprom: the pool has no name, which is the label that distinguishes pools")
	case !utf8.ValidString(name):
		return fmt.Errorf("poolprom: the name %q is not UTF-8", name)
	}
	return c.pools.Add("poolprom", name, s)
}

// Remove removes what was added under that name, and reports whether there was one. Its metrics
// are absent from the next scrape on.
func (c *Collector) Remove(name string) bool { return c.pools.Remove(name) }

// Describe is called by Prometheus.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		ch <- m.desc
	}
	for _, h := range c.histograms {
		ch <- h.desc
	}
}

// Collect is called by Prometheus for each scrape.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	poolset.Read(&c.pools, func(s source) source { return s }, func(name string, _ source, st resource.Stats) {
		c.collect(ch, name, st)
	})
}

// collect emits the metrics of one pool.
func (c *Collector) collect(ch chan<- prometheus.Metric, name string, st resource.Stats) {
	for _, m := range c.metrics {
		m.samples(st, func(label string, v float64) {
			labels := []string{name}
			if m.label != "" {
				labels = append(labels, label)
			}
			ch <- prometheus.MustNewConstMetric(m.desc, m.kind, v, labels...)
		})
	}
	if st.Histograms == nil {
		return
	}
	for _, h := range c.histograms {
		ch <- c.metric(h, st.Histograms, name)
	}
}
