package resource

import "context"

// AcquireUrgent is [Pool.Acquire] for callers that go before all others in the queue, such as
// a health check, which has to answer while the pool is overloaded. Urgent callers wait in
// FIFO order among themselves. So that they starve nobody, after four urgent callers that
// were served in a row while others waited, the first of the others is served. Where nobody
// waits, the two methods do the same.
//
// Config.MaxWaiters holds for urgent callers and for the others each by itself: a queue that
// is full of others refuses no urgent caller. Config.WaitTimeout holds as well. Config.Shed
// refuses no urgent caller: bound ctx, and use AcquireUrgent for few.
//
// Its errors are those of Acquire without [ErrShed]. It takes the pool's lock. It panics if
// ctx is nil.
func (p *Pool[T]) AcquireUrgent(ctx context.Context) (Lease[T], error) {
	return p.acquireByClass(ctx, acquireMode{waits: true, urgent: true})
}
