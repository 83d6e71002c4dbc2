package redispool_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
	"github.com/respool/respool/resource"
)

// TestMendR3PanicInDialCostsNoPlace recovers from a panic of Dial, as an HTTP server does, and goes on.
func TestMendR3PanicInDialCostsNoPlace(t *testing.T) {
	for _, c := range []struct {
		name   string
		wait   bool
		ctx    bool // DialContext instead of Dial
		ending bool // the caller's context can end
	}{
		{"Dial", false, false, false},
		{"Dial beside a context", false, false, true},
		{"DialContext", false, true, true},
		{"Dial with Wait", true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault := "the next Get: redigo: connection pool exhausted"
			if c.wait {
				fault = "the next Get: context deadline exceeded"
			}
			mendedInBubble(t, fault, func(t *testing.T, pool maker) string {
				panicking := true
				s := stubs{refuse: func() error {
					if panicking {
						panic("in Dial")
					}
					return nil
				}}
				f := fields{Dial: s.dial, MaxActive: 1, MaxIdle: 1, Wait: c.wait}
				if c.ctx {
					f.Dial, f.DialContext = nil, s.dialContext
				}
				p := pool(f)
				ctx := context.Background()
				if c.ending {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Minute)
					defer cancel()
				}
				v := panicOf(func() { p.GetContext(ctx) })
				if passed, ok := v.(*resource.PanicError); ok { // from the goroutine of Dial
					v = passed.Value
				}
				if v != "in Dial" {
					t.Errorf("the panic became %v", v)
				}
				panicking = false
				again, err := p.GetContext(ctx)
				if err != nil {
					return fmt.Sprint("the next Get: ", err)
				}
				put(t, again)
				p.Close()
				s.settle(t)
				return ""
			})
		})
	}
}

// TestMendR4PanicInUserCodeIsSettled lets the user's code panic while the pool has a connection in its hands.
func TestMendR4PanicInUserCodeIsSettled(t *testing.T) {
	const lost = "the place is lost: 1 active"
	const open = lost + ", and the connection open"
	script := func(t *testing.T, p pooler, s *stubs, f func()) string {
		if v := panicOf(f); v != "stub" {
			t.Errorf("the panic became %v", v)
		}
		var fault string
		if n := p.ActiveCount(); n != 0 {
			fault = fmt.Sprintf("the place is lost: %d active", n)
		}
		if n := len(s.open()); n != 0 {
			fault += ", and the connection open"
		}
		p.Close()
		if isOurs(p) {
			s.settle(t)
		}
		return fault
	}
	t.Run("TestOnBorrow", func(t *testing.T) {
		mended(t, open, func(t *testing.T, pool maker) string {
			var s stubs
			test := func(redis.Conn, time.Time) error { panic("stub") }
			p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, TestOnBorrow: test})
			idle(t, p, 1)
			return script(t, p, &s, func() { p.Get() })
		})
	})
	t.Run("TestOnBorrowContext", func(t *testing.T) {
		mended(t, open, func(t *testing.T, pool maker) string {
			var s stubs
			test := func(context.Context, redis.Conn, time.Time) error { panic("stub") }
			p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, TestOnBorrowContext: test})
			idle(t, p, 1)
			return script(t, p, &s, func() { p.Get() })
		})
	})
	t.Run("Close of the connection", func(t *testing.T) {
		mended(t, lost, func(t *testing.T, pool maker) string {
			s := stubs{closing: func(*stub) { panic("stub") }}
			p := pool(fields{Dial: s.dial, MaxActive: 1})
			c := get(t, p)
			return script(t, p, &s, func() { c.Close() })
		})
	})
	t.Run("cleanup", func(t *testing.T) {
		mended(t, open, func(t *testing.T, pool maker) string {
			s := stubs{answer: func(*stub, string, []any) any { panic("stub") }}
			p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1})
			c := get(t, p)
			c.Send("PING")
			return script(t, p, &s, func() { c.Close() })
		})
	})
}

// erring is a connection whose Err panics.
type erring struct {
	redis.Conn
	panicking *bool
}

func (c erring) Err() error {
	if *c.panicking {
		panic("stub")
	}
	return c.Conn.Err()
}

