package redispool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

var (
	// ErrPoolClosed is the error of a Get on a closed pool, and of waiters when the
	// pool is closed. Its text is redigo's.
	ErrPoolClosed = errors.New("redigo: get on closed pool")

	// ErrWaitTimeout is the error of a Get that has waited for Pool.WaitTimeout. It
	// wraps ErrPoolExhausted.
	ErrWaitTimeout = fmt.Errorf("%w: waited too long", redis.ErrPoolExhausted)

	// ErrTooManyWaiters is the error of a Get that would have to wait while
	// Pool.MaxWaiters callers wait already. It wraps ErrPoolExhausted.
	ErrTooManyWaiters = fmt.Errorf("%w: too many callers wait", redis.ErrPoolExhausted)

	// ErrShed is the error of a Get that has waited for Pool.ShedTarget while the pool is
	// overloaded. It wraps ErrPoolExhausted.
	ErrShed = fmt.Errorf("%w: overloaded, refused early", redis.ErrPoolExhausted)

	// ErrReserved is the error of GetBackground while a caller waits, or if fewer than
	// Pool.Reserve places would be left. It wraps ErrPoolExhausted.
	ErrReserved = fmt.Errorf("%w: the rest is reserved", redis.ErrPoolExhausted)

	errNoDial     = errors.New("redigo: must pass Dial or DialContext to pool")
	errConnClosed = errors.New("redigo: connection closed")

	// errCallLeft is the error of a connection without an error of its own, after a context
	// has ended a call.
	errCallLeft = errors.New("redispool: a context has ended an earlier call, which may still use the connection")
)

// explained translates an error of the generic pool. If the error says what the pool was
// like, explained returns that as well. It is a copy, because an observer may have kept err.
func explained(err error) (why *resource.PoolError, plain error) {
	if full, ok := err.(*resource.PoolError); ok {
		own := *full
		own.Err = translate(full.Err)
		return &own, own.Err
	}
	return nil, translate(err)
}

// Why describes the pool at the moment when Get or GetContext returned c with an error: how
// many connections existed and in which states, how long the caller waited, and why the
// last dial failed. It returns nil if c has no error, if the error is that of the caller's
// own dial, or if the context had ended before the call. With Pool.Share the same holds for
// the first command on c that needed a connection.
//
// The error itself is the value that redigo returns, so it cannot have this description. See
// also [Pool.ExplainErrors].
func Why(c redis.Conn) *resource.PoolError {
	switch c := c.(type) {
	case errorConn:
		return c.why
	case *sharingConn:
		return c.why()
	}
	return nil
}

// translate returns redigo's error for an error of the generic pool. The errors of
// contexts and of Dial stay as they are.
func translate(err error) error {
	if open, ok := err.(*resource.OpenError); ok {
		return open.Err // without a look into it: it may contain an error of another pool
	}
	var held *resource.HeldError
	switch {
	case errors.As(err, &held):
		return translateHeld(held)
	case errors.Is(err, resource.ErrTooManyWaiters):
		return ErrTooManyWaiters
	case errors.Is(err, resource.ErrWaitTimeout):
		return ErrWaitTimeout
	case errors.Is(err, resource.ErrShed):
		return ErrShed
	case errors.Is(err, resource.ErrReserved):
		return ErrReserved
	case errors.Is(err, resource.ErrExhausted):
		return redis.ErrPoolExhausted
	case errors.Is(err, resource.ErrClosed):
		return ErrPoolClosed
	}
	return err
}

// HeldError is the error of a Get that needed a new connection while dials were held
// because an earlier one had failed; see Pool.DialBackoff.
type HeldError struct {
	// Err is what ended the wait: the context's error, ErrWaitTimeout or ErrShed. It is nil if
	// Get did not wait, or if nothing bounded its wait.
	Err error
	// Dial is the error of the last dial that failed. That dial was made for another Get, or
	// in advance.
	Dial error
}

func (e *HeldError) Error() string {
	text := fmt.Sprintf("dials are held back after a failure: %v", e.Dial)
	if e.Err == nil {
		return "redispool: " + text
	}
	return e.Err.Error() + ": " + text
}

// Unwrap returns Err, if there is one, and Dial.
func (e *HeldError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Dial}
	}
	return []error{e.Err, e.Dial}
}

func translateHeld(held *resource.HeldError) error {
	e := &HeldError{Dial: translate(held.Open)}
	if held.Err != nil {
		e.Err = translate(held.Err)
	}
	return e
}

// errorConn is the connection that Get returns with an error.
type errorConn struct {
	err error
	why *resource.PoolError // nil: there is nothing to say
}

func (e errorConn) Close() error                                  { return nil }
func (e errorConn) Err() error                                    { return e.err }
func (e errorConn) Do(string, ...any) (any, error)                { return nil, e.err }
func (e errorConn) Send(string, ...any) error                     { return e.err }
func (e errorConn) Flush() error                                  { return e.err }
func (e errorConn) Receive() (any, error)                         { return nil, e.err }
func (e errorConn) ReceiveContext(context.Context) (any, error)   { return nil, e.err }
func (e errorConn) ReceiveWithTimeout(time.Duration) (any, error) { return nil, e.err }
func (e errorConn) DoContext(context.Context, string, ...any) (any, error) {
	return nil, e.err
}
func (e errorConn) DoWithTimeout(time.Duration, string, ...any) (any, error) {
	return nil, e.err
}
