// Production shows what happens at the limits of a pool that is configured for production.
//
//	go run ./docs/walkthroughs/production
//	go run ./docs/walkthroughs/production -redis localhost:6379
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

// #region pool
func newPool(addr string) *redis.Pool {
	return &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr,
				redis.DialConnectTimeout(time.Second),
				redis.DialReadTimeout(2*time.Second),
				redis.DialWriteTimeout(2*time.Second))
		},
		TestOnBorrowContext: redis.TestPing(time.Minute),

		MaxActive: 20,
		MaxIdle:   20,
		MinIdle:   2,

		Wait:        true,
		WaitTimeout: 200 * time.Millisecond,
		MaxWaiters:  500,

		IdleTimeout:           4 * time.Minute,
		MaxConnLifetime:       time.Hour,
		MaxConnLifetimeJitter: 10 * time.Minute,

		DialBackoff:     500 * time.Millisecond,
		CleanupTimeout:  time.Second,
		ResetOnReadOnly: true,
	}
}

// #endregion pool

func main() { walkthrough.Main("production", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	for _, show := range []func(addr string, out io.Writer) error{warmStart, surplus, idle, lifetime, uses, resize, shutdown, mistakes} {
		if err := show(r.Addr, out); err != nil {
			return err
		}
	}
	return nil
}

// borrow takes n connections at once, uses them, and gives them back.
func borrow(pool *redis.Pool, n int) error {
	for range n {
		conn, err := pool.GetContext(context.Background())
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Do("PING"); err != nil {
			return err
		}
	}
	return nil
}

// until waits for something that the pool does in the background.
func until(what string, happened func() bool) error {
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain until %s", what)
		}
	}
	return nil
}
