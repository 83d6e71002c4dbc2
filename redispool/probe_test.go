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

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// ifIdleForAMinute is the test from redigo's documentation.
func ifIdleForAMinute(c redis.Conn, t time.Time) error {
	if time.Since(t) < time.Minute {
		return nil
	}
	_, err := c.Do("PING")
	return err
}

// TestKeepTestSeesTheConnection checks that a test gets the optional interfaces that the connection has, and no others.
func TestKeepTestSeesTheConnection(t *testing.T) {
	for want, face := range map[string]func(*stub) redis.Conn{
		"false false": func(c *stub) redis.Conn { return c },
		"true true":   func(c *stub) redis.Conn { return fullStub{c} },
		"true false":  func(c *stub) redis.Conn { return struct{ redis.ConnWithTimeout }{fullStub{c}} },
		"false true":  func(c *stub) redis.Conn { return struct{ redis.ConnWithContext }{fullStub{c}} },
	} {
		t.Run(want, func(t *testing.T) {
			kept(t, func(t *testing.T, pool maker) {
				var s stubs
				got := ""
				p := pool(fields{MaxIdle: 1,
					Dial: func() (redis.Conn, error) { c, err := s.plain(); return face(c), err },
					TestOnBorrow: func(c redis.Conn, _ time.Time) error {
						timeout, isTimeout := c.(redis.ConnWithTimeout)
						ctx, isContext := c.(redis.ConnWithContext)
						got = fmt.Sprint(isTimeout, isContext)
						err := c.Err()
						if isTimeout {
							_, e := timeout.DoWithTimeout(time.Second, "PING")
							c.Send("PING")
							c.Flush()
							_, f := timeout.ReceiveWithTimeout(time.Second)
							err = errors.Join(err, e, f)
						}
						if isContext {
							_, e := ctx.DoContext(context.Background(), "PING")
							c.Send("PING")
							c.Flush()
							_, f := ctx.ReceiveContext(context.Background())
							err = errors.Join(err, e, f)
						}
						return err
					}})
				idle(t, p, 1)
				put(t, get(t, p))
				if got != want {
					t.Errorf("a test sees ConnWithTimeout and ConnWithContext: %s", got)
				}
				if n := s.dialed.Load(); n != 1 {
					t.Errorf("%d dials: the test has failed", n)
				}
				p.Close()
				s.settle(t)
			})
		})
	}
}

// TestConnOfATestIsForTheTest keeps the connection that a test got. It uses the connection after the test, and while the
// next test runs.
func TestConnOfATestIsForTheTest(t *testing.T) {
	for name, use := range map[string]func(redis.Conn) error{
		"used":   func(c redis.Conn) error { _, err := c.Do("PING"); return err },
		"unused": func(redis.Conn) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			var given []redis.Conn
			var during error
			p := &redispool.Pool{MaxIdle: 1, Dial: s.dial, TestOnBorrow: func(c redis.Conn, _ time.Time) error {
				if len(given) > 0 {
					_, during = given[0].Do("GET", "during")
				}
				given = append(given, c)
				return use(c)
			}}
			idle(t, p, 1)
			c := get(t, p)
			s.last().commands()
			kept := given[0]
			_, err := kept.Do("GET", "after")
			_, ex := kept.Receive()
			for _, e := range []error{err, ex, kept.Send("GET"), kept.Flush(), kept.Close(), kept.Err(), kept.(interface{ Unwrap() redis.Conn }).Unwrap().Err()} {
				if e == nil {
					t.Error("a call after the test has no error")
				}
			}
			put(t, c)
			put(t, get(t, p))
			if during == nil {
				t.Error("the connection of one test reaches the connection of the next test")
			}
			for _, sent := range s.last().commands() {
				if sent != "PING" {
					t.Errorf("sent: %s", sent)
				}
			}
			p.Close()
			s.settle(t)
		})
	}
}

