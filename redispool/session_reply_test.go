package redispool_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// sessionServer is a server and a pool with one connection, which borrowers use one after another.
type sessionServer struct {
	*redistest.Server
	pool  pooler
	admin redis.Conn
}

func newSessionServer(t *testing.T, args ...string) *sessionServer {
	s := redistest.Start(t, args...)
	p := newOurs(fields{Dial: dialTo(s.Addr(), redis.DialReadTimeout(20*time.Second)), MaxIdle: 1, MaxActive: 1})
	t.Cleanup(func() { p.Close() })
	return &sessionServer{s, p, client(t, s.Addr())}
}

// borrow lets one borrower run a script, and checks that the next borrower finds none of its changes, on the same connection
// or a new one.
func (s *sessionServer) borrow(t *testing.T, do func(c redis.Conn), kept bool) {
	t.Helper()
	c := get(t, s.pool)
	do(c)
	c.Close()
	if n := s.pool.IdleCount(); n == 1 != kept {
		t.Errorf("%d idle connections, want kept to be %t", n, kept)
	}
	c = get(t, s.pool)
	defer c.Close()
	if got := sessionOf(t, c); got["db"] != "0" || got["name"] != "" || got["flags"] != "N" {
		t.Errorf("the next borrower finds %v", got)
	}
}

// TestSessionAfterReceive reads replies by Receive, and changes the session before and after that.
func TestSessionAfterReceive(t *testing.T) {
	s := newSessionServer(t)
	receive := func(c redis.Conn, n int) {
		c.Flush()
		for range n {
			c.Receive()
		}
	}
	for range 2 { // first on a new connection, then on a used one
		s.borrow(t, func(c redis.Conn) {
			c.Send("PING")
			receive(c, 1)
			do(t, c, "SELECT", 3)
		}, true)
		s.borrow(t, func(c redis.Conn) {
			c.Send("SELECT", 3)
			c.Send("CLIENT", "SETNAME", "me")
			c.Send("SELECT", 99)
			c.Send("CLIENT", "SETNAME", "not allowed")
			receive(c, 4)
		}, true)
		s.borrow(t, func(c redis.Conn) {
			c.Send("SELECT", 3)
			receive(c, 1)
			c.Send("SELECT", 0)
			c.Send("SELECT", "refused")
			receive(c, 1)
		}, true)
	}
}

// TestSessionAfterSubscription selects a database after a subscription has ended.
func TestSessionAfterSubscription(t *testing.T) {
	s := newSessionServer(t)
	script := func(c redis.Conn) {
		psc := redis.PubSubConn{Conn: c}
		psc.Subscribe("channel")
		psc.Receive()
		psc.Unsubscribe()
		psc.Receive()
		do(t, c, "SELECT", 3)
	}
	s.borrow(t, script, false) // the pool could not ask
	s.borrow(t, script, true)  // so it asks about the next connection in time
	s.borrow(t, func(c redis.Conn) {
		do(t, c, "WATCH", "key")
		do(t, c, "SELECT", 3)
		do(t, c, "SUBSCRIBE", "channel")
	}, true)
}

// TestSessionWhenTheQuestionIsRefused makes the server refuse CLIENT INFO for a while.
func TestSessionWhenTheQuestionIsRefused(t *testing.T) {
	t.Run("no right", func(t *testing.T) {
		s := newSessionServer(t)
		sel := func(c redis.Conn) { do(t, c, "SELECT", 3) }
		do(t, s.admin, "ACL", "SETUSER", "default", "-client|info")
		c := get(t, s.pool)
		do(t, c, "SELECT", 3)
		put(t, c)
		counts(t, s.pool, 0, 0)
		do(t, s.admin, "ACL", "SETUSER", "default", "+client|info")
		s.borrow(t, sel, true)
	})
	t.Run("busy", func(t *testing.T) {
		s := newSessionServer(t, "--busy-reply-threshold", "1")
		ended := make(chan struct{})
		busy := client(t, s.Addr())
		go func() {
			defer close(ended)
			busy.Do("EVAL", "while true do end", 0)
		}()
		for {
			if _, err := s.admin.Do("PING"); err != nil {
				break
			}
		}
		c := get(t, s.pool)
		if _, err := c.Do("SELECT", 3); err == nil || !strings.HasPrefix(err.Error(), "BUSY") {
			t.Errorf("SELECT: %v", err)
		}
		c.Close()
		counts(t, s.pool, 1, 1)
		do(t, s.admin, "SCRIPT", "KILL")
		<-ended
		s.borrow(t, func(c redis.Conn) { do(t, c, "SELECT", 3) }, true)
	})
}

// TestSessionBesideErr lets another goroutine check concurrently whether the connection is broken.
func TestSessionBesideErr(t *testing.T) {
	s := newSessionServer(t)
	for range 100 {
		s.borrow(t, func(c redis.Conn) {
			begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				for first := true; ; first = false {
					c.Err()
					if first {
						close(begun)
					}
					select {
					case <-end:
						return
					default:
					}
				}
			}()
			<-begun
			do(t, c, "SELECT", 3)
			c.Close()
			close(end)
			<-ended
		}, true)
	}
}

