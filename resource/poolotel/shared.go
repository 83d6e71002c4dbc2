package poolotel

import (
	"errors"

	"go.opentelemetry.io/otel/metric"

	"github.com/respool/respool/resource"
)

// The conventions have nothing for a connection that several callers use at a time, as those
// of a redispool.Pool with Share. So these metrics have names of this module. Only a pool that
// shares has them.

// sharedMetric is a metric about shared connections.
type sharedMetric struct {
	name, unit, help string
	total            bool // it only grows
	of               func(resource.SharedStats) int64
}

var sharedMetrics = []sharedMetric{
	{"respool.shared.connection.max", "{connection}", "The maximum number of connections that callers may share.", false, func(s resource.SharedStats) int64 { return int64(s.Limit) }},
	{"respool.shared.connection.count", "{connection}", "The number of connections in use that several callers share.", false, func(s resource.SharedStats) int64 { return int64(s.Connections) }},
	{"respool.shared.connection.broken", "{connection}", "The number of shared connections that broke.", true, func(s resource.SharedStats) int64 { return int64(s.Broken) }},
	{"respool.shared.call.pending", "{call}", "The number of calls that wait for a reply on a shared connection.", false, func(s resource.SharedStats) int64 { return int64(s.UnderWay) }},
	{"respool.shared.call.count", "{call}", "The number of commands sent on shared connections.", true, func(s resource.SharedStats) int64 { return int64(s.Calls) }},
	{"respool.shared.call.left", "{call}", "The number of calls on shared connections whose context or timeout ended before the reply.", true, func(s resource.SharedStats) int64 { return int64(s.Left) }},
	{"respool.shared.call.repeated", "{call}", "The number of calls that were sent once more because their shared connection broke.", true, func(s resource.SharedStats) int64 { return int64(s.Repeated) }},
	{"respool.shared.wait.polled", "{wait}", "The number of waits for a reply on a shared connection in which the caller polled.", true, func(s resource.SharedStats) int64 { return int64(s.Polled) }},
	{"respool.shared.flush.count", "{flush}", "The number of times that commands were sent together on a shared connection.", true, func(s resource.SharedStats) int64 { return int64(s.Flushes) }},
}

// newSharedInstruments returns an instrument for each of sharedMetrics.
func newSharedInstruments(meter metric.Meter) (all []metric.Int64Observable, err error) {
	for _, m := range sharedMetrics {
		var one metric.Int64Observable
		var failed error
		if m.total {
			one, failed = meter.Int64ObservableCounter(m.name, metric.WithUnit(m.unit), metric.WithDescription(m.help))
		} else {
			one, failed = meter.Int64ObservableUpDownCounter(m.name, metric.WithUnit(m.unit), metric.WithDescription(m.help))
		}
		all, err = append(all, one), errors.Join(err, failed)
	}
	return all, err
}

func (i *instruments) collectShared(o metric.Observer, st resource.SharedStats, s *set) {
	if st.Limit == 0 {
		return
	}
	for k, m := range sharedMetrics {
		o.ObserveInt64(i.shared[k], m.of(st), s.add)
	}
}
