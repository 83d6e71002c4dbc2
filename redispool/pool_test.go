package redispool_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// pooler has the methods of redigo's pool and of ours that the tests use.
type pooler interface {
	Get() redis.Conn
	GetContext(context.Context) (redis.Conn, error)
	Close() error
	Stats() redis.PoolStats
	ActiveCount() int
	IdleCount() int
}

var (
	_ pooler = (*redis.Pool)(nil)
	_ pooler = (*redispool.Pool)(nil)
)

// fields are those of redigo's pool.
type fields struct {
	Dial                func() (redis.Conn, error)
	DialContext         func(context.Context) (redis.Conn, error)
	TestOnBorrow        func(redis.Conn, time.Time) error
	TestOnBorrowContext func(context.Context, redis.Conn, time.Time) error
	MaxIdle             int
	MaxActive           int
	IdleTimeout         time.Duration
	Wait                bool
	MaxConnLifetime     time.Duration
}

// maker makes a pool. The functions in own set fields that only our pool has.
type maker func(f fields, own ...func(*redispool.Pool)) pooler

func newRedigo(f fields, _ ...func(*redispool.Pool)) pooler {
	return &redis.Pool{
		Dial: f.Dial, DialContext: f.DialContext,
		TestOnBorrow: f.TestOnBorrow, TestOnBorrowContext: f.TestOnBorrowContext,
		MaxIdle: f.MaxIdle, MaxActive: f.MaxActive, IdleTimeout: f.IdleTimeout,
		Wait: f.Wait, MaxConnLifetime: f.MaxConnLifetime,
	}
}

func newOurs(f fields, own ...func(*redispool.Pool)) pooler {
	p := &redispool.Pool{
		Dial: f.Dial, DialContext: f.DialContext,
		TestOnBorrow: f.TestOnBorrow, TestOnBorrowContext: f.TestOnBorrowContext,
		MaxIdle: f.MaxIdle, MaxActive: f.MaxActive, IdleTimeout: f.IdleTimeout,
		Wait: f.Wait, MaxConnLifetime: f.MaxConnLifetime,
	}
	for _, set := range own {
		set(p)
	}
	return p
}

func isOurs(p pooler) bool {
	_, ours := p.(*redispool.Pool)
	return ours
}

// mended runs a script on both pools. The script returns what the pool did wrong: with redigo's pool the given fault, with
// ours nothing. So each row of the list of differences is true of both pools.
func mended(t *testing.T, fault string, script func(*testing.T, maker) string) {
	t.Helper()
	t.Run("redigo", func(t *testing.T) {
		if got := script(t, newRedigo); got != fault {
			t.Errorf("redigo's pool: %q, want the fault %q", got, fault)
		}
	})
	t.Run("redispool", func(t *testing.T) {
		if got := script(t, newOurs); got != "" {
			t.Errorf("our pool: %s", got)
		}
	})
}

// mendedInBubble runs mended in virtual time.
func mendedInBubble(t *testing.T, fault string, script func(*testing.T, maker) string) {
	t.Helper()
	mended(t, fault, func(t *testing.T, pool maker) (got string) {
		synctest.Test(t, func(t *testing.T) { got = script(t, pool) })
		return got
	})
}

// kept runs a test on both pools. Both must pass it.
func kept(t *testing.T, test func(*testing.T, maker)) {
	t.Helper()
	t.Run("redigo", func(t *testing.T) { test(t, newRedigo) })
	t.Run("redispool", func(t *testing.T) { test(t, newOurs) })
}

// keptInBubble runs kept in virtual time.
func keptInBubble(t *testing.T, test func(*testing.T, maker)) {
	t.Helper()
	kept(t, func(t *testing.T, pool maker) {
		synctest.Test(t, func(t *testing.T) { test(t, pool) })
	})
}

// get borrows a connection. The test fails if there is none.
func get(t *testing.T, p pooler) redis.Conn {
	t.Helper()
	c, err := p.GetContext(t.Context())
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	return c
}

// put returns connections to the pool, in the order of the arguments.
func put(t *testing.T, cs ...redis.Conn) {
	t.Helper()
	for _, c := range cs {
		if err := c.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
}

// idle makes n connections idle.
func idle(t *testing.T, p pooler, n int) {
	t.Helper()
	var cs []redis.Conn
	for range n {
		cs = append(cs, get(t, p))
	}
	put(t, cs...)
	if got := p.IdleCount(); got != n {
		t.Fatalf("%d idle, want %d", got, n)
	}
}

// counts compares the pool's counts with the expected ones.
func counts(t *testing.T, p pooler, active, idle int) {
	t.Helper()
	if a, i := p.ActiveCount(), p.IdleCount(); a != active || i != idle {
		t.Errorf("%d active, %d idle; want %d, %d", a, i, active, idle)
	}
}

// do sends a command that must succeed.
func do(t *testing.T, c redis.Conn, cmd string, args ...any) any {
	t.Helper()
	reply, err := c.Do(cmd, args...)
	if err != nil {
		t.Fatalf("%s %v: %v", cmd, args, err)
	}
	return reply
}

// endedContext returns a context that has ended.
func endedContext(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// panicOf returns the value with which f panics.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// bare returns the connection that Dial made, from the probe that a test got.
func bare(c redis.Conn) redis.Conn {
	if ours, ok := c.(interface{ Unwrap() redis.Conn }); ok {
		return ours.Unwrap()
	}
	return c
}
