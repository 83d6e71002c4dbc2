package redispool

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// Pool maintains a pool of connections, with the fields and methods of redigo's
// Pool (https://pkg.go.dev/github.com/gomodule/redigo/redis#Pool).
//
//	pool := &redispool.Pool{
//		MaxIdle:     3,
//		IdleTimeout: 240 * time.Second,
//		Dial:        func() (redis.Conn, error) { return redis.Dial("tcp", addr) },
//	}
//
// The fields are read once, at the first use of the pool; a later change has no
// effect. Use [Pool.Resize] for changes while it runs. A Pool must not be copied
// after its first use. All methods are safe for concurrent use.
type Pool struct {
	// Dial creates a connection. It is required unless DialContext is set. If the caller's context
	// can end, Dial runs on another goroutine. If the context ends first, the caller leaves, and
	// the pool keeps the connection for another caller. Dial is called concurrently.
	Dial func() (redis.Conn, error)

	// DialContext is Dial with a context, and should return when ctx ends. It takes precedence over
	// Dial. It is called concurrently. ctx has the values of the caller's context. As with Dial,
	// the call goes on after its caller has left. ctx then ends DialTimeout after the caller left,
	// or when the pool is closed.
	DialContext func(ctx context.Context) (redis.Conn, error)

	// TestOnBorrow checks an idle connection before it is lent. lastUsed is when it
	// was returned to the pool. On an error the pool closes the connection, and tries
	// another idle one or dials a new one. It is called concurrently, each time with
	// another connection. [TestPing] and [TestAlive] are ready-made tests for
	// TestOnBorrowContext. A caller whose context ends leaves a test that takes long. The
	// test goes on within TestBudget. If it passes, the next caller within a second gets
	// the connection without a test. Nil: no check.
	TestOnBorrow func(c redis.Conn, lastUsed time.Time) error

	// TestOnBorrowContext is TestOnBorrow with the borrower's context. If both are set,
	// TestOnBorrowContext runs second. For a test that takes long, ctx ends with
	// TestBudget if the borrower leaves. Nil: no check.
	TestOnBorrowContext func(ctx context.Context, c redis.Conn, lastUsed time.Time) error

	// MaxIdle is the largest number of idle connections that the pool keeps. Zero or
	// less: none.
	MaxIdle int

	// MaxActive is the largest number of connections that exist: in use, idle, or being
	// dialed, tested or closed. Zero or less: no limit.
	MaxActive int

	// IdleTimeout closes connections that have been idle for longer, on time and without any
	// traffic, but keeps MinIdle of them. It should be less than the server's own timeout. Without
	// a test, the pool may date a return too early, by a thousandth of the timeout at most. Zero or
	// less: never.
	IdleTimeout time.Duration

	// Wait says what Get does at the MaxActive limit. True: it waits in a FIFO queue until a
	// connection is returned. False: it returns ErrPoolExhausted. Without MaxActive a caller waits
	// only if DialBackoff is set, or at a limit of a Cluster.
	Wait bool

	// MaxConnLifetime closes connections that are older. Idle connections are closed on
	// time, those in use when they are returned. Zero: never. Less than zero: every
	// connection is closed when it is returned.
	MaxConnLifetime time.Duration

	// redigo does not have the fields below. Their zero values leave redigo's documented behavior
	// as it is.

	// Name is the name of the pool in events and exporters. It may be empty.
	Name string

	// Observer gets each event of the pool. resource.Observers combines several
	// observers. If it refers to the pool, a pool that the program drops without Close is
	// never closed: let it refer to the pool weakly. Nil: no observer.
	Observer resource.Observer

	// Histograms has the pool measure how long callers wait, how long connections are in
	// use, and how long dials, tests and closes take: see resource.Config.Histograms.
	// ResourceStats has them.
	Histograms bool

	// MinIdle is the number of idle connections that the pool keeps ready. It dials them
	// in advance from its first use on, as far as MaxActive allows. IdleTimeout does not
	// close them, because an unused pool would then dial again and again. Set
	// MaxConnLifetime to replace them now and then. The server's own timeout should be
	// longer than that, or zero. MinIdle must not be above MaxIdle. Zero: none.
	MinIdle int

	// FIFO lends the connection that has been idle longest. False: the one that was returned last.
	FIFO bool

	// TestIdleAfter limits TestOnBorrow and TestOnBorrowContext to connections that have
	// been idle for at least this time. A connection that was just used is then lent
	// without a test. This costs less than a test that compares lastUsed itself.
	// lastUsed may be too early by a thousandth of TestIdleAfter. Zero: every idle
	// connection is tested.
	TestIdleAfter time.Duration

	// TestSuspects has idle connections tested after another one turned out to be broken:
	// its Err was set when it came back, or it failed its test. Each connection that was
	// idle at that moment is tested before it is lent, regardless of TestIdleAfter. So
	// after a restart of the server one Get meets a broken connection, not one Get for
	// each idle connection. If neither TestOnBorrow nor TestOnBorrowContext is set, the
	// test is TestPing(0), used only for this. A test of yours must not skip connections
	// by itself, as TestPing(time.Minute) does: use TestIdleAfter for that. False: only
	// the fields above decide.
	TestSuspects bool

	// MaxConnLifetimeJitter shortens the lifetime of each connection by a random time
	// between zero and this value, so that connections dialed together are not replaced
	// together. It must not be above MaxConnLifetime. Zero: no jitter.
	MaxConnLifetimeJitter time.Duration

	// ReplaceAhead is how long before the end of its lifetime a connection is replaced.
	// The pool dials another one first, in the background. Then it closes the old one at
	// once, or when it is returned if it is in use. So no Get waits for a dial that could
	// be foreseen. The pool dials one at a time, within MaxActive, and not while a Get
	// waits. It does not replace unused connections. It needs MaxConnLifetime. See
	// resource.Config.ReplaceAhead. Zero: a Get dials when a connection is too old.
	ReplaceAhead time.Duration

	// MaxConnUses is how often a connection is lent. It is closed when it is returned
	// from its last use. Zero: no limit.
	MaxConnUses int

	// WaitTimeout bounds the time that a caller waits at the MaxActive limit, in addition
	// to the caller's context. A caller that has waited for this time gets
	// ErrWaitTimeout. Zero: no bound.
	WaitTimeout time.Duration

	// MaxWaiters is the largest number of callers that may wait at a time. A further
	// caller gets ErrTooManyWaiters. Zero: no limit.
	MaxWaiters int

	// Reserve is how many places of MaxActive GetBackground leaves to all other callers. It
	// needs MaxActive, and must be less. Zero: none.
	Reserve int

	// ShedTarget and ShedInterval refuse callers early while the pool is overloaded. The pool is
	// overloaded when the first caller in the queue has waited for ShedTarget or longer at every
	// moment of ShedInterval. From then on each Get that has waited for ShedTarget gets ErrShed.
	// This ends when a Get is served and the queue is empty. So the others are served in time: see
	// policy.CoDel. It needs Wait. A ShedTarget of zero: no caller is refused early. A ShedInterval
	// of zero: twenty times ShedTarget.
	ShedTarget, ShedInterval time.Duration

	// DialTimeout bounds a dial whose caller has left. It begins at that moment. It ends
	// the context of DialContext and has no effect on Dial. While the caller waits, only
	// the caller's context bounds the dial. Zero: 30 seconds. Less than zero: no bound.
	DialTimeout time.Duration

	// DialBackoff protects a server that is down, and its clients. After a dial has
	// failed, the pool dials one connection at a time, with a pause after each failure.
	// The pauses grow from a tenth of DialBackoff to DialBackoff, less up to a fifth at
	// random. With Wait, a Get that needs a new connection waits for the next dial, or
	// for a connection that is returned. If nothing bounds its wait, neither a context
	// with a deadline nor WaitTimeout, it gets the error of its dial instead. Without
	// Wait it gets a [*HeldError] at once. A dial that succeeds ends this. After a
	// connection has broken, a dial has succeeded only when the server has answered a PING
	// on the new one; others wait for it for up to half a second, and share its failure.
	// At least a millisecond. Zero: each Get that needs a connection dials at once, as in
	// redigo.
	DialBackoff time.Duration

	// TestBudget is the time after which a Get whose tests fail stops trying idle
	// connections, and dials in the place of the last one that failed. It does not
	// interrupt a running test, unless the context of its caller has ended. Zero: 100
	// milliseconds. Less than zero: no bound, and 100 milliseconds for such a test.
	TestBudget time.Duration

	// CleanupTimeout bounds the time in which a connection's Close prepares the
	// connection for the next borrower: it reads outstanding replies, and leaves a
	// transaction or a subscription. A connection that takes longer is closed. Zero: 3
	// seconds. Less than zero: only the connection's own timeouts apply.
	CleanupTimeout time.Duration

	// TestIdleEvery has idle connections tested in the background, by TestOnBorrow and
	// TestOnBorrowContext: each one that has been idle for this time, and again after each
	// such period. TestIdleAfter has no effect on these tests. No caller waits for such a
	// test, and [resource.WhileIdle] is true in it. At most 4 connections are tested at a
	// time, and at most half of the idle ones; a single idle one is tested, too. A connection
	// that fails is closed, and replaced if MinIdle needs it. For IdleTimeout a connection
	// that passes is still idle since its last use. The context ends after TestIdleEvery. A
	// pool without a test returns an error. At least a millisecond. Zero: none are tested.
	TestIdleEvery time.Duration

	// CloseTimeout is the time after which the pool no longer waits for the Close of a
	// dialed connection. The connection then does not count toward MaxActive any more,
	// and ResourceStats counts it in ClosesAbandoned. Connections of redigo close at once;
	// those of a proxy or a wrapper may not. Zero: no bound.
	CloseTimeout time.Duration

	// KeepSession leaves a borrower's changes to the session (the database, the
	// client's name, the user) in force for the next borrower, as redigo does. By
	// default the pool undoes them, or closes the connection: see the documentation on
	// session state.
	KeepSession bool

	// Database is the number of the database that Dial selects. Nil: the pool asks the
	// server (CLIENT INFO, Redis 6.2 and later) once for each connection on which a
	// borrower uses SELECT. If the server does not answer that, a connection on which a
	// borrower used SELECT is closed when it is returned.
	Database *int

	// ResetOnReadOnly replaces all connections when a server answers READONLY, as
	// a demoted master does. If Dial still leads to that server, the new connections are
	// kept for a pause of 0.1 to 3.2 seconds and then replaced again. False: only
	// connections that got the answer are closed, with the same pauses.
	ResetOnReadOnly bool

	// Share is the largest number of connections that plain commands share. A handle from Get then
	// has no connection at first. Do sends a command that is safe to share over a shared connection,
	// together with those of other callers. A caller that is alone borrows a connection for the
	// command, so one connection more than Share may be in use. The first call that is not safe to
	// share gives the handle a connection of its own until Close. Such calls are Send, Flush and
	// Receive, and commands that block, that change the connection, or that the pool does not know.
	// If there is no connection, that call returns the error that Get would have returned.
	// GetBackground and GetUrgent return handles with a connection of their own. MaxIdle must not be less than Share. MaxActive, if it
	// is set, must be greater than Share. The same holds for MaxIdle and MaxActive of a Cluster. If
	// one of these conditions is not met, or Share is negative, Get returns an error. Zero: none are
	// shared.
	Share int

	// ShareCommand says which further commands are safe to share: those of modules, for
	// example, or scripts. It is called for commands that the pool would not share, except
	// for those that always need a connection of their own. The name and the arguments are
	// those of Do. It is called concurrently, and must not change args. Nil: no others.
	ShareCommand func(name string, args []any) bool

	// ShareRepeat says which commands are sent once more if their shared connection breaks
	// before the reply, or is silent for its read timeout. The server may have executed such
	// a command already, so name only commands that may be executed twice: GET, or SET of a
	// fixed value. An INCR may count twice. The command goes over another connection, within
	// the same context and timeout, and never a third time. If it cannot be sent again, the
	// caller gets the first error, with the reason. Commands on a handle's own connection
	// are not repeated. It is called concurrently, and must not change args. Nil: none.
	ShareRepeat func(name string, args []any) bool

	// ShareBusyPoll bounds how long a caller polls for the reply to a plain command before it
	// sleeps, if Share is set. To poll is to ask the kernel again and again whether something has
	// arrived. The reply of a server on the same machine often arrives sooner than a sleeping
	// caller wakes up. The pool measures how long its callers wait with and without polling, and
	// they poll only while that is faster. In up to 3 of 100 waits they try the other way. A caller
	// that polls keeps a processor busy, so only one in the program polls at a time. None polls
	// while more than 32 callers share, on a machine with one processor, or where the kernel cannot
	// say what the reader will find: under TLS, on a connection that is not a socket, and on
	// systems other than Linux, macOS and the BSDs. Zero: 50 microseconds. Less than zero: no
	// caller polls. Any other value must be between 1 microsecond and 10 milliseconds, or Get
	// returns an error.
	ShareBusyPoll time.Duration

	// LeakAfter has the pool report a connection that has been out for longer, with the stack
	// of the caller of Get: [resource.EventLeaked], once, and EventLeakReturned when it comes
	// back. Pool.Inspect shows the stacks of all. Each Get then takes about a microsecond
	// longer. Zero: no reports.
	LeakAfter time.Duration

	// Reclaim closes a connection whose handle the program has lost without Close, as soon as
	// the garbage collector finds that, and frees its place. [resource.EventLost] reports it
	// with the stack of the caller of Get. It is a safety net: see [resource.Config]. False:
	// such a connection keeps its place.
	Reclaim bool

	// ExplainErrors has the errors of Get and GetContext say what the pool was like:
	// "redigo: connection pool exhausted: 2 of 2 active (0 leased, 0 idle, 2 opening) ...".
	// Such an error is a [*resource.PoolError]. It wraps ErrPoolExhausted, the error of the
	// context and so on, so the program must compare with errors.Is. False: errors are the
	// values that redigo returns, and [Why] says the rest.
	ExplainErrors bool

	follower *follower    // of the Sentinel that dials; nil: there is none
	total    *total       // limits over this pool and others; nil: there are none
	node     *clusterNode // whose pool it is; nil: no Cluster's

	live  atomic.Pointer[live]
	build sync.Mutex // held while the pool in live is made
}

