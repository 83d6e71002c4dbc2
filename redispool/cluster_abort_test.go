package redispool_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// clusterAborts has commands refused within transactions. EXEC then executes none of the others, whatever the way in
// which the transaction is sent, and the next transaction is executed.
func clusterAborts(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	other := keyIn(rc, rc.Master((redispool.Slot("k")+redispool.HashSlots/2)%redispool.HashSlots), "other")
	c.Do(t.Context(), "DEL", "k")
	for name, run := range map[string]func(c redis.Conn) error{
		"Do": func(c redis.Conn) error {
			c.Do("GET", "k")
			c.Do("MULTI")
			c.Do("INCR", "k")
			c.Do("INCR", other)
			return second(c.Do("EXEC"))
		},
		"two keys": func(c redis.Conn) error {
			c.Do("GET", "k")
			c.Do("MULTI")
			c.Do("INCR", "k")
			c.Do("MSET", "k", 1, other, 2)
			return second(c.Do("exec"))
		},
		"held back": func(c redis.Conn) error {
			c.Send("MULTI")
			c.Send("MSET", "k", 1, other, 2)
			c.Send("INCR", "k")
			return second(c.Do("EXEC"))
		},
		"held back, with nothing sent": func(c redis.Conn) error {
			c.Send("MULTI")
			c.Send("MSET", "k", 1, other, 2)
			return second(c.Do("EXEC"))
		},
		"a pipeline with Do": func(c redis.Conn) error {
			c.Send("MULTI")
			c.Send("INCR", "k")
			c.Send("INCR", other)
			return second(c.Do("EXEC"))
		},
		"RetryConn": func(c redis.Conn) error {
			c, err := redispool.RetryConn(c, 3, 0)
			if err != nil {
				return nil
			}
			c.Do("GET", "k")
			c.Do("MULTI")
			c.Do("INCR", "k")
			c.Do("INCR", other)
			return second(c.Do("EXEC"))
		},
	} {
		conn := c.Get()
		if err := run(conn); !redispool.IsCrossSlot(err) {
			t.Errorf("%s: EXEC gave %v, want the error of the command that was refused", name, err)
		}
		if n, err := redis.Ints(transaction(conn)); len(n) != 1 || n[0] != 1 || err != nil {
			t.Errorf("%s: the next transaction: %v, %v", name, n, err)
		}
		put(t, conn)
		c.Do(t.Context(), "DEL", "k")
	}
	clusterAbortsSend(t, c, other)
	clusterAbortsUnbound(t, rc)
}

// clusterAbortsUnbound has no connection for the first command of a transaction.
func clusterAbortsUnbound(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc, func(c *redispool.Cluster) {
		c.CreatePool = func(string) *redispool.Pool { return &redispool.Pool{MaxIdle: 1, MaxActive: 1} }
	})
	c.Do(t.Context(), "DEL", "k")
	for name, first := range map[string]func(conn redis.Conn) error{
		"Send": func(conn redis.Conn) error { return conn.Send("INCR", "k") },
		"Do":   func(conn redis.Conn) error { return second(conn.Do("INCR", "k")) },
	} {
		holder := c.Get()
		if err := redispool.BindConn(holder, "k"); err != nil {
			t.Fatal(err)
		}
		conn := c.Get()
		conn.Send("MULTI")
		if err := first(conn); !errors.Is(err, redis.ErrPoolExhausted) {
			t.Errorf("%s: %v", name, err)
		}
		put(t, holder)
		conn.Send("INCR", "k")
		if err := second(conn.Do("EXEC")); !errors.Is(err, redis.ErrPoolExhausted) {
			t.Errorf("%s: EXEC gave %v", name, err)
		}
		put(t, conn)
	}
	if n, err := c.Do(t.Context(), "EXISTS", "k"); n != int64(0) || err != nil {
		t.Errorf("a part of a transaction was executed: %v, %v", n, err)
	}
}

// transaction counts k up in a transaction.
func transaction(conn redis.Conn) (any, error) {
	conn.Do("GET", "k")
	conn.Do("MULTI")
	conn.Do("INCR", "k")
	return conn.Do("EXEC")
}

// clusterAbortsSend is for a program that looks at no error of Send. It must not wait for a
// reply to an EXEC that was not sent.
func clusterAbortsSend(t *testing.T, c *redispool.Cluster, other string) {
	conn := c.Get()
	conn.Send("MULTI")
	conn.Send("INCR", "k")
	conn.Send("INCR", other)
	refusal := conn.Send("EXEC")
	for what, err := range map[string]error{"Send": refusal, "Flush": conn.Flush(), "Receive": second(conn.Receive()), "Do": second(conn.Do("PING")), "Err": conn.Err()} {
		if !redispool.IsCrossSlot(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	put(t, conn)
	// A DISCARD in the pipeline ends what was refused.
	conn = c.Get()
	for _, cmd := range []string{"MULTI", "INCR k", "INCR " + other, "DISCARD", "MULTI", "INCR k", "EXEC"} {
		var name, key string
		fmt.Sscan(cmd, &name, &key)
		if key == "" {
			conn.Send(name)
		} else {
			conn.Send(name, key)
		}
	}
	if all, err := redis.Values(conn.Do("")); len(all) != 6 || err != nil {
		t.Errorf("%q, %v", all, err)
	} else if n, err := redis.Ints(all[5], nil); len(n) != 1 || n[0] != 1 || err != nil {
		t.Errorf("%v, %v, want one INCR, of the second transaction", n, err)
	}
	put(t, conn)
}
