package redispool_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestServerFarewells makes a real server send the replies that end a connection or make it unusable. The next borrower must
// be served.
func TestServerFarewells(t *testing.T) {
	for name, script := range map[string]func(t *testing.T, s *redistest.Server, admin, c redis.Conn) error{
		"UNBLOCKED force unblock": func(t *testing.T, s *redistest.Server, admin, c redis.Conn) error {
			c.Send("BLPOP", "nothing", 0)
			c.Flush()
			blocked(t, admin)
			do(t, admin, "REPLICAOF", "127.0.0.1", "1")
			_, err := c.Receive()
			return err
		},
		"MASTERDOWN": func(t *testing.T, s *redistest.Server, admin, c redis.Conn) error {
			do(t, admin, "CONFIG", "SET", "replica-serve-stale-data", "no")
			do(t, admin, "REPLICAOF", "127.0.0.1", "1")
			_, err := c.Do("GET", "key")
			do(t, admin, "REPLICAOF", "NO", "ONE")
			return err
		},
		"UNBLOCKED client": func(t *testing.T, s *redistest.Server, admin, c redis.Conn) error {
			id := do(t, c, "CLIENT", "ID")
			c.Send("BLPOP", "nothing", 0)
			c.Flush()
			blocked(t, admin)
			do(t, admin, "CLIENT", "UNBLOCK", id, "ERROR")
			_, err := c.Receive()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t)
			admin := client(t, s.Addr())
			p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1})
			defer p.Close()
			c := get(t, p)
			if err := script(t, s, admin, c); err == nil || !strings.HasPrefix(err.Error(), name) {
				t.Fatalf("%v, want %s", err, name)
			}
			c.Close()
			c = get(t, p)
			do(t, c, "PING")
			put(t, c)
		})
	}
}

// TestServerKillsItsCaller makes a server close the connection that has sent the command. The reply is a success.
func TestServerKillsItsCaller(t *testing.T) {
	s := redistest.Start(t)
	for name, kill := range map[string]func(c redis.Conn) error{
		"Do": func(c redis.Conn) error {
			_, err := c.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
			return err
		},
		"Do, in lower case": func(c redis.Conn) error {
			_, err := c.Do("client", []byte("kill"), "type", "normal", "skipme", "no")
			return err
		},
		"Send": func(c redis.Conn) error { return c.Send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no") },
		"Send and Receive": func(c redis.Conn) error {
			c.Send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
			c.Flush()
			_, err := c.Receive()
			return err
		},
		"transaction": func(c redis.Conn) error {
			c.Send("MULTI")
			c.Send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
			_, err := c.Do("EXEC")
			return err
		},
	} {
		for _, keep := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, KeepSession %v", name, keep), func(t *testing.T) {
				p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1}, func(p *redispool.Pool) { p.KeepSession = keep })
				defer p.Close()
				c := get(t, p)
				if err := kill(c); err != nil {
					t.Fatal(err)
				}
				c.Close()
				c = get(t, p)
				do(t, c, "PING")
				put(t, c)
			})
		}
	}
}

// blocked waits until a client of the server is blocked.
func blocked(t *testing.T, admin redis.Conn) {
	t.Helper()
	for {
		info, err := redis.String(admin.Do("INFO", "clients"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(info, "blocked_clients:1") {
			return
		}
	}
}

// TestServerFull uses a server without room for the pool. The pool must not keep connections that the server refuses, nor
// count them for MinIdle.
func TestServerFull(t *testing.T) {
	s := redistest.Start(t, "--maxclients", "2")
	admin := client(t, s.Addr())
	do(t, admin, "PING")
	hog := client(t, s.Addr())
	do(t, hog, "PING")
	p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 2}, func(p *redispool.Pool) { p.MinIdle = 2 }).(*redispool.Pool)
	defer p.Close()
	c := get(t, p)
	if _, err := c.Do("PING"); err == nil {
		t.Fatal("the server is not full")
	}
	c.Close()
	for p.ResourceStats().OpenFailed < 1 {
		p.ResourceStats()
	}
	if n := p.IdleCount(); n != 0 {
		t.Errorf("%d connections are idle although the server has refused them", n)
	}
	do(t, hog, "QUIT")
	for { // until the server has noticed the closed connections
		c := get(t, p)
		_, err := c.Do("PING")
		c.Close()
		if err == nil {
			break
		}
	}
}

