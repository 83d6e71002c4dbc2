// Two-at-once runs requests that hold more than one connection of a pool. It shows the deadlock, the smallest pool without
// it, and four ways to avoid it.
//
//	go run ./docs/walkthroughs/two-at-once
//	go run ./docs/walkthroughs/two-at-once -redis localhost:6379
package main

import (
	"context"
	"fmt"
	"io"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

func main() { walkthrough.Main("two-at-once", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	if err := sizes(r.Addr, out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := waysAround(r.Addr, out); err != nil {
		return err
	}
	return timesOut(r.Addr, out)
}

// #region pool
func newPool(addr string, maxActive int) *redis.Pool {
	return &redis.Pool{
		MaxActive: maxActive,
		MaxIdle:   maxActive,
		Wait:      true,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr)
		},
	}
}

// #endregion pool

// sizes tries the pool of the formula, and one that is smaller by one.
func sizes(addr string, out io.Writer) error {
	fmt.Fprintln(out, "requests  each takes  MaxActive")
	for _, c := range []struct{ requests, each int }{{4, 2}, {4, 3}, {10, 2}} {
		// #region formula
		enough := c.requests*(c.each-1) + 1
		// #endregion formula
		for _, size := range []int{enough - 1, enough} {
			outcome, err := attempt(newPool(addr, size), c.requests, c.each)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%8d  %10d  %9d  %s\n", c.requests, c.each, size, outcome)
		}
	}
	return nil
}
