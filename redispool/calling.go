package redispool

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
)

// calling is one of redigo's three ways to call a connection: plainly, with a context
// or with a timeout.
type calling struct {
	how     howCalled
	ctx     context.Context // with withContext
	timeout time.Duration   // with withTimeout
}

type howCalled uint8

const (
	_ howCalled = iota
	withContext
	withTimeout
)

var plainly calling

// works reports whether the connection can be called in this way.
func (by calling) works(c redis.Conn) (ok bool) {
	switch by.how {
	case withContext:
		_, ok = c.(redis.ConnWithContext)
	case withTimeout:
		_, ok = c.(redis.ConnWithTimeout)
	default:
		ok = true
	}
	return ok
}

func (by calling) do(c redis.Conn, cmd string, args ...any) (any, error) {
	switch by.how {
	case withContext:
		return redis.DoContext(c, by.ctx, cmd, args...)
	case withTimeout:
		return redis.DoWithTimeout(c, by.timeout, cmd, args...)
	}
	return c.Do(cmd, args...)
}

func (by calling) receive(c redis.Conn) (any, error) {
	switch by.how {
	case withContext:
		return redis.ReceiveContext(c, by.ctx)
	case withTimeout:
		return redis.ReceiveWithTimeout(c, by.timeout)
	}
	return c.Receive()
}

// endOf returns the error of a context that has ended. Some contexts close Done and yet have
// no error, and a nil error would stand for a connection.
func endOf(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Canceled
}

// withError is a context that has an error as soon as it has ended. Without one, package context
// panics where it looks at the end of a context.
type withError struct{ context.Context }

func (c withError) Err() error {
	if isOver(c.Context) {
		return endOf(c.Context)
	}
	return nil
}

// isOver reports whether a context has ended, with an error or without.
func isOver(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// mayHaveLeft reports whether a call may have returned because its context ended, before it
// was over. Some contexts end and yet have no error; redigo then returns neither a reply nor
// an error.
func (by calling) mayHaveLeft(reply any, err error) bool {
	if _, isReply := serverError(err); isReply || by.ctx == nil {
		return false
	}
	ended := isOver(by.ctx)
	if err != nil {
		return ended || by.ctx.Err() != nil
	}
	return ended && reply == nil && by.ctx.Err() == nil // with an error, the context has ended since the reply
}
