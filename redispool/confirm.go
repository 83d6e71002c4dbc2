package redispool

import (
	"context"
	"errors"
	"net"

	"github.com/respool/respool/resource"
)

// isInDoubt reports whether the server has to confirm a connection before it is lent.
func (pc *pooled) isInDoubt() bool {
	return pc.confirmFirst || pc.closersSeen != pc.core.closers.Load()
}

// acquireConfirmed asks the server about a connection in doubt. If the connection
// fails, it gets others with acquire until one is usable.
func (l *live) acquireConfirmed(ctx context.Context, lease resource.Lease[*pooled], acquire acquirer) (resource.Lease[*pooled], error) {
	var failure error
	for lease.Value().isInDoubt() {
		var closes *closing
		if closes, failure = confirm(ctx, lease, failure); failure == nil {
			break
		}
		if err := ctx.Err(); err != nil {
			return lease, err
		}
		var err error
		if lease, err = acquire(ctx); isFull(err) {
			if closes.await(ctx.Done()) {
				return lease, endOf(ctx)
			}
			lease, err = acquire(ctx) // in the place of the connection that has failed
		}
		switch {
		case err == nil:
		case isFull(err) && !errors.Is(err, resource.ErrReserved) && !errors.Is(err, resource.ErrTooManyWaiters):
			return lease, failure // it says more than ErrExhausted
		default:
			return lease, err
		}
	}
	return lease, nil
}

// isFull reports whether an acquire that does not wait has found the pool full.
func isFull(err error) bool {
	if _, isDial := err.(*resource.OpenError); isDial { // it may contain an error of another pool
		return false
	}
	return errors.Is(err, resource.ErrExhausted) && !errors.Is(err, resource.ErrWaitTimeout) && !errors.Is(err, resource.ErrShed)
}

// confirm asks the server whether it still serves a connection in doubt. If not, confirm
// has the connection closed, and returns that call with the reason. failure is the result
// for the previous connection. If it says that the server serves nobody, the connection is
// closed without a question, so that a borrower waits for one failing server at most.
func confirm(ctx context.Context, lease resource.Lease[*pooled], failure error) (closes *closing, err error) {
	if err = failure; failure == nil || isOfOneConnection(failure) {
		var left bool
		if left, err = ask(ctx, lease); left {
			return closeApart(lease, ctx.Err), err
		}
	}
	if err == nil {
		return nil, nil
	}
	return closeApart(lease, lease.Value().c.Err), err
}

// ask asks the server on a connection in doubt. When ctx ends, the caller leaves, whatever
// the connection and its Close do.
func ask(ctx context.Context, lease resource.Lease[*pooled]) (left bool, err error) {
	pc := lease.Value()
	returned := false
	defer func() {
		if !returned { // the question has panicked
			closeLeased(lease)
		}
	}()
	closers := pc.core.closers.Load() // before the question: a later one needs another
	switch {
	case !pc.genuine():
	case ctx.Done() == nil:
		err = pc.confirmInStep(ctx)
	default:
		o := startErrand(func() (any, error) { return nil, pc.confirmInStep(ctx) })
		if left = o.await(ctx.Done()); left {
			err = endOf(ctx)
		} else {
			_, err = o.result()
		}
	}
	if err == nil {
		pc.confirmFirst, pc.closersSeen = false, closers
	}
	returned = true
	return left, err
}

// isOfOneConnection reports whether a failed question says nothing about the server. A
// connection that the server has closed fails at once.
func isOfOneConnection(failure error) bool {
	if _, isReply := serverError(failure); isReply {
		return false
	}
	var timeout net.Error
	return !errors.Is(failure, context.DeadlineExceeded) && !(errors.As(failure, &timeout) && timeout.Timeout())
}
