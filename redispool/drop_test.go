package redispool_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// service holds a pool as many programs do: the pool's functions are methods of the value that has the pool.
type service struct {
	stubs *stubs
	pool  *redispool.Pool
}

func (s *service) dial() (redis.Conn, error) { return s.stubs.dial() }

func (s *service) dialContext(context.Context) (redis.Conn, error) { return s.stubs.dial() }

func (s *service) test(redis.Conn, time.Time) error { return nil }

// TestDroppedPoolIsClosed drops pools without closing them. Their idle connections must be closed all the same. A
// connection in use must stay usable, and be closed when it comes back.
func TestDroppedPoolIsClosed(t *testing.T) {
	for name, set := range map[string]func(s *service){
		"Dial":         func(s *service) { s.pool.Dial = s.dial },
		"DialContext":  func(s *service) { s.pool.DialContext = s.dialContext },
		"TestOnBorrow": func(s *service) { s.pool.Dial, s.pool.TestOnBorrow = s.dial, s.test },
		"timeouts": func(s *service) {
			s.pool.Dial, s.pool.IdleTimeout, s.pool.MaxConnLifetime = s.dial, time.Hour, time.Hour
		},
		"MinIdle":         func(s *service) { s.pool.Dial, s.pool.MinIdle = s.dial, 1 },
		"ResetOnReadOnly": func(s *service) { s.pool.Dial, s.pool.ResetOnReadOnly = s.dial, true },
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			held := use(t, &s, set)
			for range 10_000 {
				if runtime.GC(); len(s.open()) == 1 {
					break
				}
				runtime.Gosched()
			}
			if n := len(s.open()); n != 1 {
				t.Fatalf("%d connections are open, want the one in use", n)
			}
			do(t, held, "PING")
			put(t, held)
			s.settle(t)
		})
	}
}

// use makes a pool with an idle connection and one in use, and returns the one in use. It is not inlined, so that no
// reference to the pool stays on the caller's stack.
//
//go:noinline
func use(t *testing.T, stubs *stubs, set func(*service)) redis.Conn {
	s := &service{stubs: stubs, pool: &redispool.Pool{MaxIdle: 3}}
	set(s)
	a, b := get(t, s.pool), get(t, s.pool)
	for s.pool.ResourceStats().Opening > 0 {
		runtime.Gosched()
	}
	put(t, a)
	return b
}
