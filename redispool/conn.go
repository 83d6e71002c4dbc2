package redispool

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// conn is what Get returns: one borrower's right to a pooled connection. It is
// never used for a second borrower, so a stale one stays closed for ever.
type conn struct {
	lease resource.Lease[*pooled]

	// use counts the calls under way and has the bit over once Close was called.
	// Both are one word, so that Close and a call beside it always see each other.
	use atomic.Int32
}

const over = 1 << 30

var (
	_ redis.ConnWithTimeout = (*conn)(nil)
	_ redis.ConnWithContext = (*conn)(nil)
)

// begin starts a call. Every begin that returns true is followed by end.
func (c *conn) begin() (*pooled, bool) {
	if c.use.Add(1) >= over {
		c.use.Add(-1)
		return nil, false
	}
	return c.lease.Value(), true
}

func (c *conn) end() { c.use.Add(-1) }

// Close gives the connection back. What the borrower left undone is undone
// first; a connection for which that cannot be is closed. Close is idempotent.
func (c *conn) Close() error {
	switch before := c.use.Or(over); {
	case before&over != 0:
		return nil
	case before != 0:
		// Somebody is inside a command: nobody knows when its reply will come.
		c.lease.Discard()
		return nil
	}
	fit := false
	defer func() {
		if fit {
			c.lease.Release()
		} else {
			c.lease.Discard()
		}
	}()
	pc := c.lease.Value()
	var err error
	fit, err = pc.restore()
	if pc.demoted.Load() && pc.core.resetOnReadOnly {
		fit = false
		pc.core.pool.Reset()
	}
	return err
}

func (c *conn) Err() error {
	pc, ok := c.begin()
	if !ok {
		return errConnClosed
	}
	defer c.end()
	return pc.c.Err()
}

func (c *conn) Do(cmd string, args ...any) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	undo := pc.before(cmd, args)
	reply, err := pc.c.Do(cmd, args...)
	return pc.after(cmd, undo, reply, err)
}

func (c *conn) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	if _, ok := pc.c.(redis.ConnWithContext); !ok {
		return redis.DoContext(pc.c, ctx, cmd, args...) // says so
	}
	undo := pc.before(cmd, args)
	reply, err := redis.DoContext(pc.c, ctx, cmd, args...)
	return pc.after(cmd, undo, reply, err)
}

func (c *conn) DoWithTimeout(timeout time.Duration, cmd string, args ...any) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	if _, ok := pc.c.(redis.ConnWithTimeout); !ok {
		return redis.DoWithTimeout(pc.c, timeout, cmd, args...) // says so
	}
	undo := pc.before(cmd, args)
	reply, err := redis.DoWithTimeout(pc.c, timeout, cmd, args...)
	return pc.after(cmd, undo, reply, err)
}

func (c *conn) Send(cmd string, args ...any) error {
	pc, ok := c.begin()
	if !ok {
		return errConnClosed
	}
	defer c.end()
	pc.before(cmd, args)
	pc.pending = true
	return pc.c.Send(cmd, args...)
}

func (c *conn) Flush() error {
	pc, ok := c.begin()
	if !ok {
		return errConnClosed
	}
	defer c.end()
	return pc.c.Flush()
}

// Receive and its two sisters may run beside Send and Flush on another
// goroutine, so they touch nothing of the pooled connection but its atomics.

func (c *conn) Receive() (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	reply, err := pc.c.Receive()
	return reply, pc.seen(err)
}

func (c *conn) ReceiveContext(ctx context.Context) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	reply, err := redis.ReceiveContext(pc.c, ctx)
	return reply, pc.seen(err)
}

func (c *conn) ReceiveWithTimeout(timeout time.Duration) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	reply, err := redis.ReceiveWithTimeout(pc.c, timeout)
	return reply, pc.seen(err)
}
