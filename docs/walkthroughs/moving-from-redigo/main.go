// Moving-from-redigo runs the same code on redigo's pool and on respool's, and gives a pool to a library that needs
// redigo's type.
//
//	go run ./docs/walkthroughs/moving-from-redigo
//	go run ./docs/walkthroughs/moving-from-redigo -redis localhost:6379
package main

import (
	"fmt"
	"io"
	"time"

	redigo "github.com/gomodule/redigo/redis"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

func main() { walkthrough.Main("moving-from-redigo", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	// #region both
	dial := func() (redis.Conn, error) { return redis.Dial("tcp", r.Addr) }
	db := 0 // the database that dial selects
	theirs := &redigo.Pool{
		MaxIdle: 1, MaxActive: 1, IdleTimeout: idleTimeout, Dial: dial,
	}
	ours := &redis.Pool{
		MaxIdle: 1, MaxActive: 1, IdleTimeout: idleTimeout, Dial: dial,
		Database: &db,
	}
	// #endregion both
	defer theirs.Close()
	defer ours.Close()
	for _, show := range []func(io.Writer, string, pool) error{counts, exhausted, selects, goesIdle} {
		if err := show(out, "redigo", theirs); err != nil {
			return err
		}
		if err := show(out, "respool", ours); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	return libraries(out, ours)
}

const idleTimeout = time.Second

// pool has the methods that both pools have. Most programs need fewer.
type pool interface {
	Get() redis.Conn
	Stats() redis.PoolStats
	ActiveCount() int
	IdleCount() int
	Close() error
}

// #region library

// library stands for a package that you cannot change: a session store, a rate limiter.
func library(pool *redigo.Pool) (string, error) {
	conn := pool.Get()
	defer conn.Close()
	return redigo.String(conn.Do("ECHO", "hello"))
}

func libraries(out io.Writer, pool *redis.Pool) error {
	reply, err := library(pool.Redigo())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "a library that takes *redigo.Pool: %s, %d connection for both\n",
		reply, pool.ActiveCount())
	return nil
}

// #endregion library
