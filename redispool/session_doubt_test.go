package redispool_test

import (
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// hiding returns no reply together with an error, as wrappers do.
type hiding struct{ redis.Conn }

func (c hiding) Do(cmd string, args ...any) (any, error) {
	reply, err := c.Conn.Do(cmd, args...)
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// TestSessionErrorOfAnotherCommand makes Do return the error of an earlier command, without the reply to its own.
func TestSessionErrorOfAnotherCommand(t *testing.T) {
	addr := redistest.Start(t).Addr()
	p := newOurs(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) {
		c, err := redis.Dial("tcp", addr)
		return hiding{c}, err
	}})
	defer p.Close()
	c := get(t, p)
	do(t, c, "SELECT", 0)
	c.Send("NOSUCH")
	if _, err := c.Do("SELECT", 3); err == nil {
		t.Error("no error")
	}
	put(t, c)
	counts(t, p, 1, 1)
	c = get(t, p)
	defer c.Close()
	if db := sessionOf(t, c)["db"]; db != "0" {
		t.Errorf("the next borrower is in database %s", db)
	}
}

// TestSessionReplyOfAnother makes the server send additional replies, so that the borrower's replies come later than its
// commands.
func TestSessionReplyOfAnother(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for _, before := range []int{0, 1} { // number of replies that were received before the first command
		p := newOurs(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) {
			c, err := redis.Dial("tcp", addr)
			if err == nil {
				err = c.Send("PING")
			}
			return c, err
		}})
		c := get(t, p)
		c.Flush()
		for range before {
			c.Receive()
		}
		c.Send("WATCH", "watched")
		c.Send("UNWATCH", "refused")
		c.Flush()
		for range 2 - before {
			c.Receive()
		}
		c.Close()
		do(t, client(t, addr), "INCR", "watched")
		c = get(t, p)
		do(t, c, "MULTI")
		do(t, c, "PING")
		if reply := do(t, c, "EXEC"); reply == nil {
			t.Error("the next transaction fails")
		}
		put(t, c)
		p.Close()
	}
}

// TestSessionUnaskedReply is the same on a connection on which the server sends a reply without a command.
func TestSessionUnaskedReply(t *testing.T) {
	s := stubs{answer: func(_ *stub, cmd string, args []any) any {
		if cmd == "UNWATCH" && len(args) > 0 {
			return redis.Error("ERR wrong number of arguments")
		}
		return nil
	}}
	p := newOurs(fields{Dial: s.dial, MaxIdle: 1})
	c := get(t, p)
	do(t, c, "PING")
	go func() { s.last().pushed <- "unasked" }()
	c.Receive()
	c.Send("WATCH", "key")
	c.Send("UNWATCH", "refused")
	c.Receive()
	s.last().commands()
	c.Close()
	if n := p.IdleCount(); n > 0 {
		wantCommands(t, s.last(), "UNWATCH")
	}
	p.Close()
	s.settle(t)
}
