package poolotel

import (
	"context"
	"errors"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/dbconv"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/internal/poolset"
)

// instruments are those of the conventions, and those for shared connections. Package dbconv is
// generated from the conventions. It has the names, units, descriptions and kinds of the former.
type instruments struct {
	count   metric.Int64ObservableUpDownCounter
	idleMax metric.Int64ObservableUpDownCounter
	idleMin metric.Int64ObservableUpDownCounter
	max     metric.Int64ObservableUpDownCounter
	pending metric.Int64ObservableUpDownCounter

	timeouts   metric.Int64Counter
	createTime metric.Float64Histogram
	waitTime   metric.Float64Histogram
	useTime    metric.Float64Histogram

	shared []metric.Int64Observable // see sharedMetrics
}

// defaultBuckets are for seconds. The SDK's own are for milliseconds.
var defaultBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func newInstruments(meter metric.Meter, buckets []float64) (instruments, error) {
	if buckets == nil {
		buckets = defaultBuckets
	}
	bounds := metric.WithExplicitBucketBoundaries(buckets...)
	count, err1 := dbconv.NewClientConnectionCountObservable(meter)
	idleMax, err2 := dbconv.NewClientConnectionIdleMaxObservable(meter)
	idleMin, err3 := dbconv.NewClientConnectionIdleMinObservable(meter)
	limit, err4 := dbconv.NewClientConnectionMaxObservable(meter)
	pending, err5 := dbconv.NewClientConnectionPendingRequestsObservable(meter)
	timeouts, err6 := dbconv.NewClientConnectionTimeouts(meter)
	createTime, err7 := dbconv.NewClientConnectionCreateTime(meter, bounds)
	waitTime, err8 := dbconv.NewClientConnectionWaitTime(meter, bounds)
	useTime, err9 := dbconv.NewClientConnectionUseTime(meter, bounds)
	shared, err10 := newSharedInstruments(meter)
	return instruments{
		count.Inst(), idleMax.Inst(), idleMin.Inst(), limit.Inst(), pending.Inst(),
		timeouts.Inst(), createTime.Inst(), waitTime.Inst(), useTime.Inst(), shared,
	}, errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10)
}

func (i *instruments) observables() []metric.Observable {
	all := []metric.Observable{i.count, i.idleMax, i.idleMin, i.max, i.pending}
	for _, s := range i.shared {
		all = append(all, s)
	}
	return all
}

const (
	nameKey  = attribute.Key("db.client.connection.pool.name")
	stateKey = attribute.Key("db.client.connection.state")
)

// set has a pool's attributes as the instruments take them. They are made once, because making
// them costs more than recording.
type set struct {
	all        []metric.RecordOption // a slice, so that a record allocates none
	add        metric.MeasurementOption
	idle, used metric.MeasurementOption
	name       attribute.KeyValue
}

// valid replaces what is not UTF-8. An exporter of OTLP would refuse everything that it was
// about to send with such a text.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// of returns a pool's attributes, by the pool's name.
func (e *Exporter) of(pool string) *set {
	if s, found := e.sets.Load(pool); found {
		return s.(*set)
	}
	name := nameKey.String(valid(pool))
	state := func(s dbconv.ClientConnectionStateAttr) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(name, stateKey.String(string(s))))
	}
	add := metric.WithAttributeSet(attribute.NewSet(name))
	s, _ := e.sets.LoadOrStore(pool, &set{
		all:  []metric.RecordOption{add},
		add:  add,
		idle: state(dbconv.ClientConnectionStateIdle),
		used: state(dbconv.ClientConnectionStateUsed),
		name: name,
	})
	return s.(*set)
}

// collect reads the statistics of all pools.
func (e *Exporter) collect(_ context.Context, o metric.Observer) error {
	poolset.Read(&e.pools, func(p source) statistics { return p.statistics }, func(name string, p source, st resource.Stats) {
		s := e.of(name)
		// The conventions know two states. A resource that is opening, being tested or closing takes a
		// place and can't be lent, so it counts as used.
		o.ObserveInt64(e.count, int64(st.Idle), s.idle)
		o.ObserveInt64(e.count, int64(st.Active-st.Idle), s.used)
		o.ObserveInt64(e.pending, int64(st.Waiting), s.add)
		// Where there is no limit, nothing is emitted: a zero would be one.
		if st.MaxActive > 0 {
			o.ObserveInt64(e.max, int64(st.MaxActive), s.add)
		}
		switch {
		case st.MaxIdle > 0:
			o.ObserveInt64(e.idleMax, int64(st.MaxIdle), s.add)
		case st.MaxIdle == resource.KeepNone:
			o.ObserveInt64(e.idleMax, 0, s.add)
		}
		if p.minIdle > 0 {
			o.ObserveInt64(e.idleMin, int64(p.minIdle), s.add)
		}
		e.collectShared(o, st.Shared, s)
	})
	return nil
}
