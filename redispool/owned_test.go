package redispool_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

func TestRedigoOwned(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 3, MaxActive: 3, IdleTimeout: time.Minute, MaxConnLifetime: time.Hour}
	inBubble(t, &s, p, func(t *testing.T) {
		theirs := p.RedigoOwned()
		a, b := get(t, theirs), get(t, theirs)
		for _, c := range []redis.Conn{a, b} {
			if _, err := c.Do("GET", "k"); err != nil {
				t.Error(err)
			}
		}
		counts(t, p, 2, 0)
		put(t, a)
		counts(t, p, 2, 1)
		put(t, b)
		counts(t, p, 2, 2)
		time.Sleep(2 * time.Minute)
		put(t, get(t, theirs))
		counts(t, p, 1, 1)
		c := get(t, theirs)
		if err := theirs.Close(); err != nil {
			t.Error(err)
		}
		counts(t, p, 1, 0)
		if _, err := c.Do("GET", "k"); err != nil {
			t.Errorf("a connection in use: %v", err)
		}
		put(t, c)
		counts(t, p, 0, 0)
		if err := theirs.Get().Err(); err == nil || err.Error() != "redigo: get on closed pool" {
			t.Errorf("got %v", err)
		}
		if err := p.Get().Err(); err != redispool.ErrPoolClosed {
			t.Errorf("got %v", err)
		}
	})
}

// TestRedigoOwnedUnused closes a shell that was never used, in front of a pool that has dialed in advance.
func TestRedigoOwnedUnused(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 3, MinIdle: 2}
	inBubble(t, &s, p, func(t *testing.T) {
		p.Get().Close()
		time.Sleep(time.Second)
		theirs := p.RedigoOwned()
		if n := p.IdleCount(); n < 2 {
			t.Errorf("%d are idle", n)
		}
		theirs.Close()
		theirs.Close()
		counts(t, p, 0, 0)
	})
}

// TestRedigoOwnedUnderLoad closes the shell at some moment, while others come and go.
func TestRedigoOwnedUnderLoad(t *testing.T) {
	for round := range 50 {
		var s stubs
		p := &redispool.Pool{MaxIdle: 4, MaxActive: 4, Wait: true, Dial: s.dial}
		synctest.Test(t, func(t *testing.T) {
			theirs := p.RedigoOwned()
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 20 {
						c, err := theirs.GetContext(context.Background())
						if err == nil {
							_, err = c.Do("GET", "k")
							c.Close()
						}
						if err != nil && fmt.Sprint(err) != "redigo: get on closed pool" {
							t.Error(err)
						}
					}
				})
			}
			all.Go(func() {
				for range round {
					put(t, get(t, p))
				}
				theirs.Close()
			})
			all.Wait()
			synctest.Wait()
			if n := p.ActiveCount(); n != 0 || p.Get().Err() != redispool.ErrPoolClosed {
				t.Errorf("%d connections stay open, a Get gets %v", n, p.Get().Err())
			}
		})
	}
}
