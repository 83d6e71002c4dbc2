package poolprom

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/respool/respool/resource"
)

// metric is a row of the table of metrics. Most have one sample for each pool, those with
// a label have several.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	label      string // beside the pool's; "": none
	samples    func(resource.Stats, func(label string, v float64))
}

// metrics are all metrics that are not histograms. The first nine have the names, after the
// namespace, that client_golang's collector of a sql.DB has after go_sql. So a change of the
// prefix makes an expression for a sql.DB one for a pool.
var metrics = []metric{
	gauge("max_open_connections", "Limit of resources, in any state. 0: no limit.", func(s resource.Stats) int { return s.MaxActive }),
	gauge("open_connections", "Resources that exist: in use, idle, opening, being tested or closing.", func(s resource.Stats) int { return s.Active }),
	gauge("in_use_connections", "Resources that callers have.", func(s resource.Stats) int { return s.Leased }),
	gauge("idle_connections", "Resources that are ready for a caller.", func(s resource.Stats) int { return s.Idle }),
	counter("wait_count_total", "Waits in the queue that have ended, with a resource or without.", func(s resource.Stats) uint64 { return uint64(s.WaitCount) }),
	seconds("wait_duration_seconds_total", "Sum of the waits that have ended.", func(s resource.Stats) time.Duration { return s.WaitDuration }),
	counter("max_idle_closed_total", "Resources closed because more were idle than the limit, or more existed than a limit that was lowered.", func(s resource.Stats) uint64 { return s.Closed.Surplus }),
	counter("max_idle_time_closed_total", "Resources closed because they were idle for too long.", func(s resource.Stats) uint64 { return s.Closed.IdleTooLong }),
	counter("max_lifetime_closed_total", "Resources closed because they were too old.", func(s resource.Stats) uint64 { return s.Closed.TooOld }),

	{"max_idle_connections", "Limit of idle resources. No sample: no limit.", prometheus.GaugeValue, "", maxIdle},
	gauge("opening_connections", "Resources that are being opened.", func(s resource.Stats) int { return s.Opening }),
	gauge("testing_connections", "Resources that are being tested.", func(s resource.Stats) int { return s.Testing }),
	gauge("closing_connections", "Resources that are being closed. They count until that is done.", func(s resource.Stats) int { return s.Closing }),
	gauge("waiting_callers", "Callers that wait in the queue.", func(s resource.Stats) int { return s.Waiting }),

	counter("acquired_total", "Acquires that got a resource.", func(s resource.Stats) uint64 { return s.Acquired }),
	{"refused_total", "Acquires that got no resource, by reason.", prometheus.CounterValue, "reason", refused},

	counter("opens_total", "Resources opened.", func(s resource.Stats) uint64 { return s.Opened }),
	counter("open_failures_total", "Openings that failed.", func(s resource.Stats) uint64 { return s.OpenFailed }),
	{"closed_total", "Resources closed, by reason.", prometheus.CounterValue, "reason", closed},
	counter("close_errors_total", "Closes that returned an error.", func(s resource.Stats) uint64 { return s.CloseErrors }),
	counter("closes_abandoned_total", "Closes that took longer than the pool waits for them. Their resources may still exist.", func(s resource.Stats) uint64 { return s.ClosesAbandoned }),
	counter("cleanup_errors_total", "Cleanups of returned resources that failed.", func(s resource.Stats) uint64 { return s.CleanupErrors }),
	counter("detached_total", "Resources taken out of the pool by their holders.", func(s resource.Stats) uint64 { return s.Detached }),
	counter("resets_total", "Resets of the pool.", func(s resource.Stats) uint64 { return s.Resets }),
	gauge("leaked_connections", "Resources that callers have had for longer than LeakAfter.", func(s resource.Stats) int { return s.Leaked }),
	counter("lost_total", "Leases that the program lost, and the pool reclaimed.", func(s resource.Stats) uint64 { return s.Lost }),
	counter("observer_panics_total", "Panics of observers.", func(s resource.Stats) uint64 { return s.ObserverPanics }),

	gauge("peak_open_connections", "Most resources that existed at a time since the pool was made.", func(s resource.Stats) int { return s.PeakActive }),
	gauge("peak_in_use_connections", "Most resources that callers had at a time since the pool was made.", func(s resource.Stats) int { return s.PeakLeased }),
	gauge("peak_idle_connections", "Most resources that were idle at a time since the pool was made.", func(s resource.Stats) int { return s.PeakIdle }),
	gauge("peak_waiting_callers", "Most callers that waited at a time since the pool was made.", func(s resource.Stats) int { return s.PeakWaiting }),

	shared("shared_connections_limit", "Most connections that callers may share.", prometheus.GaugeValue, func(s resource.SharedStats) float64 { return float64(s.Limit) }),
	shared("shared_connections", "Connections in use that several callers share.", prometheus.GaugeValue, func(s resource.SharedStats) float64 { return float64(s.Connections) }),
	shared("shared_calls_under_way", "Calls that wait for a reply on a shared connection.", prometheus.GaugeValue, func(s resource.SharedStats) float64 { return float64(s.UnderWay) }),
	shared("shared_calls_total", "Commands sent on shared connections.", prometheus.CounterValue, func(s resource.SharedStats) float64 { return float64(s.Calls) }),
	shared("shared_flushes_total", "How often commands were sent together on a shared connection.", prometheus.CounterValue, func(s resource.SharedStats) float64 { return float64(s.Flushes) }),
	shared("shared_calls_left_total", "Calls on shared connections whose context or timeout ended before the reply.", prometheus.CounterValue, func(s resource.SharedStats) float64 { return float64(s.Left) }),
	shared("shared_connections_broken_total", "Shared connections that broke.", prometheus.CounterValue, func(s resource.SharedStats) float64 { return float64(s.Broken) }),
	shared("shared_calls_repeated_total", "Calls that were sent once more because their shared connection broke.", prometheus.CounterValue, func(s resource.SharedStats) float64 { return float64(s.Repeated) }),
	shared("shared_waits_polled_total", "Waits for a reply on a shared connection in which the caller polled.", prometheus.CounterValue, func(s resource.SharedStats) float64 { return float64(s.Polled) }),
}

