// Quickstart lets many clients share a few connections to Redis. Half way the server kills one of the connections.
//
//	go run ./docs/walkthroughs/quickstart
//	go run ./docs/walkthroughs/quickstart -redis localhost:6379 -clients 100
package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// checkAfter is how long a connection may be idle before it is tested.
const checkAfter = 10 * time.Millisecond

// #region pool
func newPool(o options) *redis.Pool {
	return &redis.Pool{
		MaxActive:           o.maxActive,
		MaxIdle:             o.maxIdle,
		Wait:                o.wait,
		IdleTimeout:         4 * time.Minute,
		Dial:                func() (redis.Conn, error) { return dial(o.redis) },
		TestOnBorrowContext: redis.TestPing(checkAfter),
	}
}

// #endregion pool

// #region dial
func dial(addr string) (redis.Conn, error) {
	const patience = 5 * time.Second
	return redis.Dial("tcp", addr, redis.DialConnectTimeout(patience), redis.DialReadTimeout(patience), redis.DialWriteTimeout(patience))
}

// #endregion dial

func run(o options, stdout io.Writer) error {
	pool := newPool(o)
	defer pool.Close()
	if err := ping(pool); err != nil {
		return fmt.Errorf("no Redis at %s: %w", o.redis, err)
	}
	if err := forget(pool); err != nil {
		return err
	}
	defer forget(pool)

	fmt.Fprintf(stdout, "%d clients, %d requests each, connections: %s\n", o.clients, o.requests, o.limits())
	began := time.Now()
	first, err := work(pool, o.clients, o.requests/2)
	if err != nil {
		return err
	}
	killed, err := kill(pool, o.redis)
	if err != nil {
		return err
	}
	time.Sleep(2 * checkAfter)
	second, err := work(pool, o.clients, o.requests-o.requests/2)
	if err != nil {
		return err
	}
	report(stdout, pool.ResourceStats(), first.plus(second), killed, time.Since(began))
	return nil
}

// report prints what the clients and the pool have done.
func report(stdout io.Writer, st resource.Stats, done tally, killed bool, took time.Duration) {
	switch {
	case killed && st.Closed.FailedTest > 0:
		fmt.Fprintln(stdout, "half way the server killed an idle connection: its health check failed, another took its place, no client noticed")
	case killed:
		fmt.Fprintln(stdout, "half way the server killed an idle connection, and nobody has needed it since")
	default:
		fmt.Fprintln(stdout, "half way nothing was idle that the server could have killed")
	}
	fmt.Fprintf(stdout, "%d requests answered in %v, %d refused; %d transactions, visits counted: %d\n\n",
		done.answered, took.Round(time.Millisecond), done.refused, done.transactions, done.visits)

	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	row := func(what string, value any) { fmt.Fprintf(w, "%s\t%v\n", what, value) }
	row("connections at most", st.PeakActive)
	row("connections now, idle", st.Idle)
	row("connections dialed", st.Opened)
	row("closed, above -max-idle", st.Closed.Surplus)
	row("closed, failed its check", st.Closed.FailedTest)
	row("lent", st.Acquired)
	row("refused, all in use", st.Exhausted)
	row("waited for one", st.WaitCount)
	row("waited in all", st.WaitDuration.Round(time.Microsecond))
	row("waiting at most", st.PeakWaiting)
	w.Flush()
}

// #region kill

// kill makes the server end a connection that is idle in the pool.
func kill(pool *redis.Pool, addr string) (bool, error) {
	victim := pool.Get()
	id, err := redis.Int64(victim.Do("CLIENT", "ID"))
	victim.Close() // now it is idle, and the first to be lent again
	if err != nil {
		return false, err
	}
	operator, err := dial(addr)
	if err != nil {
		return false, err
	}
	defer operator.Close()
	n, err := redis.Int(operator.Do("CLIENT", "KILL", "ID", id))
	return n > 0, err
}

// #endregion kill
