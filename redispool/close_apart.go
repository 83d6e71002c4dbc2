package redispool

import (
	"context"
	"sync/atomic"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// The Close of a connection may take as long as the other end likes: under TLS it sends a
// last message, and a wrapper may do anything. So it runs on another goroutine if its caller
// must not wait for it.

// closeFor is Close for a caller that leaves when ctx ends. It does not wait for the close of
// a broken connection.
func (c *conn) closeFor(ctx context.Context) error {
	known := false
	defer func() {
		if !known { // the context, or a wrapper's Err, has panicked
			c.Close()
		}
	}()
	pc, isLeased := c.lease.ValueOK()
	done, over := ctx.Done(), ctx.Err() != nil
	broken := isLeased && (over || pc.c.Err() != nil)
	known = true
	switch {
	case broken:
		var err error
		closes := apart(func() { err = c.Close() }, always)
		select {
		case <-closes.done:
			return err
		default:
			return nil
		}
	case !isLeased, done == nil, pc.errIsRedigos && pc.isClean():
		return c.Close()
	}
	o := startErrand(func() (any, error) { return nil, c.Close() })
	if o.await(done) {
		return nil
	}
	_, err := o.result()
	return err
}

// closing is a call that closes connections on a goroutine of its own.
type closing struct {
	errand
	left atomic.Bool // the caller has left, or the call has ended without returning before that
}

// apart runs f, which closes connections. It returns when f returns, or when begun is true
// and grace is over. A panic goes on in the caller. If the caller has left, the panic ends
// the program, as in package resource.
func apart(f func(), begun func() bool) *closing {
	c := &closing{errand: errand{done: make(chan struct{})}}
	go func() {
		defer func() {
			if !c.returned && c.left.CompareAndSwap(false, true) {
				c.panicked = panicError(recover())
			}
			close(c.done)
		}()
		f()
		c.returned = true
	}()
	for !c.linger() {
		if begun() {
			if c.left.CompareAndSwap(false, true) {
				return c
			}
			<-c.done
			break
		}
	}
	c.result()
	return c
}

// always is for a caller that does not depend on what has happened by then.
func always() bool { return true }

// resetApart resets a pool: afterwards no connection that was idle before is lent. The
// caller does not wait for closes that take long.
func resetApart(pool *resource.Pool[*pooled], reset func()) {
	before := pool.Stats().Resets
	apart(reset, func() bool { return pool.Stats().Resets != before })
}

// closeApart closes a leased connection, and does not wait for that longer than grace. For
// reason see discardFor.
func closeApart(lease resource.Lease[*pooled], reason func() error) *closing {
	return apart(func() { discardFor(lease, reason) }, always)
}

// closeDialed closes a connection that no pool has, and does not wait for that longer than
// grace.
func closeDialed(c redis.Conn) { apart(func() { c.Close() }, always) }
