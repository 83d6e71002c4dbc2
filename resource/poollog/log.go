// Package poollog logs what an operator wants to read about pools: that openings fail, that acquires are
// refused, that resources fail their tests, that leases leak, and when each of these is over.
//
// A problem that goes on is logged at once, then every so often with counts, and once more when it is
// over. So a server that is down for an hour makes some sixty records, and not one for each caller:
//
//	level=WARN msg="pool: opens fail" pool=orders error="dial tcp: connection refused"
//	level=WARN msg="pool: opens still fail" pool=orders count=312 lasted=1m0s error="dial tcp: connection refused"
//	level=INFO msg="pool: opens succeed again" pool=orders count=401 lasted=1m17s
//
// One logger serves any number of pools. The attribute "pool" is the Name of the pool's Config.
package poollog

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/respool/respool/resource"
)

// Options configures [New]. The zero value is complete.
type Options struct {
	// Every is the time between two records of one problem that goes on. A problem that nothing
	// ends, such as refused acquires, is over when it has not come up for this time.
	// Zero: a minute.
	Every time.Duration
}

// New returns an observer that logs to l. A nil l is [slog.Default] at the time of the call. The
// observer logs while a pool waits for it, so a handler that blocks delays the caller whose event it
// is. It has no goroutine, but a timer while there is a problem. Records that a caller's event
// causes have the caller's context.
func New(l *slog.Logger, o Options) resource.Observer {
	if l == nil {
		l = slog.Default()
	}
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	return &observer{log: l, every: o.Every, problems: map[key]*problem{}}
}

type observer struct {
	log   *slog.Logger
	every time.Duration

	opensFail atomic.Int32 // number of pools whose openings fail; a success looks for them only then

	mu       sync.Mutex
	problems map[key]*problem
}

// Observe sorts an event. The events of a cycle come first, and cost nothing.
func (o *observer) Observe(e resource.Event) {
	switch e.Kind {
	case resource.EventAcquired, resource.EventReturned, resource.EventDiscarded:
	case resource.EventOpened:
		if o.opensFail.Load() > 0 {
			o.over(&opens, e)
		}
	case resource.EventOpenFailed:
		o.happened(&opens, e, slog.Any("error", e.Err))
	case resource.EventOpensHeld:
		o.happened(&held, e)
	case resource.EventOpensResumed:
		o.over(&held, e)
	case resource.EventTested:
		if e.Err != nil {
			o.happened(&tests, e, slog.Any("error", e.Err))
		}
	case resource.EventRefused:
		o.refused(e)
	case resource.EventClosed:
		if e.Abandoned {
			o.happened(&closes, e, slog.Duration("took", e.Took))
		}
	case resource.EventLeaked:
		o.happened(&leaks, e, slog.Duration("took", e.Took), stack(e))
	case resource.EventLeakReturned:
		o.happened(&leakReturns, e, slog.Duration("took", e.Took), stack(e))
	case resource.EventLost:
		o.happened(&losses, e, stack(e))
	case resource.EventResetDone:
		o.happened(&resets, e)
	case resource.EventRetiredDone:
		o.happened(&retires, e)
	case resource.EventResized:
		o.happened(&resizes, e)
	case resource.EventShutDown:
		o.forget(e.Pool)
		o.happened(&shutdowns, e)
	}
}

// refused sorts acquires that got nothing. An acquire whose opening failed is not counted, because the
// failed opening is. An acquire whose caller left of its own accord is not counted either.
func (o *observer) refused(e resource.Event) {
	// A deadline that ends during an opening is the failed opening's.
	late := errors.Is(e.Err, context.DeadlineExceeded) && e.Waited > 0
	switch {
	case errors.Is(e.Err, resource.ErrClosed):
		o.happened(&afterClose, e)
	case errors.Is(e.Err, resource.ErrExhausted), late:
		o.happened(&refusals, e, slog.Duration("waited", e.Waited), slog.Any("error", e.Err))
	}
}

func stack(e resource.Event) slog.Attr { return slog.String("stack", string(e.Stack)) }
