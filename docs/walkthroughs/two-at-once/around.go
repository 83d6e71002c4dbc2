package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	redis "github.com/respool/respool/redispool"
)

const requests = 4

// waysAround runs each way with four requests, in the smallest pool that it needs.
func waysAround(addr string, out io.Writer) error {
	passed := newPool(addr, 1)
	defer passed.Close()
	gated := newPool(addr, 2)
	defer gated.Close()
	users, audit := newPool(addr, 1), newPool(addr, 1)
	defer users.Close()
	defer audit.Close()

	gate := make(chan struct{}, 1) // with two connections in the pool, only one request may take two
	for _, way := range []struct {
		what  string
		visit func(context.Context) error
	}{
		{"pass the connection on, MaxActive 1", func(ctx context.Context) error { return passOn(ctx, passed) }},
		{"let few requests in, MaxActive 2", func(ctx context.Context) error { return throughGate(ctx, gate, gated) }},
		{"two pools, MaxActive 1 each", func(ctx context.Context) error { return inOrder(ctx, users, audit) }},
	} {
		if err := atOnce(way.visit); err != nil {
			return fmt.Errorf("%s: %w", way.what, err)
		}
		fmt.Fprintf(out, "%-37s all are done\n", way.what)
	}
	return nil
}

// atOnce runs each request on its own goroutine.
func atOnce(visit func(context.Context) error) error {
	ends := make(chan error, requests)
	for range requests {
		go func() { ends <- visit(context.Background()) }()
	}
	var failed error
	for range requests {
		failed = errors.Join(failed, <-ends)
	}
	return failed
}

// #region pass-on
func passOn(ctx context.Context, pool *redis.Pool) error {
	conn, err := pool.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := redis.DoContext(conn, ctx, "INCR", "two-at-once:visits"); err != nil {
		return err
	}
	return record(ctx, conn, "visit") // and not record(ctx, pool, "visit")
}

func record(ctx context.Context, conn redis.Conn, what string) error {
	_, err := redis.DoContext(conn, ctx, "SET", "two-at-once:last", what)
	return err
}

// #endregion pass-on

// #region gate
func throughGate(ctx context.Context, gate chan struct{}, pool *redis.Pool) error {
	select {
	case gate <- struct{}{}:
		defer func() { <-gate }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return recordWithTwo(ctx, pool, pool)
}

// #endregion gate

// #region order
// inOrder takes from users first and from audit second. No request may ever take them in the reverse order.
func inOrder(ctx context.Context, users, audit *redis.Pool) error {
	return recordWithTwo(ctx, users, audit)
}

func recordWithTwo(ctx context.Context, first, second *redis.Pool) error {
	conn, err := first.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := redis.DoContext(conn, ctx, "INCR", "two-at-once:visits"); err != nil {
		return err
	}
	other, err := second.GetContext(ctx)
	if err != nil {
		return err
	}
	defer other.Close()
	return record(ctx, other, "visit")
}

// #endregion order

// timesOut uses a pool that is too small, with a WaitTimeout, which turns the deadlock into an error.
func timesOut(addr string, out io.Writer) error {
	pool := newPool(addr, 1)
	// #region timeout
	pool.WaitTimeout = 50 * time.Millisecond
	// #endregion timeout
	defer pool.Close()
	var alone sync.WaitGroup
	alone.Add(1)
	err := request(context.Background(), pool, 2, &alone)
	if !errors.Is(err, redis.ErrWaitTimeout) {
		return fmt.Errorf("got %w, want ErrWaitTimeout", err)
	}
	fmt.Fprintf(out, "%-37s ErrWaitTimeout\n", "WaitTimeout, MaxActive 1")
	return nil
}
