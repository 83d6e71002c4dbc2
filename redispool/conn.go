package redispool

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// conn is the handle that Get returns: one borrower's right to a pooled connection. It
// never serves a second borrower, so a stale conn stays closed.
type conn struct {
	lease resource.Lease[*pooled]

	// use counts the calls under way, and has the bits below. The count and the bits are
	// one word, so that Close and a concurrent call always see each other.
	use atomic.Int32
}

const (
	over     = 1 << 30 // Close was called
	talking  = 1 << 29 // the pool itself talks to the server: see exclusively
	finished = 1 << 28 // a context ended a call, whose goroutine in redigo may still be running
)

var (
	_ redis.ConnWithTimeout = (*conn)(nil)
	_ redis.ConnWithContext = (*conn)(nil)
)

// begin starts a call. Every begin that returns no error is followed by end.
func (c *conn) begin() (*pooled, error) {
	if use := c.use.Add(1); use < over {
		// A concurrent Close may have seen this call and discarded the lease.
		if pc, ok := c.lease.ValueOK(); ok {
			if use&(talking|finished) == 0 {
				return pc, nil
			}
			return c.beginLate(pc, use)
		}
	}
	c.use.Add(-1)
	return nil, errConnClosed
}

// beginLate waits until the pool has finished talking to the server. It refuses a
// broken connection, and one that may still be busy with an abandoned command.
func (c *conn) beginLate(pc *pooled, use int32) (*pooled, error) {
	if use&talking != 0 {
		<-*pc.poolTalks.Load()
	}
	err := pc.c.Err()
	if err == nil && use&finished != 0 {
		err = errCallLeft // a wrapper may not note that a call was left
	}
	if err != nil {
		c.use.Add(-1)
		return nil, err
	}
	return pc, nil
}

func (c *conn) end() { c.use.Add(-1) }

// Close returns the connection to the pool. The pool first restores what the borrower
// has changed, and closes a connection that it cannot restore. Close is idempotent.
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
	if quiet && pc.isClean() && !pc.buffer.hasMore() {
		// Only a wrapper's Err may panic, so only a wrapper pays for a deferred function.
		if pc.errIsRedigos && pc.c.Err() == nil || !pc.errIsRedigos && c.wrapperIsSound(pc) {
			c.lease.Release()
			return nil
		}
	}
	return c.giveBack(pc, quiet)
}

// wrapperIsSound reports whether a wrapper of a connection has no error. After a panic of its
// Err it closes the connection.
func (c *conn) wrapperIsSound(pc *pooled) bool {
	asked := false
	defer func() {
		if !asked {
			closeLeased(c.lease)
		}
	}()
	err := pc.c.Err()
	asked = true
	return err == nil
}

// giveBack ends the lease of a connection that may need restoring. If quiet is false,
// another goroutine is inside a command. Its reply may come at any time, so the
// connection is closed.
func (c *conn) giveBack(pc *pooled, quiet bool) (err error) {
	fit := false
	defer func() {
		if fit {
			c.lease.Release()
			return
		}
		defer closeLeased(c.lease) // deferred, in case the reset panics while it closes idle connections
		pc.decideFate()
		if pc.resetsPool {
			pc.core.reset()
		}
	}()
	if quiet {
		fit, err = pc.restore()
	}
	return err
}

// closeLeased closes a connection instead of giving it back.
func closeLeased(lease resource.Lease[*pooled]) { discardFor(lease, lease.Value().c.Err) }

// discardFor closes a connection instead of giving it back. If reason returns an error, the
// server may be gone, and the pool may suspect the others. A connection that was closed
// because a caller canceled a call says nothing about the server.
func discardFor(lease resource.Lease[*pooled], reason func() error) {
	broken := true
	defer func() { // deferred, because reason may be the user's Err
		if broken {
			lease.Value().core.breaks.Add(1)
			lease.Discard()
		} else {
			lease.DiscardSound()
		}
	}()
	err := reason()
	broken = err != nil && !errors.Is(err, context.Canceled)
}

// Err does not count as a call: any goroutine may call it at any time, and it neither
// sends nor reads anything.
func (c *conn) Err() error {
	if pc, ok := c.lease.ValueOK(); ok && c.use.Load() < over {
		return pc.c.Err()
	}
	return errConnClosed
}

func (c *conn) Do(cmd string, args ...any) (any, error) { return c.do(plainly, cmd, args) }

func (c *conn) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	return c.do(calling{how: withContext, ctx: ctx}, cmd, args)
}

func (c *conn) DoWithTimeout(timeout time.Duration, cmd string, args ...any) (any, error) {
	return c.do(calling{how: withTimeout, timeout: timeout}, cmd, args)
}

func (c *conn) do(by calling, cmd string, args []any) (any, error) {
	k, args := readable(cmd, args)
	pc, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer c.end()
	if !by.works(pc.c) {
		return by.do(pc.c, cmd, args...) // redigo's function returns the error
	}
	pc.midCall = true
	e, err := c.expect(pc, by, k, args)
	if err != nil {
		pc.midCall = false
		c.finishIfAbandoned(by, nil, err)
		return nil, err
	}
	before := pc.presumeEffect(e)
	reply, err := by.do(pc.c, cmd, args...)
	pc.midCall = false
	c.finishIfAbandoned(by, reply, err)
	return pc.noteOutcome(cmd, e, before, reply, err)
}

// finishIfAbandoned notes that a context has ended a call. redigo then returns, but
// leaves a goroutine behind that may still write or read. No other command may run
// concurrently with that goroutine.
func (c *conn) finishIfAbandoned(by calling, reply any, err error) {
	if by.how == withContext && by.mayHaveLeft(reply, err) {
		c.use.Or(finished)
	}
}

func (c *conn) Send(cmd string, args ...any) error {
	k, args := readable(cmd, args)
	pc, err := c.begin()
	if err != nil {
		return err
	}
	defer c.end()
	pc.midCall = true
	e, err := c.expect(pc, plainly, k, args)
	if err == nil {
		pc.session.changed.set(isAsking, e.bit == isAsking)
		pc.note(e)
		pc.asSent = pc.asSent.after(e.kind)
		err = pc.c.Send(cmd, args...)
	}
	pc.midCall = false
	return err
}

func (c *conn) Flush() error {
	pc, err := c.begin()
	if err != nil {
		return err
	}
	defer c.end()
	return pc.c.Flush()
}

// Receive, ReceiveContext and ReceiveWithTimeout may run concurrently with Send and
// Flush on another goroutine. So they use only the atomic fields of the pooled
// connection, and fields with a lock of their own.

func (c *conn) Receive() (any, error) { return c.receive(plainly) }

func (c *conn) ReceiveContext(ctx context.Context) (any, error) {
	return c.receive(calling{how: withContext, ctx: ctx})
}

func (c *conn) ReceiveWithTimeout(timeout time.Duration) (any, error) {
	return c.receive(calling{how: withTimeout, timeout: timeout})
}

func (c *conn) receive(by calling) (any, error) {
	pc, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer c.end()
	reply, err := by.receive(pc.c)
	c.finishIfAbandoned(by, reply, err)
	return pc.received(reply, err)
}

// exclusively runs f, which talks to the server, in the middle of a call. If another
// call is under way, it does not run f, since that call may be a Receive. A call that
// begins while f runs waits in begin.
func (c *conn) exclusively(pc *pooled, f func()) {
	done := make(chan struct{})
	defer close(done)
	pc.poolTalks.Store(&done) // before the bit is set: a call that sees the bit loads the channel
	if c.use.CompareAndSwap(1, 1|talking) {
		defer c.use.And(^talking)
		f()
	}
}
