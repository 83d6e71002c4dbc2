package redispool_test

import (
	"context"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestRedigo borrows from our pool through redigo's type, as a library does that accepts no other.
func TestRedigo(t *testing.T) {
	var s stubs
	p := &redispool.Pool{Dial: s.dialFull, MaxIdle: 1, MaxActive: 1}
	theirs := p.Redigo()
	c := get(t, theirs)
	do(t, c, "MULTI")
	counts(t, p, 1, 0)
	counts(t, theirs, 1, 0)
	if err := theirs.Get().Err(); err != redis.ErrPoolExhausted {
		t.Errorf("at the limit: %v", err)
	}
	put(t, c, c)
	wantCommands(t, s.last(), "MULTI", "DISCARD")
	counts(t, p, 1, 1)
	counts(t, theirs, 0, 0)

	c = get(t, theirs)
	if n := s.dialed.Load(); n != 1 {
		t.Errorf("%d dials, want the idle connection", n)
	}
	if reply, err := redis.DoContext(c, t.Context(), "PING"); reply != "PONG" || err != nil {
		t.Errorf("DoContext: %v, %v", reply, err)
	}
	put(t, c)

	if _, err := theirs.GetContext(endedContext(t)); err != context.Canceled {
		t.Errorf("a caller who has left: %v", err)
	}
	theirs.Close()
	put(t, get(t, p)) // our pool stays open
	p.Close()
	if err := p.Redigo().Get().Err(); err != redispool.ErrPoolClosed {
		t.Errorf("of a closed pool: %v", err)
	}
	s.settle(t)
}

// TestRedigoSubscription leaves a subscription to both layers, which undo it one after the other.
func TestRedigoSubscription(t *testing.T) {
	redistest.Both(t, func(t *testing.T, addr string) {
		p := &redispool.Pool{Dial: dialTo(addr), MaxIdle: 1}
		defer p.Close()
		c := get(t, p.Redigo())
		c.Send("SUBSCRIBE", "channel")
		c.Flush()
		if _, err := c.Receive(); err != nil {
			t.Fatal(err)
		}
		put(t, c)
		counts(t, p, 1, 1)
		c = get(t, p)
		if reply, err := redis.String(c.Do("ECHO", "mine")); reply != "mine" {
			t.Errorf("the next borrower gets %q, %v", reply, err)
		}
		put(t, c)
	})
}

// TestRedigoDial calls the field Dial, as libraries do that check their server first. Its connections must not count for
// the pool.
func TestRedigoDial(t *testing.T) {
	var s stubs
	for name, p := range map[string]*redispool.Pool{
		"Dial":        {Dial: s.dial, MaxIdle: 1, MaxActive: 1},
		"DialContext": {DialContext: s.dialContext, MaxIdle: 1, MaxActive: 1},
	} {
		t.Run(name, func(t *testing.T) {
			theirs := p.Redigo()
			held := get(t, theirs)
			c, err := theirs.Dial() // beyond MaxActive
			if err != nil {
				t.Fatal(err)
			}
			do(t, c, "PING")
			counts(t, p, 1, 0)
			put(t, c, held)
			counts(t, p, 1, 1)
			p.Close()
			if c, err = theirs.Dial(); err != nil {
				t.Errorf("once the pool is closed: %v", err)
			}
			c.Close()
		})
	}
	s.settle(t)
	if _, err := new(redispool.Pool).Redigo().Dial(); err == nil || err.Error() != "redigo: must pass Dial or DialContext to pool" {
		t.Errorf("of a pool that cannot dial: %v", err)
	}
}

// TestRedigoFields checks the fields that a library may read. None of them may make the shell keep, test or limit anything.
func TestRedigoFields(t *testing.T) {
	var s stubs
	tests := 0
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 2, MaxActive: 2, Wait: true, IdleTimeout: time.Hour, MaxConnLifetime: -1,
		TestOnBorrow:        func(redis.Conn, time.Time) error { tests++; return nil },
		TestOnBorrowContext: func(context.Context, redis.Conn, time.Time) error { tests++; return nil }}
	theirs := p.Redigo()
	if theirs.IdleTimeout != time.Hour || !theirs.Wait || theirs.MaxConnLifetime != -1 || theirs.TestOnBorrow == nil || theirs.TestOnBorrowContext == nil {
		t.Errorf("the shell says: %+v", theirs)
	}
	p = &redispool.Pool{Dial: s.dial, MaxIdle: 2, MaxActive: 2, Wait: true, TestOnBorrow: p.TestOnBorrow}
	theirs = p.Redigo()
	p.Resize(3, 3)
	a, b, c := get(t, theirs), get(t, theirs), get(t, theirs)
	counts(t, p, 3, 0)
	put(t, a, b, c)
	counts(t, p, 3, 3)
	counts(t, theirs, 0, 0)
	put(t, get(t, theirs))
	if tests != 1 {
		t.Errorf("%d tests for one borrow, want 1", tests)
	}
	if n := s.dialed.Load(); n != 3 {
		t.Errorf("%d dials, want 3", n)
	}
	p.Close()
	s.settle(t)
}
