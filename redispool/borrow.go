package redispool

import (
	"context"
	"errors"

	"github.com/respool/respool/resource"
)

// borrow gets a connection in redigo's words.
func (l *live) borrow(ctx context.Context) (*conn, error) {
	if l.err != nil {
		return nil, l.err
	}
	lease, err := l.acquire(ctx)
	if err == nil && lease.Value().confirmFirst {
		lease, err = l.acquireConfirmed(ctx, lease)
	}
	if err != nil {
		return nil, translate(err)
	}
	return lease.Value().handle(lease), nil
}

func (l *live) acquire(ctx context.Context) (resource.Lease[*pooled], error) {
	if l.waits(ctx) {
		return l.pool.Acquire(ctx)
	}
	return l.tryAcquire(ctx)
}

// acquireConfirmed asks the server about a connection that is in doubt, and goes on to
// others until one is good.
func (l *live) acquireConfirmed(ctx context.Context, lease resource.Lease[*pooled]) (resource.Lease[*pooled], error) {
	var failure, err error
	for lease.Value().confirmFirst {
		if failure = confirmLease(ctx, lease, failure); failure == nil {
			break
		}
		if err = ctx.Err(); err != nil {
			return lease, err
		}
		lease, err = l.acquire(ctx)
		if errors.Is(err, resource.ErrExhausted) && !errors.Is(err, resource.ErrWaitTimeout) {
			return lease, failure // it says more
		}
		if err != nil {
			return lease, err
		}
	}
	return lease, nil
}

// waits reports whether a caller waits at the limit. Without a limit, Acquire
// never waits; but it looks at the context first, and redigo does so only where
// there is a limit. Whether there is one is asked of the generic pool, which
// Resize may change at any moment.
func (l *live) waits(ctx context.Context) bool {
	return l.wait && (ctx.Err() == nil || l.pool.Stats().MaxActive > 0)
}

// tryAcquire is for a caller who does not wait, or whose time is up.
func (l *live) tryAcquire(ctx context.Context) (resource.Lease[*pooled], error) {
	lease, err := l.pool.TryAcquire(ctx)
	over := ctx.Err()
	switch {
	case over == nil:
		return lease, err
	case err == nil:
		// What a test or a dial gave is kept, but the caller's time is up. The
		// connection goes back as from any borrower: a test may have left a reply, or
		// broken it.
		(&conn{lease: lease}).Close()
		return resource.Lease[*pooled]{}, over
	case l.wait && errors.Is(err, resource.ErrExhausted): // a limit has just come
		return lease, over
	}
	return lease, err
}

// orBackground reads a nil context as redigo does where it never looks at one.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
