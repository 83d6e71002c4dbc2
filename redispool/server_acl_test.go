package redispool_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// closings are commands after which a server closes connections of the user "app". The server answers first. Then an idle
// connection shows no error until somebody uses it.
var closings = map[string]func(c redis.Conn) error{
	"DELUSER": func(c redis.Conn) error {
		_, err := c.Do("ACL", "DELUSER", "app")
		return err
	},
	"DELUSER, in other words": func(c redis.Conn) error {
		_, err := c.Do("acl", []byte("DelUser"), "nobody", "app")
		return err
	},
	"DELUSER, sent": func(c redis.Conn) error {
		c.Send("ACL", "DELUSER", "app")
		return c.Flush()
	},
	"DELUSER, sent and received": func(c redis.Conn) error {
		c.Send("PING")
		c.Send("ACL", "DELUSER", "app")
		c.Flush()
		c.Receive()
		_, err := c.Receive()
		return err
	},
	"DELUSER, in a pipeline": func(c redis.Conn) error {
		c.Send("ACL", "DELUSER", "app")
		_, err := c.Do("")
		return err
	},
	"DELUSER, in a transaction": func(c redis.Conn) error {
		c.Send("MULTI")
		c.Send("ACL", "DELUSER", "app")
		_, err := c.Do("EXEC")
		return err
	},
	"LOAD": func(c redis.Conn) error {
		_, err := c.Do("ACL", "LOAD")
		return err
	},
	"CLIENT KILL": func(c redis.Conn) error {
		_, err := c.Do("CLIENT", "KILL", "USER", "app", "SKIPME", "no")
		return err
	},
}

// startWithUser starts a server with the user "app", whom ACL LOAD removes.
func startWithUser(t *testing.T) *redistest.Server {
	t.Helper()
	users := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(users, []byte("user default on nopass ~* &* +@all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := redistest.Start(t, "--aclfile", users)
	addUser(t, s)
	return s
}

func addUser(t *testing.T, s *redistest.Server) {
	t.Helper()
	do(t, client(t, s.Addr()), "ACL", "SETUSER", "app", "on", "nopass", "~*", "&*", "+@all")
}

// dialAsUser returns a Dial as the user "app", or as the default user when there is no such user.
func dialAsUser(s *redistest.Server, dials *atomic.Int64) func() (redis.Conn, error) {
	return func() (redis.Conn, error) {
		dials.Add(1)
		if c, err := redis.Dial("tcp", s.Addr(), redis.DialUsername("app"), redis.DialPassword("any")); err == nil {
			return c, nil
		}
		return redis.Dial("tcp", s.Addr())
	}
}

// TestServerClosesConnectionsOfAUser has one borrower run such a command. Then others get the connections that were
// idle, and at last the one that ran the command.
func TestServerClosesConnectionsOfAUser(t *testing.T) {
	s := startWithUser(t)
	for name, closes := range closings {
		for _, keep := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				addUser(t, s)
				var dials atomic.Int64
				p := &redispool.Pool{MaxIdle: 4, KeepSession: keep, Dial: dialAsUser(s, &dials)}
				defer p.Close()
				first, others := get(t, p), []redis.Conn{get(t, p), get(t, p), get(t, p)}
				put(t, others...)
				if err := closes(first); err != nil {
					t.Fatal(err)
				}
				if name == "DELUSER, sent" { // only the return of the connection reads the reply
					first.Close()
				}
				served(t, p, "while the command's connection is out")
				first.Close()
				served(t, p, "after its return")
			})
		}
	}
}

// served lets four borrowers at a time use connections of a pool.
func served(t *testing.T, p *redispool.Pool, when string) {
	t.Helper()
	var out []redis.Conn
	for range 4 {
		c := get(t, p)
		out = append(out, c)
		if _, err := c.Do("PING"); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	put(t, out...)
}

// TestServerClosesSharedConnections is the same for connections that callers share.
func TestServerClosesSharedConnections(t *testing.T) {
	s := startWithUser(t)
	for name, closes := range closings {
		t.Run(name, func(t *testing.T) {
			addUser(t, s)
			var dials atomic.Int64
			p := &redispool.Pool{MaxIdle: 4, Share: 2, Dial: dialAsUser(s, &dials)}
			defer p.Close()
			shared := get(t, p)
			defer shared.Close()
			do(t, shared, "GET", "key")
			c := get(t, p)
			if err := closes(c); err != nil {
				t.Fatal(err)
			}
			if name == "DELUSER, sent" {
				c.Close()
			}
			do(t, shared, "GET", "key")
			c.Close()
			do(t, get(t, p), "GET", "key")
		})
	}
}

// TestClosingOneConnectionKeepsTheOthers kills one of several idle connections. A borrower finds it, and the pool keeps the
// others.
func TestClosingOneConnectionKeepsTheOthers(t *testing.T) {
	s := startWithUser(t)
	var dials atomic.Int64
	p := &redispool.Pool{MaxIdle: 4, Dial: dialAsUser(s, &dials)}
	defer p.Close()
	killer, others := get(t, p), []redis.Conn{get(t, p), get(t, p), get(t, p)}
	victim := do(t, others[2], "CLIENT", "ID")
	put(t, others...) // the victim is the next one to be lent
	do(t, killer, "CLIENT", "KILL", "ID", victim)
	put(t, killer)
	served(t, p, "after one was killed")
	if n := dials.Load(); n != 5 {
		t.Errorf("%d dials, want 5: one for the connection that was killed", n)
	}
}

// TestServerClosesConnectionsAtExec lends the other connection between a transaction's command,
// which is only queued, and its EXEC.
func TestServerClosesConnectionsAtExec(t *testing.T) {
	s := startWithUser(t)
	var dials atomic.Int64
	p := &redispool.Pool{MaxIdle: 2, Dial: dialAsUser(s, &dials)}
	defer p.Close()
	c, other := get(t, p), get(t, p)
	put(t, other)
	do(t, c, "MULTI")
	do(t, c, "ACL", "DELUSER", "app")
	other = get(t, p)
	do(t, other, "PING")
	put(t, other)
	do(t, c, "EXEC")
	do(t, get(t, p), "PING")
	c.Close()
}

// losing loses the reply to ACL. It calls before first.
type losing struct {
	redis.Conn
	before func()
}

func (c *losing) Do(cmd string, args ...any) (any, error) {
	if cmd != "ACL" {
		return c.Conn.Do(cmd, args...)
	}
	c.before()
	c.Conn.Do(cmd, args...)
	c.Conn.Close()
	return nil, c.Conn.Err()
}

// TestServerClosesConnectionsUnheard loses the reply to the command. The other connection was lent while the command
// was on its way, so the server has confirmed it too early.
func TestServerClosesConnectionsUnheard(t *testing.T) {
	s := startWithUser(t)
	var dials atomic.Int64
	p := &redispool.Pool{MaxIdle: 2}
	dial := dialAsUser(s, &dials)
	p.Dial = func() (redis.Conn, error) {
		c, err := dial()
		return &losing{c, func() {
			other := get(t, p)
			do(t, other, "PING")
			put(t, other)
		}}, err
	}
	defer p.Close()
	c, other := get(t, p), get(t, p)
	put(t, other)
	if _, err := c.Do("ACL", "DELUSER", "app"); err == nil {
		t.Error("no error")
	}
	c.Close()
	do(t, get(t, p), "PING")
}
