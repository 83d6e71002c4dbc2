package poolotel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/internal/poolset"
)

const scope = "github.com/respool/respool/resource/poolotel"

// Options configures an [Exporter]. The zero value is complete: the global meter provider, and
// no spans.
type Options struct {
	// MeterProvider makes the instruments. Nil: the global one.
	MeterProvider metric.MeterProvider

	// TracerProvider makes spans of acquires and openings. Nil: none are made.
	TracerProvider trace.TracerProvider

	// SpansFrom is the shortest acquire that has a span. An acquire that fails or
	// opens has a span however short it is. Zero: every acquire has a span.
	SpansFrom time.Duration

	// Buckets are the upper bounds of the histograms' buckets, in seconds. Nil: from
	// 100 µs to 10 s.
	Buckets []float64
}

// Exporter is the [resource.Observer] of any number of pools. All methods may be called
// concurrently.
type Exporter struct {
	instruments
	tracer    trace.Tracer // nil: no spans
	spansFrom time.Duration

	sets sync.Map // attributes by a pool's name

	pools        poolset.Set[source]
	registration metric.Registration
}

type statistics = poolset.Source[resource.Stats]

// source is a pool whose statistics are read, or several.
type source struct {
	statistics
	minIdle int
}

// New returns an Exporter without pools. The error is that of the meter provider.
func New(o Options) (*Exporter, error) {
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	e := &Exporter{spansFrom: o.SpansFrom}
	if o.TracerProvider != nil {
		e.tracer = o.TracerProvider.Tracer(scope)
	}
	meter := o.MeterProvider.Meter(scope)
	var err error
	if e.instruments, err = newInstruments(meter, o.Buckets); err != nil {
		return nil, err
	}
	e.registration, err = meter.RegisterCallback(e.collect, e.observables()...)
	return e, err
}

// PoolOption says something of a pool that its statistics do not.
type PoolOption func(*source)

// MinIdle is the pool's MinIdle, for db.client.connection.idle.min. Without it, or with zero, that metric
// is not emitted.
func MinIdle(n int) PoolOption { return func(s *source) { s.minIdle = n } }

// Add adds a pool's statistics under a name, which should be the Name of its Config: then they
// and the histograms have the same attribute. The function is [resource.Pool.Stats],
// [resource.Keyed.Stats], or ResourceStats of a redispool.Pool. The Exporter keeps the function,
// and so the pool, in memory until Remove. Add returns an error if the name is empty, is not UTF-8, or is taken, or if an
// option is nil.
func (e *Exporter) Add(name string, stats func() resource.Stats, options ...PoolOption) error {
	if err := e.add(name, source{statistics: statistics{One: stats}}, options); err != nil {
		return err
	}
	// Without a value a counter does not exist, and an alert on it cannot see its first step.
	e.timeouts.Add(context.Background(), 0, e.of(name).add)
	return nil
}

// AddEach adds the statistics of several pools that come and go, such as those of a
// redispool.Cluster, whose ResourceStats is the function. The function is called at each
// collection, and returns the statistics of the pools that exist then, by key. The attribute of a
// pool has the name, a slash, and the key, and the pool should have the same Name. The errors are
// those of Add. Remove with the name removes all of these pools.
func (e *Exporter) AddEach(name string, stats func() map[string]resource.Stats, options ...PoolOption) error {
	return e.add(name, source{statistics: statistics{Each: stats}}, options)
}

func (e *Exporter) add(name string, s source, options []PoolOption) error {
	switch {
	case s.One == nil && s.Each == nil:
		return fmt.Errorf("poolotel: no function for the statistics of pool %q", name)
	case name == "":
		return errors.New("poolotel: the pool has no name, which is the attribute that distinguishes pools")
	case !utf8.ValidString(name):
		return fmt.Errorf("poolotel: the name %q is not UTF-8", name)
	}
	for i, option := range options {
		if option == nil {
			return fmt.Errorf("poolotel: option %d of pool %q is nil", i, name)
		}
		option(&s)
	}
	return e.pools.Add("poolotel", name, s)
}

// Remove removes what was added under that name, and reports whether there was anything. The
// next collection no longer has its gauges. The records of histograms and counters stay with the
// meter provider.
func (e *Exporter) Remove(name string) bool { return e.pools.Remove(name) }

// Close ends the collection of all pools' statistics. The Exporter may still observe. The
// error is that of the meter provider.
func (e *Exporter) Close() error { return e.registration.Unregister() }

// Observe records an event of a pool. Pools call it.
func (e *Exporter) Observe(ev resource.Event) {
	ctx := ev.Context
	if ctx == nil {
		ctx = context.Background()
	}
	s, took := e.of(ev.Pool), ev.Took.Seconds()
	switch ev.Kind {
	case resource.EventAcquired:
		e.waitTime.Record(ctx, took, s.all...)
		e.acquireSpan(ctx, ev, s)
	case resource.EventRefused:
		if errors.Is(ev.Err, resource.ErrWaitTimeout) || errors.Is(ev.Err, context.DeadlineExceeded) {
			e.timeouts.Add(ctx, 1, s.add)
		}
		e.acquireSpan(ctx, ev, s)
	case resource.EventOpened:
		e.createTime.Record(ctx, took, s.all...)
		e.openSpan(ctx, ev, s)
	case resource.EventOpenFailed:
		e.openSpan(ctx, ev, s)
	case resource.EventReturned, resource.EventDiscarded, resource.EventDetached:
		e.useTime.Record(ctx, took, s.all...)
	}
}
