// Sharing runs the same program on a pool that shares no connections and on one that does, over a network with a round trip
// of a millisecond.
//
//	go run ./docs/walkthroughs/sharing
//	go run ./docs/walkthroughs/sharing -redis localhost:6379
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

// #region before
func before(addr string) *redis.Pool {
	return &redis.Pool{
		MaxIdle:   8,
		MaxActive: 8,
		Wait:      true,
		Dial:      func() (redis.Conn, error) { return redis.Dial("tcp", addr) },
	}
}

// #endregion before

// #region after
func after(addr string) *redis.Pool {
	pool := before(addr)
	pool.Share = 2
	return pool
}

// #endregion after

func main() { walkthrough.Main("sharing", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	far, err := listenFar(r.Addr)
	if err != nil {
		return err
	}
	defer far.Close()
	addr := far.Addr().String()

	one, many := before(addr), after(addr)
	defer one.Close()
	defer many.Close()
	if err := faster(one, many, out); err != nil {
		return err
	}
	if err := binds(many, out); err != nil {
		return err
	}
	return leaves(many, out)
}

// faster has 64 callers read for a while, with one pool and with the other.
func faster(one, many *redis.Pool, out io.Writer) error {
	var rate [2]float64
	for i, pool := range []*redis.Pool{one, many} {
		n, err := load(pool, 64, 500*time.Millisecond)
		if err != nil {
			return err
		}
		rate[i] = float64(n) / 0.5
	}
	fmt.Fprintf(out, "64 callers, 8 connections    %.0f calls a second\n", rate[0])
	fmt.Fprintf(out, "64 callers, 2 of 8 shared    %.0f calls a second, %.1f times as many\n", rate[1], rate[1]/rate[0])
	st := many.ShareStats()
	fmt.Fprintf(out, "one flush sends              %.1f commands\n", float64(st.Calls)/float64(max(st.Flushes, 1)))
	return nil
}

// #region binds
func binds(pool *redis.Pool, out io.Writer) error {
	conn := pool.Get()
	defer conn.Close()
	shared := func() uint64 { return pool.ShareStats().Calls }
	for _, cmd := range []string{"PING", "TIME", "MULTI", "PING", "DISCARD"} {
		before := shared()
		if _, err := conn.Do(cmd); err != nil {
			return fmt.Errorf("%s: %w", cmd, err)
		}
		how := "on a connection of its own"
		if shared() > before {
			how = "shared"
		}
		fmt.Fprintf(out, "  %-8s %s\n", cmd, how)
	}
	return nil
}

// #endregion binds

// #region leaves
func leaves(pool *redis.Pool, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Microsecond)
	defer cancel()
	_, err := pool.Do(ctx, "GET", "sharing:page")
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("a call of a fifth of the round trip ended with %v", err)
	}
	if _, err := pool.Do(context.Background(), "PING"); err != nil {
		return err
	}
	fmt.Fprintf(out, "a caller left (%v), and %d connections broke\n", err, pool.ShareStats().Broken)
	return nil
}

// #endregion leaves
