package poolotel

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/respool/respool/resource"
)

// The span of an acquire that opens nothing is made when the acquire is over: most are short, and
// need none. If an acquire opens a resource, its span and the span of the opening begin before the
// call of Open, so that spans made by Open have a parent.

const (
	acquireName = "pool.acquire"
	openName    = "pool.open"
)

// begunKey is the key under which a context has the innermost span that an exporter has begun.
type begunKey struct{ exporter *Exporter }

// begun is a span that ends with an event of the pool.
type begun struct {
	name string
	span trace.Span
}

// AcquireOpens begins the span of an acquire that opens. Pools call it.
func (e *Exporter) AcquireOpens(ctx context.Context, pool string, began time.Time) context.Context {
	return e.begin(ctx, acquireName, pool, trace.WithTimestamp(began))
}

// OpenBegins begins the span of an opening. Pools call it.
func (e *Exporter) OpenBegins(ctx context.Context, pool string) context.Context {
	return e.begin(ctx, openName, pool)
}

func (e *Exporter) begin(ctx context.Context, name, pool string, options ...trace.SpanStartOption) context.Context {
	if e.tracer == nil {
		return ctx
	}
	ctx, span := e.tracer.Start(ctx, name, append(options, trace.WithAttributes(e.of(pool).name))...)
	return context.WithValue(ctx, begunKey{e}, begun{name, span})
}

// begunIn returns the span that an event ends, or nil. The innermost span in its context is another
// one if Open acquires from another pool.
func (e *Exporter) begunIn(ctx context.Context, name string) trace.Span {
	if b, ok := ctx.Value(begunKey{e}).(begun); ok && b.name == name {
		return b.span
	}
	return nil
}

func (e *Exporter) acquireSpan(ctx context.Context, ev resource.Event, s *set) {
	if e.tracer == nil {
		return
	}
	span := e.begunIn(ctx, acquireName)
	if span == nil {
		if ev.Err == nil && ev.Took < e.spansFrom {
			return
		}
		span = e.past(ctx, acquireName, ev, s)
	}
	end(span, ev, attribute.Float64("respool.waited", ev.Waited.Seconds()))
}

// openSpan makes the span of the opening now if nobody has begun it: an observer of the program may
// pass on events alone.
func (e *Exporter) openSpan(ctx context.Context, ev resource.Event, s *set) {
	if e.tracer == nil {
		return
	}
	span := e.begunIn(ctx, openName)
	if span == nil {
		span = e.past(ctx, openName, ev, s)
	}
	end(span, ev, attribute.Bool("respool.in_advance", resource.InAdvance(ctx)))
}

// past begins the span of something that is over.
func (e *Exporter) past(ctx context.Context, name string, ev resource.Event, s *set) trace.Span {
	_, span := e.tracer.Start(ctx, name, trace.WithTimestamp(ev.Time.Add(-ev.Took)), trace.WithAttributes(s.name))
	return span
}

func end(span trace.Span, ev resource.Event, attributes ...attribute.KeyValue) {
	span.SetAttributes(attributes...)
	if err := ev.Err; err != nil {
		if text := err.Error(); !utf8.ValidString(text) {
			err = errors.New(valid(text))
		}
		span.RecordError(err, trace.WithTimestamp(ev.Time))
		span.SetStatus(codes.Error, err.Error())
	}
	span.End(trace.WithTimestamp(ev.Time))
}
