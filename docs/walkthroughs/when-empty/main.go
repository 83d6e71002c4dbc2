// When-empty asks a pool for a connection while all are in use, and prints the outcome for each configuration.
//
//	go run ./docs/walkthroughs/when-empty
//	go run ./docs/walkthroughs/when-empty -redis localhost:6379
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

func main() { walkthrough.Main("when-empty", run) }

// soon is long enough for a caller to join the queue.
const soon = 500 * time.Millisecond

func run(r walkthrough.Redis, out io.Writer) error {
	// #region cases
	wait := func(p *redis.Pool) { p.Wait = true }
	cases := []struct {
		what      string
		configure func(p *redis.Pool)
		ask       func(p *redis.Pool, first redis.Conn) error
	}{
		{"no Wait", func(p *redis.Pool) {}, ask},
		{"no Wait, Get and Do", func(p *redis.Pool) {}, do},
		{"Wait, one comes back", wait, isReturned},
		{"Wait, a deadline", wait, hasDeadline},
		{"Wait, the caller hangs up", wait, hangsUp},
		{"Wait, WaitTimeout", func(p *redis.Pool) { p.Wait, p.WaitTimeout = true, soon }, ask},
		{"Wait, the queue is full", func(p *redis.Pool) { p.Wait, p.MaxWaiters = true, 1 }, isSecondInLine},
		{"Wait, the pool is closed", wait, isClosed},
	}
	// #endregion cases
	for _, c := range cases {
		// #region pool
		pool := &redis.Pool{
			MaxActive: 1,
			MaxIdle:   1,
			DialContext: func(ctx context.Context) (redis.Conn, error) {
				return redis.DialContext(ctx, "tcp", r.Addr)
			},
		}
		// #endregion pool
		c.configure(pool)
		first, err := pool.GetContext(context.Background()) // from now on the pool is empty
		if err != nil {
			return err
		}
		err = c.ask(pool, first)
		st := pool.ResourceStats()
		first.Close()
		pool.Close()
		fmt.Fprintf(out, "%-26s %-25s %s\n", c.what, explain(err), counted(st))
	}
	return nil
}

// #region explain

// explain names the outcome of a Get. ErrWaitTimeout wraps ErrPoolExhausted, so it is checked first.
func explain(err error) string {
	switch {
	case err == nil:
		return "a connection"
	case errors.Is(err, redis.ErrWaitTimeout):
		return "ErrWaitTimeout"
	case errors.Is(err, redis.ErrPoolExhausted):
		return "ErrPoolExhausted"
	case errors.Is(err, redis.ErrPoolClosed):
		return "ErrPoolClosed"
	case errors.Is(err, context.DeadlineExceeded):
		return "context.DeadlineExceeded"
	case errors.Is(err, context.Canceled):
		return "context.Canceled"
	}
	return "the dial failed: " + err.Error()
}

// #endregion explain
