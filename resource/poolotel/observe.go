package poolotel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/respool/respool/resource"
)

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

func (e *Exporter) acquireSpan(ctx context.Context, ev resource.Event, s *set) {
	if e.tracer == nil || ev.Err == nil && ev.Took < e.spansFrom {
		return
	}
	e.span(ctx, "pool.acquire", ev, s.name, attribute.Float64("respool.waited", ev.Waited.Seconds()))
}

func (e *Exporter) openSpan(ctx context.Context, ev resource.Event, s *set) {
	if e.tracer != nil {
		e.span(ctx, "pool.open", ev, s.name, attribute.Bool("respool.in_advance", resource.InAdvance(ctx)))
	}
}

// span makes the span of something that is over.
func (e *Exporter) span(ctx context.Context, name string, ev resource.Event, attributes ...attribute.KeyValue) {
	_, span := e.tracer.Start(ctx, name, trace.WithTimestamp(ev.Time.Add(-ev.Took)), trace.WithAttributes(attributes...))
	if ev.Err != nil {
		span.RecordError(ev.Err, trace.WithTimestamp(ev.Time))
		span.SetStatus(codes.Error, ev.Err.Error())
	}
	span.End(trace.WithTimestamp(ev.Time))
}