// TestMendR14bTestKeepsItsConnection lets a test keep its connection, as a mistake with a variable does. Another goroutine
// uses it while the pool has lent it.
func TestMendR14bTestKeepsItsConnection(t *testing.T) {
	mended(t, "it reaches the borrower's connection", func(t *testing.T, pool maker) (fault string) {
		var s stubs
		var kept redis.Conn
		p := pool(fields{Dial: s.dial, MaxIdle: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error { kept = c; return nil }})
		idle(t, p, 1)
		c := get(t, p)
		if _, err := kept.Do("PING"); err == nil {
			fault = "it reaches the borrower's connection"
		}
		put(t, c)
		p.Close()
		s.settle(t)
		return fault
	})
}

// TestPanickedTestKeepsNothing lets a test keep its connection and panic. No call of it may reach the connection, which the
// pool has closed.
func TestPanickedTestKeepsNothing(t *testing.T) {
	var s stubs
	var kept redis.Conn
	p := &redispool.Pool{MaxIdle: 1, Dial: s.dial, TestOnBorrow: func(c redis.Conn, _ time.Time) error {
		kept = c
		panic("a test")
	}}
	idle(t, p, 1)
	first := s.last()
	func() {
		defer func() { recover() }()
		p.Get()
	}()
	before := len(first.commands())
	if _, err := kept.Do("PING"); err == nil || !strings.Contains(err.Error(), "the test that was given this connection is over") ||
		len(first.commands()) != before || first.closeCount() != 1 {
		t.Errorf("error %v, commands %v, closed %d times", err, first.commands(), first.closeCount())
	}
	p.Close()
	s.settle(t)
}

// TestUnwrapInATest checks Unwrap, for tests that need the type of their connection.
func TestUnwrapInATest(t *testing.T) {
	var s stubs
	var got redis.Conn
	p := &redispool.Pool{MaxIdle: 1, Dial: s.dial, TestOnBorrow: func(c redis.Conn, _ time.Time) error { got = bare(c); return nil }}
	idle(t, p, 1)
	put(t, get(t, p))
	if got != s.last() {
		t.Errorf("unwrapped is %v", got)
	}
	p.Close()
	s.settle(t)
}

// TestMendR15bSilentServerInATest lets a test wait for an answer that does not come, without using the borrower's context.
func TestMendR15bSilentServerInATest(t *testing.T) {
	ping := func(c redis.Conn) error { _, err := c.Do("PING"); return err }
	swallows := func(c redis.Conn) error { c.Send("PING"); c.Flush(); c.Receive(); return nil }
	for name, f := range map[string]fields{
		"TestOnBorrow":           {TestOnBorrow: func(c redis.Conn, _ time.Time) error { return ping(c) }},
		"TestOnBorrow, Wait":     {MaxActive: 1, Wait: true, TestOnBorrow: func(c redis.Conn, _ time.Time) error { return ping(c) }},
		"TestOnBorrowContext":    {TestOnBorrowContext: func(_ context.Context, c redis.Conn, _ time.Time) error { return ping(c) }},
		"a test that says it is": {TestOnBorrow: func(c redis.Conn, _ time.Time) error { return swallows(c) }},
		"a test that sleeps":     {TestOnBorrow: func(redis.Conn, time.Time) error { time.Sleep(time.Hour); return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			mendedInBubble(t, "context deadline exceeded is not the answer after 1s", func(t *testing.T, pool maker) (fault string) {
				s := stubs{answer: func(c *stub, _ string, _ []any) any { <-c.closed; return errors.New("closed") }}
				f.Dial, f.MaxIdle = s.dial, 1
				p := pool(f)
				idle(t, p, 1)
				first := s.last()
				time.AfterFunc(time.Hour, func() { first.Close() }) // otherwise redigo would wait forever
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				c, err := p.GetContext(ctx)
				if took := time.Since(begin); err != context.DeadlineExceeded || took != time.Second {
					fault = "context deadline exceeded is not the answer after 1s"
				}
				c.Close()
				synctest.Wait()
				if first.closeCount() == 0 {
					t.Error("the connection is not closed")
				}
				p.Close()
				time.Sleep(time.Hour)
				synctest.Wait()
				return fault
			})
		})
	}
}