// TestServerKilled restarts the server while connections are idle, with a test and with MinIdle.
func TestServerKilled(t *testing.T) {
	s := redistest.Start(t)
	p := newOurs(fields{Dial: dialTo(s.Addr()), TestOnBorrowContext: redispool.TestPing(0), MaxIdle: 3},
		func(p *redispool.Pool) { p.MinIdle = 3 }).(*redispool.Pool)
	defer p.Close()
	put(t, get(t, p))
	for p.IdleCount() < 3 {
	}
	s.Stop()
	if _, err := p.GetContext(t.Context()); err == nil {
		t.Error("a connection to a server that is down")
	}
	s.Restart()
	for range 5 {
		c := get(t, p)
		do(t, c, "PING")
		put(t, c)
	}
}

// TestServerStopped uses a server that does not answer: a command must fail at the read timeout, and the pool must go on
// when the server answers again.
func TestServerStopped(t *testing.T) {
	s := redistest.Start(t)
	dial := func() (redis.Conn, error) {
		return redis.Dial("tcp", s.Addr(), redis.DialReadTimeout(50*time.Millisecond))
	}
	p := newOurs(fields{Dial: dial, MaxIdle: 1})
	defer p.Close()
	idle(t, p, 1)
	s.Pause()
	c := get(t, p)
	if _, err := c.Do("PING"); err == nil {
		t.Error("a stopped server has answered")
	}
	c.Close()
	counts(t, p, 0, 0)
	s.Resume()
	for {
		c := get(t, p)
		_, err := c.Do("PING")
		c.Close()
		if err == nil {
			break
		}
	}
	counts(t, p, 1, 1)
}

// TestServerPasswordChanged checks that the pool keeps no connection that is no longer authenticated. Dial has the old
// password.
func TestServerPasswordChanged(t *testing.T) {
	s := redistest.Start(t)
	admin := client(t, s.Addr())
	p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 2})
	defer p.Close()
	do(t, admin, "CONFIG", "SET", "requirepass", "secret")
	c := get(t, p)
	if _, err := c.Do("GET", "key"); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Fatal(err)
	}
	c.Close()
	counts(t, p, 0, 0)
	// A borrower that authenticates leaves a good connection.
	c = get(t, p)
	c.Do("GET", "key")
	do(t, c, "AUTH", "secret")
	c.Close()
	if n := p.IdleCount(); n > 1 {
		t.Errorf("%d idle", n)
	}
	do(t, admin, "CONFIG", "SET", "requirepass", "")
}

// TestServerDemoted writes to a demoted master for a while. The pool must reset once, not once for each write.
func TestServerDemoted(t *testing.T) {
	d := newDemotion(t)
	d.demote(t)
	p := newOurs(fields{Dial: dialTo(d.addr), MaxIdle: 3}, func(p *redispool.Pool) { p.ResetOnReadOnly = true }).(*redispool.Pool)
	defer p.Close()
	for range 200 {
		c := get(t, p)
		if _, err := c.Do("SET", "key", "value"); err == nil || !strings.HasPrefix(err.Error(), "READONLY") {
			t.Fatal(err)
		}
		c.Close()
		c = get(t, p)
		do(t, c, "GET", "key")
		put(t, c)
	}
	if st := p.ResourceStats(); st.Resets < 1 || st.Resets > 20 || st.Opened > 40 {
		t.Errorf("%d resets and %d dials for 200 writes", st.Resets, st.Opened)
	}
}

// TestQuotedInputIsNoDemotion makes a server quote a user's input in its error.
func TestQuotedInputIsNoDemotion(t *testing.T) {
	s := redistest.Start(t)
	p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1}, func(p *redispool.Pool) { p.ResetOnReadOnly = true }).(*redispool.Pool)
	defer p.Close()
	c := get(t, p)
	for _, typed := range []string{"mode-READONLY on", "READONLY ", ": -READONLY ", "NOAUTH "} {
		c.Do("NOSUCH", typed)
		c.Do("EVAL", "error(ARGV[1])", 0, typed)
	}
	put(t, c)
	counts(t, p, 1, 1)
	if n := p.ResourceStats().Resets; n != 0 {
		t.Errorf("%d resets", n)
	}
}
