package redispool

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

// A test of the user's gets a probe in place of the connection. The probe notes
// whether the test uses the connection: one that was not used needs no cleaning
// up. It returns in time when the borrower's context ends, whatever the connection
// does. And it reaches the connection only while the test runs.

// errTestOver is what a test gets that keeps its connection for later.
var errTestOver = errors.New("redispool: the test that was given this connection is over")

// errTestLeft is the outcome of a test that returns while it still uses the
// connection.
var errTestLeft = errors.New("redispool: a test returned while it used its connection")

// probe is a connection as its test sees it. It implements redis.Conn.
type probe struct {
	pc   *pooled
	face redis.Conn      // what the test is given: see faceOf
	ctx  context.Context // the borrower's, while the test runs

	// state counts the calls under way, and has the bits below. A probe that was
	// never called serves for the next test; one that was called, in its time or
	// after it, is not used again, since its test may have kept it.
	state atomic.Int32
}

const (
	probing = 1 << 30 // the test runs
	called  = 1 << 29 // a call was made
	lost    = 1 << 28 // a call was left by its caller
	calls   = lost - 1
)

// probed runs the user's tests on a connection. It notes whether the connection
// may have something left to be read.
func (pc *pooled) probed(ctx context.Context, tests func(redis.Conn) error) error {
	p := pc.probe
	if p == nil || !p.state.CompareAndSwap(0, probing) {
		p = &probe{pc: pc}
		p.face = faceOf(p)
		p.state.Store(probing)
		pc.probe = p
	}
	p.ctx = ctx
	returned := false
	defer func() {
		if !returned { // it panicked: the connection is closed
			p.state.And(^probing)
		}
	}()
	err := tests(p.face)
	returned = true
	if p.state.CompareAndSwap(probing, 0) {
		p.ctx = nil
		return err
	}
	return p.outcome(err)
}

// outcome is that of a test that has used its connection.
func (p *probe) outcome(err error) error {
	state := p.state.And(^probing)
	p.pc.unsure = true
	switch {
	case err != nil:
		return err
	case state&lost != 0:
		return p.ctx.Err()
	case state&calls != 0: // nobody knows when its reply will come
		return errTestLeft
	}
	return p.pc.c.Err() // of no use to the borrower, whatever the test thinks
}

// begin starts a call. Every begin that returns true is followed by end.
func (p *probe) begin() bool {
	if p.state.Add(1)&probing != 0 {
		p.state.Or(called)
		return true
	}
	p.state.Or(called)
	p.state.Add(-1)
	return false
}

func (p *probe) end() { p.state.Add(-1) }

// call makes one call of the connection. If the borrower's context can end, the
// call runs on a goroutine of its own: when the context ends the caller leaves at
// once, the connection is closed, and the call ends on its own.
func (p *probe) call(f func(c redis.Conn) (any, error)) (any, error) {
	if !p.begin() {
		return nil, errTestOver
	}
	ctx := p.ctx
	done := ctx.Done()
	if done == nil {
		defer p.end()
		return f(p.pc.c)
	}
	if err := ctx.Err(); err != nil { // too late to begin
		p.end()
		return nil, err
	}
	o := &errand{done: make(chan struct{})}
	go o.run(p, f)
	select {
	case <-o.done:
		return o.result()
	case <-done:
	}
	select {
	case <-o.done: // at the same moment
		return o.result()
	default:
	}
	p.state.Or(lost)
	go p.pc.close()
	return nil, ctx.Err()
}

// errand is a call on a goroutine of its own.
type errand struct {
	done     chan struct{} // closed when the call is over
	reply    any
	err      error
	returned bool
	panicked any // with what it panicked; nil if it called runtime.Goexit
}

func (o *errand) run(p *probe, f func(redis.Conn) (any, error)) {
	defer func() {
		if !o.returned {
			// The caller panics with it. If the caller has left, the connection was closed
			// under the call, and what comes of that concerns nobody.
			o.panicked = recover()
		}
		p.end()
		close(o.done)
	}()
	o.reply, o.err = f(p.pc.c)
	o.returned = true
}

func (o *errand) result() (any, error) {
	switch {
	case o.panicked != nil:
		panic(o.panicked)
	case !o.returned:
		runtime.Goexit()
	}
	return o.reply, o.err
}

func (p *probe) does(f func(c redis.Conn) error) error {
	_, err := p.call(func(c redis.Conn) (any, error) { return nil, f(c) })
	return err
}

// Close closes the connection, which then is not lent.
func (p *probe) Close() error { return p.does(func(redis.Conn) error { return p.pc.close() }) }

// Err is no use of the connection.
func (p *probe) Err() error {
	if p.state.Load()&probing == 0 {
		return errTestOver
	}
	return p.pc.c.Err()
}

// Unwrap returns the connection that Dial has made, for a test that needs to know
// its type. What the test does with it is not seen by the pool, and not ended in
// time.
func (p *probe) Unwrap() redis.Conn {
	if !p.begin() {
		return errorConn{errTestOver}
	}
	defer p.end()
	return p.pc.c
}

func (p *probe) Do(cmd string, args ...any) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return c.Do(cmd, args...) })
}

func (p *probe) Send(cmd string, args ...any) error {
	return p.does(func(c redis.Conn) error { return c.Send(cmd, args...) })
}

func (p *probe) Flush() error { return p.does(redis.Conn.Flush) }

func (p *probe) Receive() (any, error) { return p.call(redis.Conn.Receive) }

func (p *probe) doTimeout(d time.Duration, cmd string, args []any) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return redis.DoWithTimeout(c, d, cmd, args...) })
}

func (p *probe) receiveTimeout(d time.Duration) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return redis.ReceiveWithTimeout(c, d) })
}

func (p *probe) doContext(ctx context.Context, cmd string, args []any) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return redis.DoContext(c, ctx, cmd, args...) })
}

func (p *probe) receiveContext(ctx context.Context) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return redis.ReceiveContext(c, ctx) })
}
