// Sentinel starts a master, a replica and a sentinel, fails over twice while users write, and prints what they see.
//
//	go run ./docs/walkthroughs/sentinel
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

func main() { walkthrough.MainServers("sentinel", run) }

// #region pool

// newSentinel describes the sentinels. Name them all: one that answers would do, but it may be down when the program starts.
func newSentinel(addrs []string) *redis.Sentinel {
	return &redis.Sentinel{
		Addrs:      addrs,
		MasterName: "mymaster",
		DialOptions: []redis.DialOption{ // of the connections to the master
			redis.DialConnectTimeout(time.Second),
			redis.DialReadTimeout(time.Second),
			redis.DialWriteTimeout(time.Second),
		},
	}
}

// newPool makes a pool whose connections lead to the master. Dial is not set: that is the sentinel's business.
func newPool(s *redis.Sentinel) *redis.Pool {
	return s.Master(&redis.Pool{
		MaxActive:   8,
		MaxIdle:     8,
		Wait:        true,
		DialBackoff: 100 * time.Millisecond, // callers wait while there is no master
	})
}

// #endregion pool

func run(servers *walkthrough.Servers, out io.Writer) error {
	d, err := deploy(servers)
	if err != nil {
		return err
	}
	sentinel := newSentinel([]string{d.sentinel.Addr})
	defer sentinel.Close()
	sentinel.OnMasterChange = func(from, to string) {
		if from != "" {
			fmt.Fprintf(out, "  the pool moves from %s to %s\n", d.name(from), d.name(to))
		}
	}
	pool := newPool(sentinel)
	defer pool.Close()

	fmt.Fprintln(out, "planned: SENTINEL FAILOVER, as for an update of the master")
	u := begin(pool)
	err = d.failOver()
	u.End()
	if err != nil {
		return err
	}
	kept, err := redis.Int(do(d.second, "DBSIZE"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %v\n  acknowledged, and not in the new master: %d\n", u, u.Written()-kept)

	fmt.Fprintln(out, "crash: kill -9 of the new master")
	u = begin(pool)
	d.second.Kill()
	err = walkthrough.Await("the replica is the master", func() bool { return !replicates(d.first) })
	promoted := time.Now()
	if err == nil {
		err = walkthrough.Await("users are served again", func() bool { return u.Served(promoted) })
	}
	u.End()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %v\n", u)
	return nil
}

// #region write

// write is one request of a user, who waits for four seconds at most.
func write(pool *redis.Pool, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	conn, err := pool.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Do("SET", key, "value")
	return err
}

// #endregion write

// begin has the users begin. Each write has a new key.
func begin(pool *redis.Pool) *walkthrough.Users {
	return walkthrough.Begin(func(user, n int) error { return write(pool, fmt.Sprintf("key:%d:%d", user, n)) })
}
