package redispool

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// A user's test gets a probe in the place of the connection. The probe notes whether
// the test uses the connection: an unused connection needs no cleanup. When the test's
// context ends, a call of the probe returns, whatever the connection does.
// The probe gives access to the connection only while the test runs.

// borrowTests are the user's tests. A nil test passes.
type borrowTests struct {
	plain       func(redis.Conn, time.Time) error
	withContext func(context.Context, redis.Conn, time.Time) error
}

func (t borrowTests) run(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
	if t.plain != nil {
		if err := t.plain(c, lastUsed); err != nil {
			return err
		}
	}
	if t.withContext != nil {
		return t.withContext(ctx, c, lastUsed)
	}
	return nil
}

// errTestOver is the error of a call on a connection that a test has kept after its end.
var errTestOver = errors.New("redispool: the test that was given this connection is over")

// errTestLeft is the outcome of a test that returns while it still uses the
// connection.
var errTestLeft = errors.New("redispool: a test returned while it used its connection")

// errFarewell is the outcome of a test that accepts a connection which the server has ended.
var errFarewell = errors.New("redispool: the server has ended the connection during its test")

// probe is the connection that a test gets. It implements redis.Conn.
type probe struct {
	pc   *pooled
	face redis.Conn      // the value that the test gets: see faceOf
	ctx  context.Context // bounds the test: the borrower's, or one that outlasts it

	// state counts the calls under way, and has the bits below. A probe that was
	// never called serves the next test too. A probe that was called, during its test
	// or after it, is not used again, since its test may have kept it.
	state atomic.Int32
}

const (
	probing = 1 << 30  // the test runs
	called  = 1 << 29  // a call was made
	lost    = 1 << 28  // the caller of a call, or of the test, has left
	calls   = lost - 1 // the bits of the count
)

// onBorrow returns what runs the user's tests on a connection. It notes whether they may have
// left replies unread. If a test panics, the pool closes the connection, and begin refuses
// calls of a probe that the test has kept.
func (t borrowTests) onBorrow() policy.TestFunc[*pooled] {
	return func(ctx context.Context, pc *pooled, lastUsed time.Time) (err error) {
		if !pc.provedAt.IsZero() && pc.isProved() && !resource.WhileIdle(ctx) {
			return nil
		}
		p := pc.probe
		if p == nil || !p.state.CompareAndSwap(0, probing) {
			p = newProbe(pc)
		}
		p.ctx = ctx
		switch {
		case ctx.Done() != nil:
			err = p.run(t, lastUsed)
		case t.withContext == nil:
			err = t.plain(p.face, lastUsed)
		default:
			err = t.run(ctx, p.face, lastUsed)
		}
		if p.state.CompareAndSwap(probing, 0) {
			p.ctx = nil
			return err
		}
		return p.outcome(err)
	}
}

// newProbe makes the probe of a connection for a test that begins, and for the next ones.
func newProbe(pc *pooled) *probe {
	p := &probe{pc: pc}
	p.face = faceOf(p)
	p.state.Store(probing)
	pc.probe = p
	return p
}

// soon is the time within which a test must return to count as quick.
const soon = time.Millisecond

// pace says how long tests take.
const (
	unknownPace uint32 = iota // none has run yet
	quickPace                 // the last one on its own goroutine returned soon
	slowPace                  // it did not, or a context has ended during a later one
)

// run runs the tests for a borrower whose context can end. They run on another goroutine
// until they have returned soon once. From then on they run on the borrower's
// goroutine, and only their calls of the connection run on another one. That is
// enough for most tests: they either compare lastUsed or ask the server something. Where
// the borrower may leave, the tests may outlast its context.
func (p *probe) run(tests borrowTests, lastUsed time.Time) error {
	ctx, pace := p.ctx, &p.pc.core.testPace
	ended := ctx.Err() != nil
	if !ended && pace.Load() == quickPace {
		err := tests.run(ctx, p.face, lastUsed)
		if ctx.Err() != nil {
			pace.Store(slowPace)
		}
		return err
	}
	if ctx.Value(leavableKey{}) != nil {
		return p.runOutlasting(tests, lastUsed, ended)
	}
	if ended {
		return tests.run(ctx, p.face, lastUsed)
	}
	return p.runApart(ctx, tests, lastUsed, ctx.Done())
}

// runOutlasting runs the tests for a borrower that may leave. ended is true if its context
// had ended before.
func (p *probe) runOutlasting(tests borrowTests, lastUsed time.Time, ended bool) error {
	borrower := p.ctx
	lasting, release := outlast(borrower, p.pc.core.testBudget)
	defer release()
	if !ended { // otherwise a test is to see that, as in redigo
		p.ctx = lasting
	}
	err := p.runApart(p.ctx, tests, lastUsed, lasting.Done())
	if err == nil && borrower.Err() != nil {
		p.pc.proves()
	}
	return err
}

