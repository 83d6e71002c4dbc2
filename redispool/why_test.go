package redispool_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// Why explains the errors that are redigo's values, and ExplainErrors has the errors
// themselves say the same.
func TestWhy(t *testing.T) {
	const counts = ": 1 of 1 active (1 leased, 0 idle), 0 waiting"
	for name, c := range map[string]struct {
		pool  *redispool.Pool
		close bool
		ctx   time.Duration // zero: no bound
		plain error
		text  string
	}{
		"at the limit":       {&redispool.Pool{MaxActive: 1}, false, 0, redis.ErrPoolExhausted, "redigo: connection pool exhausted" + counts},
		"waited too long":    {&redispool.Pool{MaxActive: 1, Wait: true, WaitTimeout: time.Second}, false, 0, redispool.ErrWaitTimeout, "redigo: connection pool exhausted: waited too long: waited 1s" + counts},
		"context ended":      {&redispool.Pool{MaxActive: 1, Wait: true}, false, time.Second, context.DeadlineExceeded, "context deadline exceeded: waited 1s" + counts},
		"the pool is closed": {&redispool.Pool{MaxActive: 1}, true, 0, redispool.ErrPoolClosed, "redigo: get on closed pool" + counts},
	} {
		for _, explain := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				var s stubs
				p := &redispool.Pool{MaxIdle: 1, MaxActive: c.pool.MaxActive, Wait: c.pool.Wait, WaitTimeout: c.pool.WaitTimeout, ExplainErrors: explain}
				inBubble(t, &s, p, func(t *testing.T) {
					held := get(t, p)
					if c.close {
						p.Close()
					}
					ctx := t.Context()
					if c.ctx > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, c.ctx)
						defer cancel()
					}
					got, err := p.GetContext(ctx)
					why := redispool.Why(got)
					var inside *resource.PoolError
					switch {
					case got.Err() != err || why == nil || why.Error() != c.text || why.Err != c.plain || !errors.Is(why, c.plain):
						t.Errorf("got %v, %v, %v", err, got.Err(), why)
					case !explain && err != c.plain:
						t.Errorf("got %T: %v, want %v itself", err, err, c.plain)
					case explain && (!errors.As(err, &inside) || inside != why):
						t.Errorf("got %T: %v, want %v", err, err, why)
					}
					if redispool.Why(held) != nil {
						t.Error("a connection without an error has a reason")
					}
					put(t, held)
				})
			})
		}
	}
}

// A caller that leaves its dial has redigo's error, and Why says what it left.
func TestWhyOfASlowDial(t *testing.T) {
	s := stubs{}
	p := &redispool.Pool{MaxIdle: 1}
	p.Dial = func() (redis.Conn, error) { time.Sleep(time.Minute); return s.dial() }
	inBubble(t, &s, p, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, err := p.GetContext(ctx)
		why := redispool.Why(c)
		if err != context.DeadlineExceeded || why == nil || why.Error() != "context deadline exceeded while opening a resource: 1 active (0 leased, 0 idle, 1 opening), 0 waiting" {
			t.Errorf("got %v, %v", err, why)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}

// While dials are held, the error is the package's HeldError, and Why has the counts.
func TestWhyOfAHeldDial(t *testing.T) {
	s := stubs{}
	down := errors.New("down")
	p := &redispool.Pool{MaxIdle: 1, DialBackoff: time.Minute}
	p.Dial = func() (redis.Conn, error) { return nil, down }
	inBubble(t, &s, p, func(t *testing.T) {
		var first sync.WaitGroup
		first.Go(func() { p.GetContext(t.Context()) })
		first.Wait()
		time.Sleep(time.Second)
		c, err := p.GetContext(t.Context())
		var held *redispool.HeldError
		if why := redispool.Why(c); !errors.As(err, &held) || why == nil || why.Err != err || why.LastOpenError != down || why.LastOpenErrorAge != time.Second {
			t.Errorf("got %T: %v, %+v", err, err, why)
		}
	})
}
