package redispool

import (
	"context"
	"errors"

	"github.com/respool/respool/resource"
)

// borrow gets a connection, or the error for the program and the PoolError behind it.
func (l *live) borrow(ctx context.Context) (*conn, *resource.PoolError, error) {
	if l.err != nil {
		return nil, nil, l.err
	}
	if ctx.Done() != nil && (l.tests || !l.wait) {
		lease, err := l.acquire(ctx)
		return l.borrowed(ctx, lease, err, l.acquire)
	}
	// What follows is the same without some calls, which cost some nanoseconds.
	var lease resource.Lease[*pooled]
	var err error
	if l.wait {
		lease, err = l.pool.Acquire(ctx)
	} else {
		lease, err = l.pool.TryAcquire(ctx)
	}
	if err == nil {
		if pc := lease.Value(); !pc.isInDoubt() {
			return pc.handle(lease), nil, nil
		}
	} else if l.wait && refusedAtOnce(err) && !l.waits(ctx) {
		lease, err = l.tryAcquireHere(ctx)
	}
	return l.borrowed(ctx, lease, err, l.acquire)
}

// borrowNow is borrow for a caller that does not wait at the limit.
func (l *live) borrowNow(ctx context.Context) (*conn, error) {
	lease, err := l.tryAcquire(ctx)
	c, _, err := l.borrowed(ctx, lease, err, l.acquire)
	return c, err
}

// borrowBackground is borrow for GetBackground.
func (l *live) borrowBackground(ctx context.Context) (*conn, *resource.PoolError, error) {
	if l.err != nil {
		return nil, nil, l.err
	}
	lease, err := l.acquireBackground(ctx)
	return l.borrowed(ctx, lease, err, l.acquireBackground)
}

// borrowUrgent is borrow for a caller that waits before others.
func (l *live) borrowUrgent(ctx context.Context) (*conn, *resource.PoolError, error) {
	if l.err != nil {
		return nil, nil, l.err
	}
	lease, err := l.acquireUrgent(ctx)
	return l.borrowed(ctx, lease, err, l.acquireUrgent)
}

// borrowed continues an acquire for a borrower. acquire is the way to get another lease, if
// that one's connection is in doubt and fails.
func (l *live) borrowed(ctx context.Context, lease resource.Lease[*pooled], err error, acquire acquirer) (*conn, *resource.PoolError, error) {
	if err == nil && lease.Value().isInDoubt() {
		lease, err = l.acquireConfirmed(ctx, lease, acquire)
	}
	if err == nil {
		return lease.Value().handle(lease), nil, nil
	}
	why, err := explained(err)
	if l.explain && why != nil {
		err = why
	}
	return nil, why, err
}

// acquirer is a way to acquire from the generic pool.
type acquirer func(context.Context) (resource.Lease[*pooled], error)

func (l *live) acquire(ctx context.Context) (resource.Lease[*pooled], error) {
	if l.mayOutlast(ctx) {
		return l.acquireOutlasting(ctx)
	}
	if l.waits(ctx) {
		return l.pool.Acquire(ctx)
	}
	return l.tryAcquireHere(ctx)
}

// refusedAtOnce reports whether an error of Acquire is that of a context that had ended before
// the call. An error may be of a type that cannot be compared, if the context is the user's.
func refusedAtOnce(err error) bool {
	switch err.(type) {
	case *resource.PoolError, *resource.OpenError:
		return false
	}
	return true
}

func (l *live) acquireOutlasting(ctx context.Context) (resource.Lease[*pooled], error) {
	if l.waits(ctx) {
		return l.outlasting(ctx, l.pool.Acquire)
	}
	return l.outlasting(ctx, l.tryAcquireHere)
}

func (l *live) acquireUrgent(ctx context.Context) (resource.Lease[*pooled], error) {
	if !l.waits(ctx) {
		return l.tryAcquire(ctx)
	}
	if l.mayOutlast(ctx) {
		return l.outlasting(ctx, l.pool.AcquireUrgent)
	}
	return l.pool.AcquireUrgent(ctx)
}

func (l *live) acquireBackground(ctx context.Context) (resource.Lease[*pooled], error) {
	if l.mayOutlast(ctx) {
		return l.outlasting(ctx, l.pool.AcquireBackground)
	}
	return l.pool.AcquireBackground(ctx)
}

// waits reports whether a caller waits at the limit. Acquire refuses a context that
// has ended, even in a pool without a limit; redigo does so only if there is a limit.
// The limit comes from the generic pool, because Resize may have changed it.
func (l *live) waits(ctx context.Context) bool {
	return l.wait && (ctx.Err() == nil || l.pool.Stats().MaxActive > 0)
}

// tryAcquire serves a caller that does not wait, or whose context has ended.
func (l *live) tryAcquire(ctx context.Context) (resource.Lease[*pooled], error) {
	if l.mayOutlast(ctx) {
		return l.outlasting(ctx, l.tryAcquireHere)
	}
	return l.tryAcquireHere(ctx)
}

// tryAcquireHere is tryAcquire on the caller's goroutine.
func (l *live) tryAcquireHere(ctx context.Context) (resource.Lease[*pooled], error) {
	lease, err := l.pool.TryAcquire(ctx)
	over := ctx.Err()
	switch {
	case over == nil:
		return lease, err
	case err == nil:
		// The context ended during a test or a dial. The pool keeps the connection, and
		// it goes back as from any borrower, because a test may have left a reply unread
		// or broken the connection.
		(&conn{lease: lease}).Close()
		return resource.Lease[*pooled]{}, over
	case l.wait && errors.Is(err, resource.ErrExhausted): // Resize has just set a limit
		return lease, over
	}
	return lease, err
}

// orBackground replaces a nil context, which redigo accepts wherever it does not use
// the context.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
