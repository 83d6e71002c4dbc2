package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// errorsOf calls every method of a connection, except for Close.
func errorsOf(c redis.Conn) map[string]error {
	errs := optionalErrorsOf(c)
	errs["Err"], errs["Send"], errs["Flush"] = c.Err(), c.Send("PING"), c.Flush()
	_, errs["Do"] = c.Do("PING")
	_, errs["Receive"] = c.Receive()
	return errs
}

func optionalErrorsOf(c redis.Conn) map[string]error {
	errs := map[string]error{}
	_, errs["DoContext"] = c.(redis.ConnWithContext).DoContext(context.Background(), "PING")
	_, errs["ReceiveContext"] = c.(redis.ConnWithContext).ReceiveContext(context.Background())
	_, errs["DoWithTimeout"] = c.(redis.ConnWithTimeout).DoWithTimeout(time.Second, "PING")
	_, errs["ReceiveWithTimeout"] = c.(redis.ConnWithTimeout).ReceiveWithTimeout(time.Second)
	return errs
}

func TestKeepUseAfterClose(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1})
		c := get(t, p)
		put(t, c, c, c)
		counts(t, p, 1, 1)
		for method, err := range errorsOf(c) {
			if err == nil || err.Error() != "redigo: connection closed" {
				t.Errorf("%s: %v", method, err)
			}
		}
		wantCommands(t, s.last())
		p.Close()
		s.settle(t)
	})
}

// TestKeepErrorConn uses the connection that Get returns with an error.
func TestKeepErrorConn(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		refused := errors.New("refused")
		c := pool(fields{Dial: func() (redis.Conn, error) { return nil, refused }}).Get()
		for method, err := range errorsOf(c) {
			if err != refused {
				t.Errorf("%s: %v", method, err)
			}
		}
		put(t, c, c)
	})
}

// TestKeepOptionalInterfaces calls the optional methods of two pooled connections. Only one of them was dialed with these
// methods. The calls of the other one must return redigo's error, and their commands must count as not sent.
func TestKeepOptionalInterfaces(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{MaxIdle: 1, Dial: s.dial})
		c := get(t, p)
		for method, err := range optionalErrorsOf(c) {
			want := "redis: connection does not support ConnWithTimeout"
			if strings.HasSuffix(method, "Context") {
				want = "redis: connection does not support ConnWithContext"
			}
			if err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", method, err, want)
			}
		}
		p.Close()
		put(t, c)

		p = pool(fields{MaxIdle: 1, Dial: s.dialFull})
		c = get(t, p)
		c.Send("ECHO", "one")
		c.Send("ECHO", "two")
		for _, want := range []string{"one", "two"} {
			var reply any
			var err error
			if want == "one" {
				reply, err = redis.ReceiveContext(c, t.Context())
			} else {
				reply, err = redis.ReceiveWithTimeout(c, time.Second)
			}
			if fmt.Sprintf("%s", reply) != want || err != nil {
				t.Errorf("received %s, %v; want %s", reply, err, want)
			}
		}
		if reply, err := redis.DoContext(c, t.Context(), "PING"); reply != "PONG" || err != nil {
			t.Errorf("DoContext: %v, %v", reply, err)
		}
		if reply, err := redis.DoWithTimeout(c, time.Second, "PING"); reply != "PONG" || err != nil {
			t.Errorf("DoWithTimeout: %v, %v", reply, err)
		}
		put(t, c)
		p.Close()
		s.settle(t)
	})
}

// TestKeepUnsupportedCommandIsNotTracked checks that Close does not undo a command that was never sent.
func TestKeepUnsupportedCommandIsNotTracked(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{MaxIdle: 1, Dial: s.dial})
		c := get(t, p)
		if _, err := redis.DoContext(c, t.Context(), "MULTI"); err == nil {
			t.Error("DoContext returns no error on a connection without that method")
		}
		if _, err := redis.DoWithTimeout(c, time.Second, "MULTI"); err == nil {
			t.Error("DoWithTimeout returns no error on a connection without that method")
		}
		put(t, c)
		wantCommands(t, s.last())
		p.Close()
		s.settle(t)
	})
}

