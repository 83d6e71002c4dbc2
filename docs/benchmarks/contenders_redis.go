package main

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// connPool is redigo's pool or ours.
type connPool interface {
	Get() redis.Conn
	GetContext(context.Context) (redis.Conn, error)
	Stats() redis.PoolStats
	Close() error
}

func dialFake() (redis.Conn, error) { return new(fake), nil }

func newRedigo(s shape) *redis.Pool {
	p := &redis.Pool{Dial: dialFake, MaxIdle: s.places, MaxActive: s.places, Wait: true}
	if s.timed || s.timeout > 0 {
		p.IdleTimeout, p.MaxConnLifetime = s.idleTimeout(), lifetime
	}
	if s.none {
		p.MaxIdle = 0
	}
	if s.test {
		p.TestOnBorrow = func(redis.Conn, time.Time) error { return nil }
	}
	if s.idiom || s.gate { // redigo has no field for the gate
		p.TestOnBorrow = pingAfterAMinute
	}
	return p
}

// newRedisOurs makes the same pool as newRedigo, except for the gate.
func newRedisOurs(s shape) *redispool.Pool {
	r := newRedigo(s)
	p := &redispool.Pool{
		Dial: r.Dial, MaxIdle: r.MaxIdle, MaxActive: r.MaxActive, Wait: r.Wait,
		IdleTimeout: r.IdleTimeout, MaxConnLifetime: r.MaxConnLifetime, TestOnBorrow: r.TestOnBorrow,
	}
	if s.gate {
		p.TestOnBorrow, p.TestIdleAfter = ping, time.Minute
	}
	return p
}

// pingAfterAMinute is the test of redigo's documentation.
func pingAfterAMinute(c redis.Conn, lastUsed time.Time) error {
	if time.Since(lastUsed) < time.Minute {
		return nil
	}
	return ping(c, lastUsed)
}

func ping(c redis.Conn, _ time.Time) error {
	_, err := c.Do("PING")
	return err
}

type connTaker struct{ p connPool }

func (t *connTaker) close() { t.p.Close() }

func (t *connTaker) serial(b *testing.B) {
	for b.Loop() {
		t.p.Get().Close()
	}
}

func (t *connTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		c, err := t.p.GetContext(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		c.Close()
	}
}