// TestKeepErrorOfTheFirstSelect checks that the pool's question before a SELECT does not hide the connection's error.
func TestKeepErrorOfTheFirstSelect(t *testing.T) {
	for _, cmd := range []string{"SELECT 1", "CLIENT SETNAME me", "AUTH default x", "READONLY"} {
		words := strings.Fields(cmd)
		forms := map[string]func(redis.Conn) error{
			"Do": func(c redis.Conn) error { _, err := c.Do(words[0], arguments(words[1:])...); return err },
			"DoContext": func(c redis.Conn) error {
				_, err := redis.DoContext(c, t.Context(), words[0], arguments(words[1:])...)
				return err
			},
			"Send": func(c redis.Conn) error {
				if err := c.Send(words[0], arguments(words[1:])...); err != nil {
					return err
				}
				_, err := c.Do("")
				return err
			},
		}
		for form, call := range forms {
			t.Run(cmd+"/"+form, func(t *testing.T) {
				kept(t, func(t *testing.T, pool maker) {
					testFirstError(t, pool, call)
				})
			})
		}
	}
}

func testFirstError(t *testing.T, pool maker, call func(redis.Conn) error) {
	gone := turnAway(t, "")
	refusing := turnAway(t, "-ERR max number of clients reached\r\n")
	silent := turnAway(t, "silence")
	of := func(addr string, timeout time.Duration) error {
		p := pool(fields{Dial: dialTo(addr, redis.DialReadTimeout(timeout)), MaxIdle: 1})
		defer p.Close()
		c := get(t, p)
		err := call(c)
		c.Close()
		if isOurs(p) {
			counts(t, p, 0, 0)
		}
		return err
	}
	var broken *net.OpError // reset, or a broken pipe
	if err := of(gone, time.Minute); !errors.Is(err, io.EOF) && (!errors.As(err, &broken) || broken.Timeout()) {
		t.Errorf("the server has closed the connection: %v", err)
	}
	var timeout net.Error
	if err := of(silent, 10*time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the server does not answer: %v", err)
	}
	if err := of(refusing, time.Minute); fmt.Sprint(err) != "ERR max number of clients reached" && err != nil {
		t.Errorf("the server refuses the client: %v", err)
	}
}

// turnAway starts a server that reads one command of each client, answers with farewell and closes the connection. With the
// farewell "silence" it answers nothing, and the connection stays open.
func turnAway(t *testing.T, farewell string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
			if farewell == "silence" {
				continue
			}
			readCommand(bufio.NewReader(c))
			io.WriteString(c, farewell)
			c.Close()
		}
		for _, c := range open {
			c.Close()
		}
	}()
	return l.Addr().String()
}

func readCommand(r *bufio.Reader) {
	var n int
	fmt.Fscanf(r, "*%d\r\n", &n)
	for range 2 * n {
		r.ReadString('\n')
	}
}

// TestSessionDatabaseIsReadOnce changes the value that Database points to while the pool is in use.
func TestSessionDatabaseIsReadOnce(t *testing.T) {
	var s stubs
	db := 2
	p := newOurs(fields{Dial: s.dial, MaxIdle: 1}, func(p *redispool.Pool) { p.Database = &db })
	put(t, get(t, p))
	p.(*redispool.Pool).Reset()
	db = 5
	c := get(t, p)
	do(t, c, "SELECT", 3)
	s.last().commands()
	put(t, c)
	wantCommands(t, s.last(), "SELECT 2")
	p.Close()
	s.settle(t)
}

// TestSessionWhatWasSentArrives returns a connection that cannot be kept, with commands that were sent but not flushed.
func TestSessionWhatWasSentArrives(t *testing.T) {
	s := newSessionServer(t)
	c := get(t, s.pool)
	do(t, c, "HELLO", 2, "SETNAME", "me") // after this the pool closes the connection
	c.Send("RPUSH", "list", "sent")
	c.Close()
	counts(t, s.pool, 0, 0)
	reply, err := redis.Strings(s.admin.Do("BLPOP", "list", 5))
	if len(reply) != 2 || reply[1] != "sent" {
		t.Errorf("the sent command has not arrived: %q, %v", reply, err)
	}
}

// deafStub does not notice that it was closed.
type deafStub struct{ *stub }

func (deafStub) Err() error { return nil }

// TestSessionTooLateIsNotKept restores a session, but later than CleanupTimeout.
func TestSessionTooLateIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stubs{answer: func(_ *stub, cmd string, args []any) any {
			if cmd == "UNWATCH" {
				time.Sleep(4 * time.Second)
			}
			return nil
		}}
		p := newOurs(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) {
			c, err := s.plain()
			return deafStub{c}, err
		}})
		c := get(t, p)
		do(t, c, "WATCH", "key")
		c.Close()
		counts(t, p, 0, 0)
		p.Close()
		s.settle(t)
	})
}

// TestSessionSentinelEndsASubscription sends another reply of the sentinel's type first, and more replies than commands.
func TestSessionSentinelEndsASubscription(t *testing.T) {
	s := newSessionServer(t)
	s.borrow(t, func(c redis.Conn) {
		c.Send("ECHO", "not the end")
		c.Send("SUBSCRIBE", "channel", "another")
	}, true)
	c := get(t, s.pool)
	defer c.Close()
	if reply, err := redis.String(c.Do("ECHO", "mine")); reply != "mine" {
		t.Errorf("the next borrower gets %q, %v", reply, err)
	}
}
