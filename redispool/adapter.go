package redispool

import (
	"context"
	"reflect"

	"github.com/gomodule/redigo/redis"
)

// Redigo returns a pool of redigo's own type in front of p, for libraries that
// take only that. Its Get borrows from p, and its connections' Close gives back
// to p; limits, timeouts, tests and waiting are those of p.
//
// It is a thin shell, with these limits:
//
//   - Its Stats, ActiveCount and IdleCount know only what was borrowed through it,
//     never anything idle.
//   - Its Close does not close p. Close p itself; a pool that only the shell refers
//     to is closed when the program drops the shell and the garbage collector finds
//     that.
//   - An error of p reaches its user as the error of a dial.
//
// Its field Dial makes a connection as p's dial functions do. That connection is the
// caller's own, as in redigo: it does not count for p. DialContext is the way to p,
// so it borrows.
//
// The fields Wait, IdleTimeout, MaxConnLifetime, TestOnBorrow and
// TestOnBorrowContext say what those of p say. They have no effect, and nor does a
// change of them. MaxIdle and MaxActive are zero, whatever those of p are, since
// redigo's pool would act on them: it would keep connections that p then takes to be
// in use, and impose a limit of its own. Code that sizes itself by them has to be
// given the numbers in another way.
func (p *Pool) Redigo() *redis.Pool {
	shell := &redis.Pool{
		Dial:            p.dialOne,
		DialContext:     func(ctx context.Context) (redis.Conn, error) { return p.GetContext(ctx) },
		TestOnBorrow:    p.TestOnBorrow,
		IdleTimeout:     p.IdleTimeout,
		Wait:            p.Wait, // of no effect without MaxActive
		MaxConnLifetime: p.MaxConnLifetime,
	}
	// Written by name, so that this package compiles with redigo 1.8.9, whose pool has no such field.
	if field := reflect.ValueOf(shell).Elem().FieldByName("TestOnBorrowContext"); field.IsValid() {
		field.Set(reflect.ValueOf(p.TestOnBorrowContext))
	}
	return shell
}

// dialOne dials a connection that is not the pool's.
func (p *Pool) dialOne() (redis.Conn, error) {
	switch {
	case p.DialContext != nil:
		return p.DialContext(context.Background())
	case p.Dial != nil:
		return p.Dial()
	}
	return nil, errNoDial
}
