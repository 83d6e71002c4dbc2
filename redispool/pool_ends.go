package redispool

import "context"

// WaitReady returns when MinIdle connections are open, or one if MinIdle is zero. Call it
// when a program starts: the pool dials at its first use, and WaitReady is a use. It also
// waits for a server that is not up yet, until ctx ends. The error is then a
// [*resource.PoolError] that wraps ctx.Err() and says why the last dial failed. See
// [resource.Pool.WaitReady]. A nil context never ends. redigo has no such method.
func (p *Pool) WaitReady(ctx context.Context) error {
	l := p.get()
	if l.err != nil {
		return l.err
	}
	err := l.pool.WaitReady(orBackground(ctx))
	if why, _ := explained(err); why != nil {
		return why
	}
	return err
}

// Close closes the pool and its idle connections, and returns when that is done.
// Connections in use stay usable and are closed when they are returned. Waiters get
// ErrPoolClosed. Close is idempotent; it returns nil.
func (p *Pool) Close() error {
	defer p.unfollow(context.Background())
	if l := p.get(); l.pool != nil {
		l.shut()
		return l.pool.Close()
	}
	return nil
}

// Shutdown closes the pool as Close does, and then waits until the connections in use
// were returned. If ctx ends first, it returns a [*resource.ShutdownError] that
// counts the connections still in use. A nil context never ends. redigo has no such
// method.
func (p *Pool) Shutdown(ctx context.Context) error {
	defer p.unfollow(orBackground(ctx))
	if l := p.get(); l.pool != nil {
		l.shut()
		return l.pool.Shutdown(orBackground(ctx))
	}
	return nil
}

// Terminate is Shutdown by force: when ctx ends, it closes the connections in use,
// although their borrowers still have them, and returns. Calls on these connections fail
// from then on, and their Close does nothing. The [*resource.ShutdownError] names the
// borrowers, with LeakAfter or Reclaim by their stacks. A nil context never ends. redigo
// has no such method.
func (p *Pool) Terminate(ctx context.Context) error {
	defer p.unfollow(orBackground(ctx))
	if l := p.get(); l.pool != nil {
		l.shut()
		return l.pool.Terminate(orBackground(ctx))
	}
	return nil
}
