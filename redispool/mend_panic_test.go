package redispool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
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
