package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	redis "github.com/respool/respool/redispool"
)

const key = "moving-from-redigo:visits"

func counts(out io.Writer, name string, pool pool) error {
	conn := pool.Get()
	defer conn.Close()
	conn.Send("MULTI")
	conn.Send("DEL", key)
	conn.Send("INCR", key)
	conn.Send("DEL", key)
	visits, err := redis.Ints(conn.Do("EXEC"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-8s a transaction counts: %d\n", name, visits[1])
	return nil
}

func exhausted(out io.Writer, name string, pool pool) error {
	first, second := pool.Get(), pool.Get()
	defer first.Close()
	defer second.Close()
	_, err := second.Do("PING")
	fmt.Fprintf(out, "%-8s one too many: err == redis.ErrPoolExhausted is %v\n",
		name, err == redis.ErrPoolExhausted)
	return first.Err()
}

// #region selects
func selects(out io.Writer, name string, pool pool) error {
	one := pool.Get()
	_, err := one.Do("SELECT", 1)
	if err == nil {
		_, err = one.Do("SET", key, "in database 1", "EX", 10)
	}
	if err := errors.Join(err, one.Close()); err != nil {
		return err
	}

	next := pool.Get() // the same connection, and another borrower
	defer next.Close()
	found, err := redis.String(next.Do("GET", key))
	if err != nil && err != redis.ErrNil {
		return err
	}
	fmt.Fprintf(out, "%-8s after SELECT 1 by another borrower, GET finds %q\n",
		name, found)
	_, err = next.Do("SELECT", 1)
	if err == nil {
		_, err = next.Do("DEL", key)
	}
	return err
}

// #endregion selects

// #region idle
func goesIdle(out io.Writer, name string, pool pool) error {
	conn := pool.Get()
	_, err := conn.Do("PING")
	if err := errors.Join(err, conn.Close()); err != nil {
		return err
	}
	time.Sleep(2 * idleTimeout)
	fmt.Fprintf(out, "%-8s IdleTimeout has passed, nobody came: connections open: %d\n",
		name, pool.ActiveCount())
	return nil
}

// #endregion idle