// runApart runs the tests on another goroutine, and leaves them when done is closed. Then
// the connection is closed.
func (p *probe) runApart(ctx context.Context, tests borrowTests, lastUsed time.Time, done <-chan struct{}) error {
	pace := &p.pc.core.testPace
	ended := ctx.Err() != nil
	begin := time.Now()
	o := startErrand(func() (any, error) { return nil, tests.run(ctx, p.face, lastUsed) })
	if left := o.await(done); left {
		pace.Store(slowPace)
		p.leave()
		return endOf(ctx)
	}
	switch {
	case time.Since(begin) >= soon:
		pace.Store(slowPace)
	case !ended: // with a context that has ended, their time says nothing about the tests
		pace.Store(quickPace)
	}
	_, err := o.result()
	return err
}

// leave is called for a borrower whose context has ended. It closes the connection,
// even while a call is under way.
func (p *probe) leave() {
	p.state.Or(called | lost)
	go p.pc.close()
}

// outcome returns the result of a test that has used its connection.
func (p *probe) outcome(err error) error {
	state := p.state.And(^probing)
	p.pc.maybeUnread = true
	switch {
	case err != nil:
		return err
	case state&lost != 0:
		return endOf(p.ctx)
	case state&calls != 0: // its reply may come at any time
		return errTestLeft
	}
	if p.pc.fate()&ends != 0 {
		return errFarewell
	}
	return p.pc.c.Err() // a broken connection is of no use to the borrower, even if the test accepts it
}

// heard notes that the server ends the connection, for a test that ignores such a reply. Other
// replies are the test's own affair.
func (p *probe) heard(reply any, err error) (any, error) {
	if e, ok := serverError(err); ok && fateOf(string(e)) == ends {
		p.pc.fateBits.Or(uint32(ends))
	}
	return reply, err
}

// begin starts a call. Every begin that returns true is followed by end.
func (p *probe) begin() bool {
	if p.state.Add(1)&probing != 0 && !p.pc.closing.Load() {
		p.state.Or(called)
		return true
	}
	p.state.Or(called)
	p.state.Add(-1)
	return false
}

func (p *probe) end() { p.state.Add(-1) }

// call makes one call of the connection. If the borrower's context can end, the
// call runs on another goroutine. When the context ends, the caller leaves at once
// and the connection is closed, which ends the call.
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
	if err := ctx.Err(); err != nil { // too late to begin the call
		p.end()
		return nil, err
	}
	o := &errand{done: make(chan struct{})}
	go o.run(func() (any, error) { return f(p.pc.c) }, p.end)
	if left := o.await(done); left {
		p.leave()
		return nil, endOf(ctx)
	}
	return o.result()
}

func (p *probe) does(f func(c redis.Conn) error) error {
	_, err := p.call(func(c redis.Conn) (any, error) { return nil, f(c) })
	return err
}

// Close closes the connection. The pool then does not lend it.
func (p *probe) Close() error { return p.does(func(redis.Conn) error { return p.pc.close() }) }

// Err does not count as a use of the connection.
func (p *probe) Err() error {
	if p.state.Load()&probing == 0 {
		return errTestOver
	}
	return p.pc.c.Err()
}

// Unwrap returns the connection that Dial has made, for a test that needs its type.
// Direct calls of that connection do not end with the borrower's context, and the pool
// cannot note them.
func (p *probe) Unwrap() redis.Conn {
	if !p.begin() {
		return errorConn{err: errTestOver}
	}
	defer p.end()
	return p.pc.c
}

func (p *probe) Do(cmd string, args ...any) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return p.heard(c.Do(cmd, args...)) })
}

func (p *probe) Send(cmd string, args ...any) error {
	return p.does(func(c redis.Conn) error { return c.Send(cmd, args...) })
}

func (p *probe) Flush() error { return p.does(redis.Conn.Flush) }

func (p *probe) Receive() (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return p.heard(c.Receive()) })
}

func (p *probe) doTimeout(d time.Duration, cmd string, args []any) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return p.heard(redis.DoWithTimeout(c, d, cmd, args...)) })
}

func (p *probe) receiveTimeout(d time.Duration) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return p.heard(redis.ReceiveWithTimeout(c, d)) })
}

func (p *probe) doContext(ctx context.Context, cmd string, args []any) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return p.heard(redis.DoContext(c, ctx, cmd, args...)) })
}

func (p *probe) receiveContext(ctx context.Context) (any, error) {
	return p.call(func(c redis.Conn) (any, error) { return p.heard(redis.ReceiveContext(c, ctx)) })
}
