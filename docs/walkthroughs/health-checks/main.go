// Health-checks restarts the Redis server of a pool, and shows what borrowers notice with a borrow test and without one.
//
//	go run ./docs/walkthroughs/health-checks
//	go run ./docs/walkthroughs/health-checks -redis localhost:6379
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

// #region pool
func newPool(addr string, checkAfter time.Duration) *redis.Pool {
	return &redis.Pool{
		MaxActive: 4,
		MaxIdle:   4,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr)
		},
		TestOnBorrowContext: redis.TestPing(checkAfter),
	}
}

// #endregion pool

// #region alive
func newAlivePool(addr string) *redis.Pool {
	return &redis.Pool{
		MaxActive: 4,
		MaxIdle:   4,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr, redis.DialSocket(nil))
		},
		TestOnBorrowContext: redis.TestAlive(time.Minute),
	}
}

// #endregion alive

func main() { walkthrough.Main("health-checks", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	if err := gate(r.Addr, out); err != nil {
		return err
	}
	if err := budget(r.Addr, out); err != nil {
		return err
	}
	if r.Embedded == nil {
		fmt.Fprintln(out, "restart: left out, since the server is yours")
		return nil
	}
	for _, c := range []struct {
		what string
		pool *redis.Pool
	}{
		{"never tested", newPool(r.Addr, time.Hour)},
		{"always tested", newPool(r.Addr, 0)},
		{"tested without a round trip", newAlivePool(r.Addr)},
	} {
		fmt.Fprintf(out, "a restart, %s:\n", c.what)
		pool := c.pool
		pool.TestBudget = -1 // keeps the output the same on a busy machine
		if err := restart(r, pool, out); err != nil {
			return err
		}
	}
	return nil
}

// #region restart
func restart(r walkthrough.Redis, pool *redis.Pool, out io.Writer) error {
	defer pool.Close()
	if err := open(pool, 4); err != nil {
		return err
	}
	fmt.Fprintf(out, "  server up      %d idle\n", pool.IdleCount())
	r.Embedded.Close()
	err := request(pool)
	fmt.Fprintf(out, "  server down    %s, %d idle\n", outcome(err), pool.IdleCount())
	if err := r.Embedded.Restart(); err != nil {
		return err
	}
	for range 5 {
		err := request(pool)
		st := pool.ResourceStats()
		fmt.Fprintf(out, "  server back    %s, %d idle, %d failed a test, %d broke in use\n",
			outcome(err), st.Idle, st.Closed.FailedTest, st.Closed.Discarded)
		if err == nil {
			return nil
		}
	}
	return errors.New("the server is back, and five requests in a row failed")
}

// #endregion restart

func request(pool *redis.Pool) error {
	conn, err := pool.GetContext(context.Background())
	if err != nil {
		return errors.Join(errNoConnection, err)
	}
	defer conn.Close()
	_, err = conn.Do("GET", "health-checks:page")
	return err
}
