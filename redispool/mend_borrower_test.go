package redispool_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// dialTo is a Dial for a server.
func dialTo(addr string, options ...redis.DialOption) func() (redis.Conn, error) {
	return func() (redis.Conn, error) { return redis.Dial("tcp", addr, options...) }
}

// client dials a connection outside any pool, to look at the server.
func client(t *testing.T, addr string, options ...redis.DialOption) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", addr, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestMendR6ShardSubscriptionEndsWithItsBorrower subscribes to a shard channel, which redigo's list of commands lacks.
func TestMendR6ShardSubscriptionEndsWithItsBorrower(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for _, cmd := range []string{"SSUBSCRIBE", "ssubscribe"} {
		mended(t, "the next borrower reads the messages of the one before", func(t *testing.T, pool maker) string {
			p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
			defer p.Close()
			c := get(t, p)
			if err := c.Send(cmd, "channel"); err != nil {
				t.Fatal(err)
			}
			c.Flush()
			if _, err := c.Receive(); err != nil {
				t.Fatal(err)
			}
			// One message arrives before the connection is returned, and one may arrive afterwards.
			if n := do(t, client(t, addr), "SPUBLISH", "channel", "one"); n != int64(1) {
				t.Fatalf("%v subscribers, want 1", n)
			}
			put(t, c)
			do(t, client(t, addr), "SPUBLISH", "channel", "two")

			c = get(t, p)
			reply, err := c.Do("ECHO", "mine")
			counts(t, p, 1, 0)
			c.Close()
			if _, message := reply.([]any); message {
				return "the next borrower reads the messages of the one before"
			}
			if s, _ := redis.String(reply, err); s != "mine" {
				return fmt.Sprintf("the next borrower gets %v, %v", reply, err)
			}
			counts(t, p, 1, 1)
			return ""
		})
	}
}

// TestMendR7SessionEndsWithItsBorrower shows the most common case. The session tests have the others.
func TestMendR7SessionEndsWithItsBorrower(t *testing.T) {
	addr := redistest.Start(t).Addr()
	do(t, client(t, addr, redis.DialDatabase(2)), "SET", "key", "in 2")
	mended(t, "the next borrower reads database 7", func(t *testing.T, pool maker) string {
		p := pool(fields{Dial: dialTo(addr, redis.DialDatabase(2)), MaxIdle: 1})
		defer p.Close()
		c := get(t, p)
		do(t, c, "SELECT", 7)
		do(t, c, "SET", "key", "in 7")
		put(t, c)

		c = get(t, p)
		defer c.Close()
		switch reply, err := redis.String(c.Do("GET", "key")); {
		case err != nil:
			return err.Error()
		case reply == "in 7":
			return "the next borrower reads database 7"
		}
		return ""
	})
}

// entering signals that a command is about to be sent, from the goroutine that sends it.
type entering struct {
	redis.Conn
	in chan string
}

func (c entering) Do(cmd string, args ...any) (any, error) {
	if cmd != "" && cmd != "CLIENT" {
		c.in <- cmd
	}
	return c.Conn.Do(cmd, args...)
}

// TestMendR10BusyConnectionIsNotLent returns a connection while another goroutine waits in a blocking command.
func TestMendR10BusyConnectionIsNotLent(t *testing.T) {
	redistest.Both(t, func(t *testing.T, addr string) {
		mended(t, "the busy connection is idle", func(t *testing.T, pool maker) string {
			in := make(chan string, 1)
			p := pool(fields{MaxIdle: 1, DialContext: func(context.Context) (redis.Conn, error) {
				c, err := redis.Dial("tcp", addr)
				return entering{c, in}, err
			}})
			defer p.Close()
			c := get(t, p)
			blocked := make(chan error, 1)
			go func() {
				_, err := c.Do("BLPOP", "nothing", 0)
				blocked <- err
			}()
			<-in
			c.Close()
			lent := p.IdleCount()
			p.Close() // ends redigo's command
			if err := <-blocked; err == nil {
				t.Error("the blocked command got a reply")
			}
			if lent > 0 {
				return "the busy connection is idle"
			}
			counts(t, p, 0, 0)
			return ""
		})
	})
}
