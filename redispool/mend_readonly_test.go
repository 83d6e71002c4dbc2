package redispool_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// demotion is a master that the test can make a replica, as a failover does with the old master.
type demotion struct {
	addr    string
	outside redis.Conn
	other   []any // host and port of the future master
}

func newDemotion(t *testing.T) *demotion {
	a, b := redistest.Start(t), redistest.Start(t)
	host, port, err := net.SplitHostPort(b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return &demotion{a.Addr(), client(t, a.Addr()), []any{host, port}}
}

func (d *demotion) demote(t *testing.T)  { do(t, d.outside, "REPLICAOF", d.other...) }
func (d *demotion) promote(t *testing.T) { do(t, d.outside, "REPLICAOF", "NO", "ONE") }

// TestMendR25DemotedMasterIsLeft writes to a master that has become a replica. The answer comes in every possible way.
func TestMendR25DemotedMasterIsLeft(t *testing.T) {
	d := newDemotion(t)
	const set = "return redis.call('SET', KEYS[1], 'value')"
	for _, c := range []struct {
		name   string
		before func(redis.Conn) // while the server is still a master
		write  func(redis.Conn) (any, error)
	}{
		{"Do", nil, func(c redis.Conn) (any, error) { return c.Do("SET", "key", "value") }},
		{"DoContext", nil, func(c redis.Conn) (any, error) { return redis.DoContext(c, t.Context(), "SET", "key", "value") }},
		{"DoWithTimeout", nil, func(c redis.Conn) (any, error) { return redis.DoWithTimeout(c, 0, "SET", "key", "value") }},
		{"Receive", nil, func(c redis.Conn) (any, error) {
			c.Send("SET", "key", "value")
			c.Flush()
			return c.Receive()
		}},
		{"ReceiveContext", nil, func(c redis.Conn) (any, error) {
			c.Send("SET", "key", "value")
			c.Flush()
			return redis.ReceiveContext(c, t.Context())
		}},
		{"ReceiveWithTimeout", nil, func(c redis.Conn) (any, error) {
			c.Send("SET", "key", "value")
			c.Flush()
			return redis.ReceiveWithTimeout(c, 0)
		}},
		{"among the replies of a pipeline", nil, func(c redis.Conn) (any, error) {
			c.Send("GET", "key")
			c.Send("SET", "key", "value")
			return c.Do("")
		}},
		{"ahead of an ordinary command", nil, func(c redis.Conn) (any, error) {
			c.Send("SET", "key", "value")
			return c.Do("GET", "key")
		}},
		{"not read at all", nil, func(c redis.Conn) (any, error) {
			c.Send("SET", "key", "value")
			return redis.Error("READONLY "), nil
		}},
		{"not read before the cleanup", nil, func(c redis.Conn) (any, error) {
			c.Do("SELECT", 1)
			c.Send("SET", "key", "value")
			return redis.Error("READONLY "), nil
		}},
		{"in a transaction", func(c redis.Conn) { c.Do("MULTI") },
			func(c redis.Conn) (any, error) { return c.Do("SET", "key", "value") }},
		{"EXEC", func(c redis.Conn) {
			c.Do("MULTI")
			c.Do("SET", "key", "value")
		}, func(c redis.Conn) (any, error) { return c.Do("EXEC") }},
		{"a script within EXEC", func(c redis.Conn) {
			c.Do("MULTI")
			c.Do("EVAL", set, 1, "key")
		}, func(c redis.Conn) (any, error) { return c.Do("EXEC") }},
		{"a script within EXEC, received", func(c redis.Conn) {
			c.Do("MULTI")
			c.Do("EVAL", set, 1, "key")
		}, func(c redis.Conn) (any, error) {
			c.Send("EXEC")
			c.Flush()
			return c.Receive()
		}},
		{"a script", nil, func(c redis.Conn) (any, error) { return c.Do("EVAL", set, 1, "key") }},
		{"a script that returns the error", nil, func(c redis.Conn) (any, error) {
			return c.Do("EVAL", "return redis.pcall('SET', KEYS[1], 'value')", 1, "key")
		}},
		{"a script that returns the error among other values", nil, func(c redis.Conn) (any, error) {
			return c.Do("EVAL", "return {1, {redis.pcall('SET', KEYS[1], 'value')}}", 1, "key")
		}},
		{"a script that returns the error among other values, received", nil, func(c redis.Conn) (any, error) {
			c.Send("EVAL", "return {1, {redis.pcall('SET', KEYS[1], 'value')}}", 1, "key")
			c.Flush()
			return c.Receive()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mended(t, "the connection to the demoted master is idle", func(t *testing.T, pool maker) string {
				p := pool(fields{Dial: dialTo(d.addr), MaxIdle: 1})
				defer p.Close()
				conn := get(t, p)
				if c.before != nil {
					c.before(conn)
				}
				d.demote(t)
				defer d.promote(t)
				if reply, err := c.write(conn); !strings.Contains(fmt.Sprint(reply, err), "READONLY ") {
					t.Fatalf("%v, %v; want an answer that says READONLY", reply, err)
				}
				conn.Close()
				if p.IdleCount() > 0 {
					return "the connection to the demoted master is idle"
				}
				counts(t, p, 0, 0)
				return ""
			})
		})
	}
}

// TestR25OtherErrorsCostNoConnection checks that other errors do not close the connection.
func TestR25OtherErrorsCostNoConnection(t *testing.T) {
	redistest.Both(t, func(t *testing.T, addr string) {
		kept(t, func(t *testing.T, pool maker) {
			p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
			defer p.Close()
			c := get(t, p)
			do(t, c, "SET", "key", "READONLY not")
			if _, err := c.Do("INCR", "key"); err == nil {
				t.Fatal("INCR of a word")
			}
			do(t, c, "GET", "key")
			put(t, c)
			counts(t, p, 1, 1)
		})
	})
}

// TestResetOnReadOnly returns three connections to the demoted master one after another. The first one resets the pool. The
// others must not affect connections that were dialed after the reset.
func TestResetOnReadOnly(t *testing.T) {
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprint(on), func(t *testing.T) {
			const demoted = redis.Error("READONLY You can't write against a read only replica.")
			s := stubs{answer: func(c *stub, cmd string, _ []any) any {
				if c.id <= 4 && cmd == "SET" {
					return demoted
				}
				return nil
			}}
			p := newOurs(fields{Dial: s.dial, MaxIdle: 4}, func(p *redispool.Pool) { p.ResetOnReadOnly = on }).(*redispool.Pool)
			a, b, c, unused := get(t, p), get(t, p), get(t, p), get(t, p)
			put(t, unused)
			for _, conn := range []redis.Conn{a, b, c} {
				if _, err := conn.Do("SET", "key", "value"); err != demoted {
					t.Fatal(err)
				}
			}
			put(t, a)
			if !on {
				counts(t, p, 3, 1)
				put(t, b, c)
				p.Close()
				s.settle(t)
				return
			}
			counts(t, p, 2, 0)
			fresh := get(t, p)
			do(t, fresh, "SET", "key", "value")
			put(t, fresh, b, c)
			counts(t, p, 1, 1)
			if n := p.ResourceStats().Resets; n != 1 {
				t.Errorf("%d resets, want 1", n)
			}
			p.Close()
			s.settle(t)
		})
	}
}
