package poolotel

import (
	"context"
	"errors"

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
