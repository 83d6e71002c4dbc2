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

const (
	over    = 1 << 30
	talking = 1 << 29 // the pool itself talks to the server: see alone
)

var (
	_ redis.ConnWithTimeout = (*conn)(nil)
	_ redis.ConnWithContext = (*conn)(nil)
)

// begin starts a call. Every begin that returns true is followed by end.
func (c *conn) begin() (*pooled, bool) {
	if use := c.use.Add(1); use < over {
		// Close may just have found this call under way, and discarded the lease.
		if pc, ok := c.lease.ValueOK(); ok {
			if use&talking != 0 {
				<-*pc.talk.Load()
			}
			return pc, true
		}
	}
	c.use.Add(-1)
	return nil, false
}

func (c *conn) end() { c.use.Add(-1) }

// Close gives the connection back. What the borrower left undone is undone
// first; a connection for which that cannot be is closed. Close is idempotent.
func (c *conn) Close() error {
	quiet := c.use.CompareAndSwap(0, over)
	if !quiet {
		before := c.use.Or(over)
		if before&over != 0 {
			return nil
		}
		quiet = before == 0
	}
	pc := c.lease.Value()
	if quiet && pc.clean() && pc.c.Err() == nil {
		c.lease.Release()
		return nil
	}
	return c.giveBack(pc, quiet)
}

// giveBack ends the lease of a connection that was used. If it is not quiet,
// somebody is inside a command and nobody knows when its reply will come.
func (c *conn) giveBack(pc *pooled, quiet bool) (err error) {
	fit := false
	defer func() {
		if fit {
			c.lease.Release()
			return
		}
		defer c.lease.Discard() // also if closing what is idle panics
		if pc.demoted.Load() {
			pc.core.leaveDemoted(pc)
		}
	}()
	if quiet {
		fit, err = pc.restore()
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
	had := c.before(pc, cmd, args, func() (any, error) { return pc.c.Do("CLIENT", "INFO") })
	reply, err := pc.c.Do(cmd, args...)
	return pc.after(cmd, had, reply, err)
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
	had := c.before(pc, cmd, args, func() (any, error) { return redis.DoContext(pc.c, ctx, "CLIENT", "INFO") })
	reply, err := redis.DoContext(pc.c, ctx, cmd, args...)
	return pc.after(cmd, had, reply, err)
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
	had := c.before(pc, cmd, args, func() (any, error) { return redis.DoWithTimeout(pc.c, timeout, "CLIENT", "INFO") })
	reply, err := redis.DoWithTimeout(pc.c, timeout, cmd, args...)
	return pc.after(cmd, had, reply, err)
}

func (c *conn) Send(cmd string, args ...any) error {
	pc, ok := c.begin()
	if !ok {
		return errConnClosed
	}
	defer c.end()
	c.before(pc, cmd, args, func() (any, error) { return pc.c.Do("CLIENT", "INFO") })
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
	return pc.seen(reply, err)
}

func (c *conn) ReceiveContext(ctx context.Context) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	reply, err := redis.ReceiveContext(pc.c, ctx)
	return pc.seen(reply, err)
}

func (c *conn) ReceiveWithTimeout(timeout time.Duration) (any, error) {
	pc, ok := c.begin()
	if !ok {
		return nil, errConnClosed
	}
	defer c.end()
	reply, err := redis.ReceiveWithTimeout(pc.c, timeout)
	return pc.seen(reply, err)
}
