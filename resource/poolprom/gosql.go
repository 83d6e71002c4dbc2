package poolprom

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/respool/respool/resource"
)

// goSQL are the metrics of client_golang's collector of a sql.DB. Names and help are the
// same to the letter, because a registry refuses metrics of one name that differ.
var goSQL = []metric{
	gauge("max_open_connections", "Maximum number of open connections to the database.", func(s resource.Stats) int { return s.MaxActive }),
	gauge("open_connections", "The number of established connections both in use and idle.", func(s resource.Stats) int { return s.Active }),
	// A sql.DB knows no third state, and dashboards add the two up.
	gauge("in_use_connections", "The number of connections currently in use.", func(s resource.Stats) int { return s.Active - s.Idle }),
	gauge("idle_connections", "The number of idle connections.", func(s resource.Stats) int { return s.Idle }),
	counter("wait_count_total", "The total number of connections waited for.", func(s resource.Stats) uint64 { return uint64(s.WaitCount) }),
	seconds("wait_duration_seconds_total", "The total time blocked waiting for a new connection.", func(s resource.Stats) time.Duration { return s.WaitDuration }),
	counter("max_idle_closed_total", "The total number of connections closed due to SetMaxIdleConns.", func(s resource.Stats) uint64 { return s.Closed.Surplus }),
	counter("max_idle_time_closed_total", "The total number of connections closed due to SetConnMaxIdleTime.", func(s resource.Stats) uint64 { return s.Closed.IdleTooLong }),
	counter("max_lifetime_closed_total", "The total number of connections closed due to SetConnMaxLifetime.", func(s resource.Stats) uint64 { return s.Closed.TooOld }),
}

// NewGoSQL returns a collector that emits a pool's figures as
// [collectors.NewDBStatsCollector] does those of a [database/sql.DB]: metrics go_sql_* with the
// label db_name. So dashboards and alerts for SQL pools work for it, beside real ones in
// the same registry. A resource that is not idle counts as in use. Register the collector
// for each pool. The registry refuses a second one with the same name, and
// Unregister removes it. For the function see [Collector.Add].
//
// [collectors.NewDBStatsCollector]: https://pkg.go.dev/github.com/prometheus/client_golang/prometheus/collectors#NewDBStatsCollector
func NewGoSQL(name string, stats func() resource.Stats) prometheus.Collector {
	if stats == nil {
		panic("poolprom: nil function")
	}
	c := &goSQLCollector{stats: stats}
	for _, m := range goSQL {
		// The label is constant as theirs is: else the two could not share a registry.
		desc := prometheus.NewDesc("go_sql_"+m.name, m.help, nil, prometheus.Labels{"db_name": name})
		c.metrics = append(c.metrics, described{m, desc})
	}
	return c
}

type goSQLCollector struct {
	metrics []described
	stats   func() resource.Stats
}

func (c *goSQLCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		ch <- m.desc
	}
}

func (c *goSQLCollector) Collect(ch chan<- prometheus.Metric) {
	st := c.stats()
	for _, m := range c.metrics {
		m.samples(st, func(_ string, v float64) {
			ch <- prometheus.MustNewConstMetric(m.desc, m.kind, v)
		})
	}
}
