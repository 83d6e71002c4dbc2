package redispool

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// conn is what Get returns: one borrower's right to a pooled connection. It is
// never used for a second borrower, so a stale conn stays closed forever.
type conn struct {
	lease resource.Lease[*pooled]

	// use counts the calls under way and has the bit over once Close was called.
	// Both are one word, so that Close and a call beside it always see each other.
	use atomic.Int32
}

const (
	over     = 1 << 30
	talking  = 1 << 29 // the pool itself talks to the server: see alone
	finished = 1 << 28 // a call was left by its context, and may go on behind the borrower's back
)

var (
	_ redis.ConnWithTimeout = (*conn)(nil)
	_ redis.ConnWithContext = (*conn)(nil)
)

// begin starts a call. Every begin that returns no error is followed by end.
func (c *conn) begin() (*pooled, error) {
	if use := c.use.Add(1); use < over {
		// Close may just have found this call under way, and discarded the lease.
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

// beginLate waits until the pool has talked. It refuses a connection that is
// broken, since redigo may still be busy with a command that was left.
func (c *conn) beginLate(pc *pooled, use int32) (*pooled, error) {
	if use&talking != 0 {
		<-*pc.poolTalks.Load()
	}
	if err := pc.c.Err(); err != nil {
		c.use.Add(-1)
		return nil, err
	}
	return pc, nil
}

func (c *conn) end() { c.use.Add(-1) }

// Close gives the connection back. Before that the pool restores what the borrower has
// changed; a connection that cannot be restored is closed. Close is idempotent.
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
	if quiet && pc.isClean() && pc.c.Err() == nil && !pc.buffer.hasMore() {
		c.lease.Release()
		return nil
	}
	return c.giveBack(pc, quiet)
}

// giveBack ends the lease of a connection that was used. If it is not quiet, another
// goroutine is inside a command, and there is no telling when the reply will come.
func (c *conn) giveBack(pc *pooled, quiet bool) (err error) {
	fit := false
	defer func() {
		if fit {
			c.lease.Release()
			return
		}
		defer c.lease.Discard() // also if closing what is idle panics
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

// Err does not count as a call: another goroutine may call it at any time, and
// nothing that is sent or read depends on it.
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
	pc, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer c.end()
	if !by.works(pc.c) {
		return by.do(pc.c, cmd, args...) // says so
	}
	e, err := c.expect(pc, by, cmd, args)
	if err != nil {
		c.finishIfAbandoned(by, err)
		return nil, err
	}
	before := pc.presumeEffect(e)
	reply, err := by.do(pc.c, cmd, args...)
	c.finishIfAbandoned(by, err)
	return pc.noteOutcome(cmd, e, before, reply, err)
}

// finishIfAbandoned notes that a context has ended a call. redigo returns then and
// leaves a goroutine behind that may still write or read. No other command may run
// beside it.
func (c *conn) finishIfAbandoned(by calling, err error) {
	if err == nil || by.how != withContext || by.ctx.Err() == nil {
		return
	}
	if _, isReply := serverError(err); !isReply {
		c.use.Or(finished)
	}
}

func (c *conn) Send(cmd string, args ...any) error {
	pc, err := c.begin()
	if err != nil {
		return err
	}
	defer c.end()
	e, err := c.expect(pc, plainly, cmd, args)
	if err != nil {
		return err
	}
	pc.session.changed.set(isAsking, e.bit == isAsking)
	pc.note(e)
	pc.asSent = pc.asSent.after(e.kind)
	return pc.c.Send(cmd, args...)
}

func (c *conn) Flush() error {
	pc, err := c.begin()
	if err != nil {
		return err
	}
	defer c.end()
	return pc.c.Flush()
}

// Receive and its two sisters may run beside Send and Flush on another
// goroutine, so they touch nothing of the pooled connection but its atomics.

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
	c.finishIfAbandoned(by, err)
	return pc.received(reply, err)
}

// exclusively runs f, which talks to the server, in the middle of a call. If another
// call is under way, it does not run f, since that call may be a Receive. A call that
// begins meanwhile waits in begin.
func (c *conn) exclusively(pc *pooled, f func()) {
	done := make(chan struct{})
	defer close(done)
	pc.poolTalks.Store(&done) // before the bit is set, for whoever sees it
	if c.use.CompareAndSwap(1, 1|talking) {
		defer c.use.And(^talking)
		f()
	}
}