// NewPool returns a pool with newFn as Dial and maxIdle as MaxIdle.
//
// Deprecated: as in redigo, set the fields of a Pool instead.
func NewPool(newFn func() (redis.Conn, error), maxIdle int) *Pool {
	return &Pool{Dial: newFn, MaxIdle: maxIdle}
}

// Get gets a connection, which the caller must Close. It never returns nil. If the
// pool cannot give a connection, the methods of the result return the reason, except
// for Close, which returns nil.
func (p *Pool) Get() redis.Conn {
	c, _ := p.GetContext(context.Background())
	return c
}

// GetContext is Get with a context, and returns the error as well. The context
// bounds waiting, testing and dialing; it has no effect on the connection that
// is returned. A nil context never ends. The error is
//
//   - ctx.Err() itself, if ctx ended first;
//   - ErrPoolExhausted itself, at the limit without Wait;
//   - ErrTooManyWaiters, ErrWaitTimeout, ErrShed or ErrPoolClosed itself;
//   - a [*HeldError], while DialBackoff holds dials after a failure;
//   - the error of Dial or DialContext, as it is;
//   - an error that names a field of the pool, if the field is invalid.
//
// With ExplainErrors the first four kinds are wrapped in a [*resource.PoolError], except for
// ctx.Err() of a context that had ended before the call.
func (p *Pool) GetContext(ctx context.Context) (redis.Conn, error) {
	l := p.get()
	if l.sharing != nil {
		return l.share(orBackground(ctx))
	}
	c, why, err := l.borrow(orBackground(ctx))
	if err != nil {
		return errorConn{err, why}, err
	}
	return c, nil
}