// TestTestThatWasQuick checks that a quick test runs on its borrower's goroutine, until a context ends during a test.
func TestTestThatWasQuick(t *testing.T) {
	var s stubs
	var takes time.Duration
	var used error
	p := &redispool.Pool{MaxIdle: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error {
		time.Sleep(takes)
		_, used = c.Do("PING")
		return nil
	}}
	inBubble(t, &s, p, func(t *testing.T) {
		get := func(want error, after time.Duration) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin := time.Now()
			c, err := p.GetContext(ctx)
			if took := time.Since(begin); err != want || took != after {
				t.Errorf("got %v after %v, want %v after %v", err, took, want, after)
			}
			c.Close()
		}
		idle(t, p, 1)
		get(nil, 0)
		takes = time.Minute
		get(context.DeadlineExceeded, time.Minute) // the pool still takes the test to be quick
		idle(t, p, 1)
		get(context.DeadlineExceeded, time.Second)
		time.Sleep(time.Hour)
		synctest.Wait()
		if used == nil {
			t.Error("a test has used its connection after its borrower left")
		}
		takes = 0
		idle(t, p, 1)
		get(nil, 0)
	})
}

// TestTestThatIsNotDone returns while another of its goroutines waits for a reply.
func TestTestThatIsNotDone(t *testing.T) {
	for _, ends := range []bool{false, true} {
		var s stubs
		silent := false
		s.answer = func(c *stub, _ string, _ []any) any {
			if silent {
				<-c.closed
				return errors.New("closed")
			}
			return nil
		}
		var others sync.WaitGroup
		p := &redispool.Pool{MaxIdle: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error {
			silent = true
			others.Go(func() { c.Do("PING") })
			synctest.Wait()
			silent = false
			return nil
		}}
		inBubble(t, &s, p, func(t *testing.T) {
			idle(t, p, 1)
			first := s.last()
			ctx := context.Background()
			if ends {
				var cancel context.CancelFunc
				ctx, cancel = context.WithCancel(ctx)
				defer cancel()
			}
			c, err := p.GetContext(ctx)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // another goroutine closes the connection
			if first.closeCount() != 1 || s.dialed.Load() != 2 {
				t.Error("a connection was lent while another goroutine read from it")
			}
			others.Wait()
			put(t, c)
		})
	}
}

// TestBrokenInItsTest runs a test that accepts a connection that it has closed.
func TestBrokenInItsTest(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error { return c.Close() }}
	inBubble(t, &s, p, func(t *testing.T) {
		idle(t, p, 1)
		c := get(t, p)
		do(t, c, "PING")
		put(t, c)
	})
}

// TestPanicInATestsCommand checks that a panic of a command reaches the borrower, whatever goroutine the command runs on.
func TestPanicInATestsCommand(t *testing.T) {
	for name, ctx := range map[string]func(*testing.T) (context.Context, context.CancelFunc){
		"background": func(*testing.T) (context.Context, context.CancelFunc) { return context.Background(), func() {} },
		"can end":    func(t *testing.T) (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			s := stubs{answer: func(*stub, string, []any) any { panic("in Do") }}
			p := &redispool.Pool{Dial: s.dial, MaxIdle: 1, MaxActive: 1,
				TestOnBorrow: func(c redis.Conn, _ time.Time) error { _, err := c.Do("PING"); return err }}
			idle(t, p, 1)
			ctx, cancel := ctx(t)
			defer cancel()
			v := panicOf(func() { p.GetContext(ctx) })
			if e, ok := v.(*resource.PanicError); ok != (ctx.Done() != nil) {
				t.Errorf("panic: %v", v)
			} else if ok {
				v = e.Value
			}
			if v != "in Do" {
				t.Errorf("panic: %v", v)
			}
			counts(t, p, 0, 0)
			put(t, get(t, p))
			p.Close()
			s.settle(t)
		})
	}
}

