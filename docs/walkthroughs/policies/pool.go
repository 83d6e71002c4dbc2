package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// #region pool

// newPool makes a pool with the policies that were simulated.
func newPool(
	addr string, l policy.Lifetime, g policy.Gate, closed chan<- struct{},
) (*resource.Pool[redis.Conn], error) {
	test := policy.Within(time.Second, policy.When(g, policy.Test(ping)))
	return resource.New(resource.Config[redis.Conn]{
		Open: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr)
		},
		Close: func(c redis.Conn) error {
			defer func() { closed <- struct{}{} }()
			return c.Close()
		},
		MaxActive:  16,
		Lifetime:   l,
		Eviction:   earned,
		BorrowTest: test,
	})
}

func ping(ctx context.Context, c redis.Conn, _ time.Time) error {
	answer, err := redis.String(redis.DoContext(c, ctx, "PING"))
	if err == nil && answer != "PONG" {
		err = fmt.Errorf("the answer to PING is %q", answer)
	}
	return err
}

// #endregion pool

// reach reports why a server cannot be reached.
func reach(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := redis.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return ping(ctx, c, time.Time{})
}

// usePool opens three connections, uses one of them more often than
// the others, and waits until the others are closed.
func usePool(ctx context.Context, addr string, l policy.Lifetime, g policy.Gate, out io.Writer) error {
	closed := make(chan struct{}, 16)
	pool, err := newPool(addr, l, g, closed)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := threeAtOnce(ctx, pool); err != nil {
		return err
	}
	st := pool.Stats()
	fmt.Fprintf(out, "in the pool          %d idle, lent %d times\n", st.Idle, st.Acquired)
	for range 2 {
		<-closed // the pool's timer does it, in about a second
	}
	fmt.Fprintf(out, "a second later       %d idle\n", pool.Stats().Idle)
	if err := pool.Shutdown(ctx); err != nil {
		return err
	}
	st = pool.Stats()
	fmt.Fprintf(out, "in the end           %d closed as idle too long, %d with the pool\n",
		st.Closed.IdleTooLong, st.Closed.PoolClosed)
	return nil
}

// threeAtOnce takes three connections, and uses one of them thirty
// times more while the other two are out.
func threeAtOnce(ctx context.Context, pool *resource.Pool[redis.Conn]) error {
	var leases []resource.Lease[redis.Conn]
	for range 3 {
		lease, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer lease.Release()
		leases = append(leases, lease)
	}
	leases[0].Release()
	for range 30 {
		if err := use(ctx, pool); err != nil {
			return err
		}
	}
	return nil
}

// use gives a connection back only if it has answered.
func use(ctx context.Context, pool *resource.Pool[redis.Conn]) error {
	lease, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer lease.Discard() // does nothing after Release
	if err := ping(ctx, lease.Value(), time.Time{}); err != nil {
		return err
	}
	lease.Release()
	return nil
}
