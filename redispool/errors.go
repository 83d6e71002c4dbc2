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

	errNoDial     = errors.New("redigo: must pass Dial or DialContext to pool")
	errConnClosed = errors.New("redigo: connection closed")
)

// translate returns redigo's error for an error of the generic pool. The errors of
// contexts and of Dial stay as they are.
func translate(err error) error {
	var open *resource.OpenError
	switch {
	case errors.As(err, &open):
		return open.Err
	case errors.Is(err, resource.ErrTooManyWaiters):
		return ErrTooManyWaiters
	case errors.Is(err, resource.ErrWaitTimeout):
		return ErrWaitTimeout
	case errors.Is(err, resource.ErrExhausted):
		return redis.ErrPoolExhausted
	case errors.Is(err, resource.ErrClosed):
		return ErrPoolClosed
	}
	return err
}

// errorConn is the connection that Get returns with an error.
type errorConn struct{ err error }

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