// GetBackground is GetContext for work that can wait for a better moment: it takes only a
// connection that no other caller needs. If a caller waits, or fewer than Reserve places of
// MaxActive would be left, it returns ErrReserved at once. It never waits in the queue,
// even with Wait. Its other errors are those of GetContext without Wait, and ctx.Err() if
// ctx has ended. A nil context never ends. redigo has no such method.
func (p *Pool) GetBackground(ctx context.Context) (redis.Conn, error) {
	l := p.get()
	c, why, err := l.borrowBackground(orBackground(ctx))
	if err != nil {
		return errorConn{err, why}, err
	}
	return c, nil
}

// GetUrgent is GetContext for callers that go before all others in the queue, such as a
// health check, which has to answer while the pool is overloaded. If four of them have been
// served in a row while others waited, the first of the others is next. MaxWaiters limits
// urgent waiters separately, and ShedTarget refuses none of them. Without Wait, or if no
// caller waits, it does what GetContext does. With Share it gets a connection of its own. Its
// errors are those of GetContext without ErrShed. A nil context never ends. redigo has no
// such method. See [resource.Pool.AcquireUrgent].
func (p *Pool) GetUrgent(ctx context.Context) (redis.Conn, error) {
	l := p.get()
	c, why, err := l.borrowUrgent(orBackground(ctx))
	if err != nil {
		return errorConn{err, why}, err
	}
	return c, nil
}
