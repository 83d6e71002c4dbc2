package redispool

import (
	"context"

	"github.com/respool/respool/resource"
)

// The Close of a connection may take as long as the other end likes: under TLS it sends a
// last message, and a wrapper may do anything. So it runs on another goroutine if its caller
// must not wait for it.

// closeFor is Close for a caller that leaves when ctx ends.
func (c *conn) closeFor(ctx context.Context) error {
	known := false
	defer func() {
		if !known { // the context has panicked
			c.Close()
		}
	}()
	done, over := ctx.Done(), ctx.Err() != nil
	known = true
	pc, isLeased := c.lease.ValueOK()
	if !isLeased || done == nil || pc.errIsRedigos && pc.isClean() && pc.c.Err() == nil {
		return c.Close()
	}
	o := startErrand(func() (any, error) { return nil, c.Close() })
	if over {
		o.linger()
	}
	if o.await(done) {
		return nil
	}
	_, err := o.result()
	return err
}

// closeApart closes a leased connection, and does not wait for that longer than grace. For
// reason see discardFor.
func closeApart(lease resource.Lease[*pooled], reason func() error) *errand {
	o := startErrand(func() (any, error) { discardFor(lease, reason); return nil, nil })
	if o.linger() {
		o.result()
	}
	return o
}