func gauge(name, help string, of func(resource.Stats) int) metric {
	return metric{name, help, prometheus.GaugeValue, "", func(s resource.Stats, sample func(string, float64)) {
		sample("", float64(of(s)))
	}}
}

func counter(name, help string, of func(resource.Stats) uint64) metric {
	return metric{name, help, prometheus.CounterValue, "", func(s resource.Stats, sample func(string, float64)) {
		sample("", float64(of(s)))
	}}
}

func seconds(name, help string, of func(resource.Stats) time.Duration) metric {
	return metric{name, help, prometheus.CounterValue, "", func(s resource.Stats, sample func(string, float64)) {
		sample("", of(s).Seconds())
	}}
}

// shared has no sample in a pool whose callers share nothing.
func shared(name, help string, kind prometheus.ValueType, of func(resource.SharedStats) float64) metric {
	return metric{name, help, kind, "", func(s resource.Stats, sample func(string, float64)) {
		if s.Shared.Limit > 0 {
			sample("", of(s.Shared))
		}
	}}
}

// maxIdle has no sample where there is no limit, since 0 is a limit.
func maxIdle(s resource.Stats, sample func(string, float64)) {
	switch {
	case s.MaxIdle == resource.KeepNone:
		sample("", 0)
	case s.MaxIdle > 0:
		sample("", float64(s.MaxIdle))
	}
}

func refused(s resource.Stats, sample func(string, float64)) {
	sample("exhausted", float64(s.Exhausted))
	sample("timed_out", float64(s.TimedOut))
	sample("shed", float64(s.Shed))
	sample("reserved", float64(s.Reserved))
	sample("rejected", float64(s.Rejected))
	sample("canceled", float64(s.Canceled))
	sample("failed", float64(s.Failed))
}

func closed(s resource.Stats, sample func(string, float64)) {
	c := s.Closed
	sample("idle_too_long", float64(c.IdleTooLong))
	sample("too_old", float64(c.TooOld))
	sample("worn_out", float64(c.WornOut))
	sample("surplus", float64(c.Surplus))
	sample("failed_test", float64(c.FailedTest))
	sample("reset", float64(c.Reset))
	sample("retired", float64(c.Retired))
	sample("discarded", float64(c.Discarded))
	sample("pool_closed", float64(c.PoolClosed))
	sample("displaced", float64(c.Displaced))
}
