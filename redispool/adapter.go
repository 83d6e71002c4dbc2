package redispool

import (
	"context"
	"reflect"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Redigo returns a pool of redigo's own type in front of p, for libraries that
// accept no other type. Its Get borrows from p, and the Close of its connections
// returns them to p. The limits, timeouts, tests and waiting of p apply.
//
// It is a thin shell, with these limits:
//
//   - Its Stats, ActiveCount and IdleCount count only connections in use that were borrowed through it.
//   - Its Close does not close p. Close p itself, or use [Pool.RedigoOwned]. If only the shell refers to p, p is
//     closed after the program has dropped the shell and the garbage collector has
//     noticed.
//   - An error of p reaches the caller as the error of a dial.
//
// The shell's field Dial dials a connection as p does. As in redigo, that connection
// belongs to the caller, and p does not count it. The field DialContext borrows from
// p: the shell's Get reaches p through it.
//
// The fields Wait, IdleTimeout, MaxConnLifetime, TestOnBorrow and
// TestOnBorrowContext are copies of p's. They have no effect, and changing them has
// none either. MaxIdle and MaxActive are zero, whatever those of p are, because
// redigo's pool would act on them: it would keep connections that p counts as in use,
// and impose a limit of its own. A library that reads its size from them needs the
// numbers from another source.
func (p *Pool) Redigo() *redis.Pool {
	shell := &redis.Pool{
		Dial:            p.dialOne,
		DialContext:     func(ctx context.Context) (redis.Conn, error) { return p.GetContext(ctx) },
		TestOnBorrow:    p.TestOnBorrow,
		IdleTimeout:     p.IdleTimeout,
		Wait:            p.Wait, // has no effect without MaxActive
		MaxConnLifetime: p.MaxConnLifetime,
	}
	setTestOnBorrowContext(shell, p.TestOnBorrowContext)
	return shell
}

// setTestOnBorrowContext sets the field by name, so that this package compiles with redigo
// 1.8.9, whose pool does not have it. It reports whether redigo's pool has the field.
func setTestOnBorrowContext(shell *redis.Pool, test func(ctx context.Context, c redis.Conn, lastUsed time.Time) error) bool {
	field := reflect.ValueOf(shell).Elem().FieldByName("TestOnBorrowContext")
	if field.IsValid() {
		field.Set(reflect.ValueOf(test))
	}
	return field.IsValid()
}

// dialOne dials a connection that does not belong to the pool.
func (p *Pool) dialOne() (redis.Conn, error) {
	switch {
	case p.DialContext != nil:
		return p.DialContext(context.Background())
	case p.Dial != nil:
		return p.Dial()
	}
	return nil, errNoDial
}