// TestMendPanicInErr gives back a clean connection whose wrapper panics.
func TestMendPanicInErr(t *testing.T) {
	s := redistest.Start(t)
	mended(t, "the place is lost: 1 active", func(t *testing.T, pool maker) string {
		panicking := false
		p := pool(fields{MaxIdle: 1, MaxActive: 1, Dial: func() (redis.Conn, error) {
			c, err := redis.Dial("tcp", s.Addr())
			return erring{c, &panicking}, err
		}})
		defer p.Close()
		c := get(t, p)
		do(t, c, "PING")
		panicking = true
		if v := panicOf(func() { c.Close() }); v != "stub" {
			t.Errorf("the panic became %v", v)
		}
		panicking = false
		if n := p.ActiveCount(); n != 0 {
			return fmt.Sprintf("the place is lost: %d active", n)
		}
		return ""
	})
}

// halfWritten is an argument that ends a command in its middle.
type halfWritten struct{ how func() }

func (a halfWritten) RedisArg() any {
	a.how()
	return nil
}

// TestMendR4bHalfACommand recovers from the panic of an argument, gives the connection back and borrows again.
func TestMendR4bHalfACommand(t *testing.T) {
	s := redistest.Start(t)
	mended(t, "ERR Protocol error: expected '$', got '*'", func(t *testing.T, pool maker) string {
		p := pool(fields{Dial: dialTo(s.Addr()), MaxIdle: 1})
		defer p.Close()
		c := get(t, p)
		do(t, c, "PING")
		panicOf(func() { c.Do("SET", "key", halfWritten{func() { panic("stub") }}) })
		c.Close()
		c = get(t, p)
		defer c.Close()
		if _, err := c.Do("PING"); err != nil {
			return err.Error()
		}
		return ""
	})
}

// TestMendPanicInArgument ends a command in its middle. The next borrower must not write behind the half of it that is in
// the buffer.
func TestMendPanicInArgument(t *testing.T) {
	s := redistest.Start(t)
	for name, call := range map[string]func(c redis.Conn, arg any){
		"Do":   func(c redis.Conn, arg any) { c.Do("SET", "key", arg) },
		"Send": func(c redis.Conn, arg any) { c.Send("SET", "key", arg) },
		"Do, after Send": func(c redis.Conn, arg any) {
			c.Send("INCR", "counter")
			c.Do("SET", "key", arg)
		},
		"Do in a transaction": func(c redis.Conn, arg any) {
			c.Do("MULTI")
			c.Do("SET", "key", arg)
		},
		"DoWithTimeout": func(c redis.Conn, arg any) { redis.DoWithTimeout(c, time.Minute, "SET", "key", arg) },
		"SELECT":        func(c redis.Conn, arg any) { c.Do("SELECT", arg) },
	} {
		for ending, how := range map[string]func(){"panic": func() { panic("stub") }, "Goexit": runtime.Goexit} {
			t.Run(name+", "+ending, func(t *testing.T) {
				p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1, MaxActive: 1})
				defer p.Close()
				over := make(chan struct{})
				go func() {
					defer close(over)
					defer func() { recover() }()
					c := p.Get()
					defer c.Close()
					call(c, halfWritten{how})
				}()
				<-over
				c := get(t, p)
				do(t, c, "PING")
				put(t, c)
				counts(t, p, 1, 1)
			})
		}
	}
	if n, err := redis.Int(client(t, s.Addr()).Do("GET", "counter")); err != nil || n != 2 {
		t.Errorf("the complete commands were executed %d times, want 2: %v", n, err)
	}
}

// TestMendR5DialMustReturnSomething checks that Get's error names the dial function that returned nothing.
func TestMendR5DialMustReturnSomething(t *testing.T) {
	for _, name := range []string{"Dial", "DialContext"} {
		t.Run(name, func(t *testing.T) {
			mended(t, "no error from Get, a nil dereference later, 1 active", func(t *testing.T, pool maker) string {
				f := fields{Dial: func() (redis.Conn, error) { return nil, nil }, MaxActive: 1}
				if name == "DialContext" {
					f.DialContext = func(context.Context) (redis.Conn, error) { return nil, nil }
				}
				p := pool(f)
				c, err := p.GetContext(t.Context())
				if err == nil && panicOf(func() { c.Do("PING") }) != nil {
					return fmt.Sprintf("no error from Get, a nil dereference later, %d active", p.ActiveCount())
				}
				if err == nil || !strings.Contains(err.Error(), "Pool."+name+" ") {
					return fmt.Sprintf("the error does not name the field: %v", err)
				}
				if _, doing := c.Do("PING"); doing != err {
					t.Errorf("Do: %v, want the error of Get", doing)
				}
				counts(t, p, 0, 0)
				return ""
			})
		})
	}
}