// TestKeepStaleHandleReachesNobody uses handles after their Close, while other borrowers have the connections. Each
// borrower must get only replies to its own commands.
func TestKeepStaleHandleReachesNobody(t *testing.T) {
	var s stubs
	p := newOurs(fields{Dial: s.dial, MaxIdle: 2, MaxActive: 2, Wait: true})
	stale := make(chan redis.Conn, 100)
	var borrowers, troublemakers sync.WaitGroup
	for i := range 8 {
		borrowers.Go(func() {
			for j := range 200 {
				c := p.Get()
				me := fmt.Sprint(i, " ", j)
				if reply, err := redis.String(c.Do("ECHO", me)); reply != me {
					t.Errorf("%s gets %q, %v", me, reply, err)
				}
				c.Close()
				stale <- c
			}
		})
	}
	for range 4 {
		troublemakers.Go(func() {
			for c := range stale {
				_, doing := c.Do("ECHO", "stale")
				sending := c.Send("ECHO", "stale")
				closing := c.Close()
				if doing == nil || sending == nil || closing != nil {
					t.Errorf("stale: Do %v, Send %v, Close %v", doing, sending, closing)
				}
			}
		})
	}
	borrowers.Wait()
	close(stale)
	troublemakers.Wait()
	counts(t, p, len(s.open()), len(s.open()))
	p.Close()
	s.settle(t)
}

// TestKeepCloseBesideUse closes connections while other goroutines begin to use them. A use must get a reply or an error.
// It must neither panic nor reach the next borrower's connection. redigo has a data race here.
func TestKeepCloseBesideUse(t *testing.T) {
	var s stubs
	p := newOurs(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Wait: true})
	for range 2000 {
		c := get(t, p)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if v := panicOf(func() { c.Err() }); v != nil {
					t.Errorf("panic: %v", v)
				}
			})
		}
		all.Go(func() { c.Close() })
		all.Wait()
	}
	p.Close()
	counts(t, p, 0, 0)
	s.settle(t)
}

// TestKeepSendBesideReceive sends on one goroutine and receives on another, as a redigo connection allows. It is for the
// race detector.
func TestKeepSendBesideReceive(t *testing.T) {
	redistest.Both(t, func(t *testing.T, addr string) {
		kept(t, func(t *testing.T, pool maker) {
			const n = 500
			p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
			defer p.Close()
			c := get(t, p)
			var receiver sync.WaitGroup
			receiver.Go(func() {
				for i := range n {
					if reply, err := redis.Int(c.Receive()); reply != i {
						t.Errorf("received %v, %v; want %d", reply, err, i)
					}
				}
			})
			for i := range n {
				c.Send("ECHO", i)
				c.Flush()
			}
			receiver.Wait()
			put(t, c)
			counts(t, p, 1, 1)
		})
	})
}

// TestKeepReceiveHasTheConnection sends a command before which our pool asks the server something. Another goroutine
// receives: it has not begun, it waits, or it begins while the pool asks. Two goroutines must never read from one
// connection at the same time.
func TestKeepReceiveHasTheConnection(t *testing.T) {
	script := func(t *testing.T, answer func(*stub, string, []any) any, use func(c redis.Conn, s *stub)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			s := stubs{answer: answer}
			p := newOurs(fields{Dial: s.dial, MaxIdle: 1})
			c := get(t, p)
			use(c, s.last())
			put(t, c)
			if n := s.last().overlaps.Load(); n != 0 {
				t.Errorf("two goroutines read from one connection %d times", n)
			}
			p.Close()
			s.settle(t)
		})
	}
	t.Run("waiting", func(t *testing.T) {
		script(t, nil, func(c redis.Conn, s *stub) {
			received := make(chan any)
			go func() {
				reply, _ := c.Receive()
				received <- reply
			}()
			synctest.Wait()
			if err := c.Send("SELECT", 3); err != nil {
				t.Error(err)
			}
			wantCommands(t, s, "SELECT 3")
			<-received
		})
	})
	t.Run("beginning", func(t *testing.T) {
		slow := func(_ *stub, cmd string, _ []any) any {
			if cmd == "CLIENT" {
				time.Sleep(time.Second)
				return []byte("id=1 db=0")
			}
			return nil
		}
		script(t, slow, func(c redis.Conn, s *stub) {
			received := make(chan any)
			go func() {
				time.Sleep(time.Second / 2)
				reply, _ := c.Receive()
				received <- reply
			}()
			if err := c.Send("SELECT", 3); err != nil {
				t.Error(err)
			}
			if reply := <-received; reply != "OK" {
				t.Errorf("received %v, want the reply to SELECT", reply)
			}
			wantCommands(t, s, "CLIENT INFO", "SELECT 3")
		})
	})
}
