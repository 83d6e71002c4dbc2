package redispool

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

// RedigoOwned is [Pool.Redigo] for a library that closes the pool which it was given: the
// Close of the shell closes p, so no connection stays open. Nothing else should use p
// then. Connections that are borrowed at that moment are closed when they come back.
//
// The shell has the limits that Redigo documents, with two exceptions. MaxIdle is 1, and
// TestOnBorrow refuses every connection: the shell keeps one connection of its own that
// leads nowhere, by which it learns of its Close. A library must not change these fields.
// A cycle of Get and Close costs about a microsecond more than that of Redigo.
func (p *Pool) RedigoOwned() *redis.Pool {
	shell := p.Redigo()
	o := &owner{pool: p, shell: shell}
	shell.MaxIdle = 1
	shell.IdleTimeout, shell.MaxConnLifetime = 0, 0
	shell.TestOnBorrow = nil
	if !setTestOnBorrowContext(shell, o.refuse) {
		shell.TestOnBorrow = func(c redis.Conn, t time.Time) error { return o.refuse(context.Background(), c, t) }
	}
	shell.DialContext = o.dial
	o.anchor()
	return shell
}

// owner closes a pool when the shell in front of it is closed. The Close of redigo's pool
// calls only the Close of its idle connections. So the owner keeps one idle connection
// there, the anchor.
//
// Get takes the anchor out of the idle list before it dials, and the Close of a
// connection pushes the anchor out. Both put a new anchor there, which also shows whether
// the shell has been closed meanwhile. If a connection of the pool gets into the idle
// list instead, it is refused, and goes back to the pool.
//
// There is one gap: a Get that has taken the anchor and then finds the shell closed does
// not dial. A goroutine watches for this case.
type owner struct {
	pool    *Pool
	shell   *redis.Pool
	missing atomic.Bool // an anchor was taken, and none was put back since
}

// anchoring is the key of the context with which the owner itself calls Get.
type anchoring struct{}

var errRefused = errors.New("redispool: the shell lends no idle connection")

// refuse is the shell's TestOnBorrow. redigo then closes the connection. No anchor can be
// put back here: redigo tests all idle connections before it dials.
func (o *owner) refuse(ctx context.Context, c redis.Conn, _ time.Time) error {
	if a, ok := c.(*anchor); ok {
		a.refused.Store(true)
		if ctx.Value(anchoring{}) == nil {
			o.missing.Store(true)
			go o.findClosed()
		}
	}
	return errRefused
}

func (o *owner) dial(ctx context.Context) (redis.Conn, error) {
	if ctx.Value(anchoring{}) != nil {
		return &anchor{errorConn: errorConn{err: errRefused}, owner: o}, nil
	}
	o.anchor() // before the caller may have to wait
	return o.pool.GetContext(ctx)
}

func (o *owner) findClosed() {
	if o.missing.Load() {
		o.anchor()
	}
}

// anchor puts an anchor into the shell's idle list. If the shell is closed, it closes the
// pool.
func (o *owner) anchor() {
	c, err := o.shell.GetContext(context.WithValue(context.Background(), anchoring{}, true))
	if err != nil {
		o.pool.Close()
		return
	}
	o.missing.Store(false) // before another Get can take the new one
	c.Close()
}

// anchor is the connection of the shell's own.
type anchor struct {
	errorConn
	owner   *owner
	refused atomic.Bool
}

// Err is nil, so that redigo keeps the anchor.
func (a *anchor) Err() error { return nil }

// Close is called by redigo when the shell is closed, or the anchor was refused, or
// pushed out.
func (a *anchor) Close() error {
	if !a.refused.Load() {
		a.owner.anchor()
	}
	return nil
}