// TestTestThatDoesNotUseItsConnection checks that such a test costs neither an allocation nor a round trip, in Get and in
// Close.
func TestTestThatDoesNotUseItsConnection(t *testing.T) {
	for name, p := range map[string]*redispool.Pool{
		"TestOnBorrow": {TestOnBorrow: ifIdleForAMinute},
		"TestOnBorrowContext": {TestOnBorrowContext: func(_ context.Context, c redis.Conn, t time.Time) error {
			return ifIdleForAMinute(c, t)
		}},
		"TestIdleAfter": {TestOnBorrow: ifIdleForAMinute, TestIdleAfter: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			p.Dial, p.MaxIdle = s.dial, 1
			put(t, get(t, p))
			trips := s.last().tripCount()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := testing.AllocsPerRun(1000, func() {
				c, _ := p.GetContext(ctx)
				c.Close()
			})
			if got > 0 {
				t.Errorf("%v allocations", got)
			}
			if n := s.last().tripCount() - trips; n != 0 {
				t.Errorf("%d round trips", n)
			}
			p.Close()
			s.settle(t)
		})
	}
}

// TestTestIdleAfter leaves a connection idle for just less than the time, and for just as long.
func TestTestIdleAfter(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, time.Second, time.Minute, 24 * time.Hour} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			var s stubs
			tests := 0
			var idleFor time.Duration
			var outcome error
			p := &redispool.Pool{MaxIdle: 2, TestIdleAfter: after,
				TestOnBorrow: func(_ redis.Conn, lastUsed time.Time) error { tests++; idleFor = time.Since(lastUsed); return outcome }}
			inBubble(t, &s, p, func(t *testing.T) {
				look := func(step string, want int) {
					t.Helper()
					if tests != want {
						t.Errorf("%s: %d tests, want %d", step, tests, want)
					}
					tests = 0
				}
				idle(t, p, 1)
				time.Sleep(after - 1)
				put(t, get(t, p))
				look("before its time", 0)
				time.Sleep(after)
				put(t, get(t, p))
				look("in time", 1)
				if idleFor != after {
					t.Errorf("the connection was idle for %v, the test gets %v", after, idleFor)
				}
				for range 1000 {
					put(t, get(t, p))
				}
				look("at once", 0)
				time.Sleep(after)
				outcome = errors.New("broken")
				put(t, get(t, p))
				look("one that fails", 1)
				if n := s.dialed.Load(); n != 2 {
					t.Errorf("%d dials", n)
				}
			})
		})
	}
}

// TestFarewellInItsTest has a test that ignores the reply with which the server ends a connection.
func TestFarewellInItsTest(t *testing.T) {
	for how, ping := range map[string]func(c redis.Conn){
		"Do": func(c redis.Conn) { c.Do("PING") },
		"Receive": func(c redis.Conn) {
			c.Send("PING")
			c.Flush()
			c.Receive()
		},
		"DoContext":     func(c redis.Conn) { redis.DoContext(c, context.Background(), "PING") },
		"DoWithTimeout": func(c redis.Conn) { redis.DoWithTimeout(c, time.Second, "PING") },
	} {
		t.Run(how, func(t *testing.T) {
			s := stubs{answer: func(c *stub, cmd string, _ []any) any {
				if c.id == 1 && cmd == "PING" {
					return redis.Error("ERR max number of clients reached")
				}
				return "OK"
			}}
			p := newOurs(fields{Dial: s.dialFull, MaxIdle: 1, MaxActive: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error {
				ping(c)
				return nil
			}})
			idle(t, p, 1)
			put(t, get(t, p))
			if n := s.dialed.Load(); n != 2 {
				t.Errorf("%d dials, want another one in the place of the first", n)
			}
			p.Close()
			s.settle(t)
		})
	}
}
