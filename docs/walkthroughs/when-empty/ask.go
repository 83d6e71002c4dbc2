package main

import (
	"context"
	"strings"
	"time"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// #region ask
func ask(pool *redis.Pool, _ redis.Conn) error { return askWith(context.Background(), pool) }

func askWith(ctx context.Context, pool *redis.Pool) error {
	conn, err := pool.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = redis.DoContext(conn, ctx, "PING")
	return err
}

// #endregion ask

// #region do
func do(pool *redis.Pool, _ redis.Conn) error {
	conn := pool.Get() // never nil
	defer conn.Close()
	_, err := conn.Do("PING")
	return err
}

// #endregion do

// #region wait
func isReturned(pool *redis.Pool, first redis.Conn) error {
	onceSomebodyWaits(pool, func() { first.Close() })
	return ask(pool, first)
}

func hasDeadline(pool *redis.Pool, _ redis.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	return askWith(ctx, pool)
}

func hangsUp(pool *redis.Pool, _ redis.Conn) error {
	ctx, hangUp := context.WithCancel(context.Background())
	onceSomebodyWaits(pool, hangUp)
	return askWith(ctx, pool)
}

func isClosed(pool *redis.Pool, first redis.Conn) error {
	onceSomebodyWaits(pool, func() { pool.Close() })
	return ask(pool, first)
}

// #endregion wait

// #region second
func isSecondInLine(pool *redis.Pool, first redis.Conn) error {
	served := make(chan error)
	go func() { served <- ask(pool, first) }()
	waits(pool)
	second := ask(pool, first)
	first.Close()
	if err := <-served; err != nil {
		return err // the waiter is served
	}
	return second
}

// #endregion second

// waits returns when a caller waits in the queue.
func waits(pool *redis.Pool) {
	for pool.ResourceStats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
}

func onceSomebodyWaits(pool *redis.Pool, do func()) {
	go func() {
		waits(pool)
		do()
	}()
}

// counted names the totals in which the pool counted the call.
func counted(st resource.Stats) string {
	var all []string
	for _, c := range []struct {
		what string
		n    uint64
	}{
		{"Acquired", st.Acquired - 1}, // without the first connection
		{"Exhausted", st.Exhausted},
		{"TimedOut", st.TimedOut},
		{"Canceled", st.Canceled},
		{"Rejected", st.Rejected},
		{"WaitCount", uint64(st.WaitCount)},
	} {
		if c.n > 0 {
			all = append(all, c.what)
		}
	}
	return strings.Join(all, ", ")
}
