package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
)

// TestKeepTestsInOrder notes every test with its connection. Both functions must run, the connection that came back last
// must be tested first, and a new connection never.
func TestKeepTestsInOrder(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "caller's")
		var s stubs
		var seen []string
		bad := map[string]bool{}
		note := func(what string, c redis.Conn) error {
			what = fmt.Sprint(what, bare(c).(*stub).id)
			seen = append(seen, what)
			if bad[what] {
				return errors.New("bad")
			}
			return nil
		}
		p := pool(fields{Dial: s.dial, MaxIdle: 5,
			TestOnBorrow: func(c redis.Conn, _ time.Time) error { return note("plain ", c) },
			TestOnBorrowContext: func(ctx context.Context, c redis.Conn, _ time.Time) error {
				if ctx.Value(key{}) != "caller's" {
					t.Error("not the caller's context")
				}
				return note("context ", c)
			}})
		idle(t, p, 4)
		want := func(step string, open int, want ...string) {
			t.Helper()
			synctest.Wait() // the connections that failed are closed by other goroutines
			if !slices.Equal(seen, want) || len(s.open()) != open {
				t.Errorf("%s: tests %q with %d open at the end, want %q with %d", step, seen, len(s.open()), want, open)
			}
			seen = nil
		}
		want("fresh", 4)

		c, _ := p.GetContext(ctx)
		want("good", 4, "plain 4", "context 4")
		put(t, c)

		bad = map[string]bool{"plain 4": true, "context 3": true}
		c, _ = p.GetContext(ctx)
		want("two fail", 2, "plain 4", "plain 3", "context 3", "plain 2", "context 2")
		put(t, c)

		bad = map[string]bool{"plain 2": true, "plain 1": true}
		c, err := p.GetContext(ctx)
		want("all fail", 1, "plain 2", "plain 1")
		if err != nil || s.last().id != 5 {
			t.Errorf("error %v, and %d dials", err, s.last().id)
		}
		put(t, c)
		p.Close()
		s.settle(t)
	})
}

// TestKeepTestMayTalk lets the test use the connection in ways that leave replies unread.
func TestKeepTestMayTalk(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1,
			TestOnBorrow: func(c redis.Conn, _ time.Time) error { return c.Send("PING") }})
		idle(t, p, 1)
		put(t, get(t, p)) // the borrower sends nothing; the reply to the test must be read all the same
		c := get(t, p)
		counts(t, p, 1, 0)
		if n := len(s.last().queued); n != 1 {
			t.Errorf("%d replies outstanding, want that of this borrow's test", n)
		}
		put(t, c)
		if n := len(s.last().queued); n != 0 {
			t.Errorf("%d replies outstanding in an idle connection", n)
		}
		p.Close()
		s.settle(t)
	})
}

// TestKeepDialMayTalk is the same for Dial.
func TestKeepDialMayTalk(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) {
			c, err := s.dial()
			c.Send("PING")
			return c, err
		}})
		put(t, get(t, p))
		if n := len(s.last().queued); n != 0 {
			t.Errorf("%d replies outstanding in an idle connection", n)
		}
		p.Close()
		s.settle(t)
	})
}

// TestKeepLastUsedIsExact runs on the real clock. Users' tests compare ages and orders of lastUsed, and a coarse clock would
// give the same instant twice.
func TestKeepLastUsedIsExact(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		var last, before time.Time
		p := pool(fields{Dial: s.dial, MaxIdle: 1,
			TestOnBorrow: func(_ redis.Conn, lastUsed time.Time) error {
				last = lastUsed
				return nil
			}})
		for range 1000 {
			begin := time.Now()
			put(t, get(t, p))
			end := time.Now()
			put(t, get(t, p))
			if last.Before(begin) || last.After(time.Now()) || !last.After(before) {
				t.Fatalf("returned between %v and %v, after %v, but at %v", begin, end, before, last)
			}
			before = last
		}
		p.Close()
		s.settle(t)
	})
}

// TestKeepLastUsedIsTheReturn checks that the idle time does not include the time of the loan.
func TestKeepLastUsedIsTheReturn(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		var s stubs
		var idleFor time.Duration
		p := pool(fields{Dial: s.dial, MaxIdle: 1,
			TestOnBorrow: func(_ redis.Conn, lastUsed time.Time) error {
				idleFor = time.Since(lastUsed)
				return nil
			}})
		c := get(t, p)
		time.Sleep(time.Hour)
		put(t, c)
		time.Sleep(time.Minute)
		put(t, get(t, p))
		if idleFor != time.Minute {
			t.Errorf("idle for %v, want a minute", idleFor)
		}
		p.Close()
		s.settle(t)
	})
}
