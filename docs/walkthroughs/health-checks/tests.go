package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	redis "github.com/respool/respool/redispool"
)

var errNoConnection = errors.New("no connection")

// outcome says how a request ended for its caller.
func outcome(err error) string {
	switch {
	case err == nil:
		return "answered"
	case errors.Is(err, errNoConnection):
		return "no connection"
	}
	return "failed half way"
}

// open makes n idle connections.
func open(pool *redis.Pool, n int) error {
	for range n {
		conn, err := pool.GetContext(context.Background())
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	return nil
}

// #region gate
func gate(addr string, out io.Writer) error {
	const minute = 2 * time.Second // so that the program is quick
	pool := newPool(addr, minute)
	defer pool.Close()
	pings := 0
	test := pool.TestOnBorrowContext
	pool.TestOnBorrowContext = func(ctx context.Context, c redis.Conn, used time.Time) error {
		if time.Since(used) >= minute {
			pings++
		}
		return test(ctx, c, used)
	}
	for range 3 {
		if err := request(pool); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "3 requests in a row: %d PING\n", pings)
	time.Sleep(minute)
	if err := request(pool); err != nil {
		return err
	}
	fmt.Fprintf(out, "1 request after a pause: %d PING\n\n", pings)
	return nil
}

// #endregion gate

// #region budget
func budget(addr string, out io.Writer) error {
	for _, c := range []struct {
		what   string
		budget time.Duration
	}{{"no bound", -1}, {"TestBudget: 50ms", 50 * time.Millisecond}} {
		pool := newPool(addr, 0)
		pool.MaxActive, pool.MaxIdle, pool.TestBudget = 20, 20, c.budget
		pool.TestOnBorrowContext = func(context.Context, redis.Conn, time.Time) error {
			time.Sleep(20 * time.Millisecond) // as a PING that times out
			return errors.New("no answer")
		}
		if err := open(pool, 20); err != nil {
			return err
		}
		began := time.Now()
		err := request(pool)
		took := time.Since(began).Round(time.Millisecond)
		fmt.Fprintf(out, "20 dead connections, %-16s  %s after %v, %d tested\n",
			c.what, outcome(err), took, pool.ResourceStats().Closed.FailedTest)
		pool.Close()
	}
	fmt.Fprintln(out)
	return nil
}

// #endregion budget
