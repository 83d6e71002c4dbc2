package redispool_test

import (
	"context"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestRedigo borrows from our pool through redigo's type, as a library does that takes only that.
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
	if n := s.dialled.Load(); n != 1 {
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
	put(t, get(t, p)) // ours goes on
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
