package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestMendR1CloseMakesNobodyPanic cancels callers at the moment when the pool closes, as a server does that shuts down.
func TestMendR1CloseMakesNobodyPanic(t *testing.T) {
	const callers = 40
	script := func(t *testing.T, pool maker, canceled func(p pooler) context.Context) string {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Wait: true})
		held := get(t, p)
		ctx := canceled(p)
		var panics [callers]any
		var errs [callers]error
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				panics[i] = panicOf(func() { _, errs[i] = p.GetContext(ctx) })
			})
		}
		all.Wait()
		put(t, held)
		for _, v := range panics {
			if v != nil {
				return fmt.Sprint("panic: ", v)
			}
		}
		for _, e := range errs {
			closed := e == redispool.ErrPoolClosed || !isOurs(p) && e != nil && e.Error() == redispool.ErrPoolClosed.Error()
			if e != context.Canceled && !closed {
				return fmt.Sprintf("error of a caller: %v", e)
			}
		}
		counts(t, p, 0, 0)
		s.settle(t)
		return ""
	}
	const fault = "panic: send on closed channel"
	t.Run("waiting", func(t *testing.T) {
		mended(t, fault, func(t *testing.T, pool maker) (got string) {
			// redigo's waiters race with the cancellation. On a busy machine all of them may win, and nobody panics.
			for range 100 {
				synctest.Test(t, func(t *testing.T) { got = script(t, pool, closedThenCanceled(t)) })
				if got != "" {
					break
				}
			}
			return got
		})
	})
	t.Run("closed before", func(t *testing.T) {
		mended(t, fault, func(t *testing.T, pool maker) string {
			return script(t, pool, func(p pooler) context.Context {
				p.Close()
				return endedContext(t)
			})
		})
	})
}

// closedThenCanceled makes a context that is canceled as soon as its callers wait and the pool has been closed.
func closedThenCanceled(t *testing.T) func(pooler) context.Context {
	return func(p pooler) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			p.Close()
			cancel()
		}()
		return ctx
	}
}

// TestMendR16DialThatStraddlesCloseYieldsNothing closes the pool while a connection is being dialed.
func TestMendR16DialThatStraddlesCloseYieldsNothing(t *testing.T) {
	mendedInBubble(t, "a live connection of a closed pool", func(t *testing.T, pool maker) string {
		hold := make(chan struct{})
		s := stubs{refuse: func() error { <-hold; return nil }}
		p := pool(fields{Dial: s.dial, MaxIdle: 1})
		var c redis.Conn
		var err error
		var caller sync.WaitGroup
		caller.Go(func() { c, err = p.GetContext(context.Background()) })
		synctest.Wait()
		p.Close()
		close(hold)
		caller.Wait()
		if err == nil && c.Err() == nil {
			c.Close()
			return "a live connection of a closed pool"
		}
		counts(t, p, 0, 0)
		s.settle(t)
		if err != redispool.ErrPoolClosed {
			return fmt.Sprintf("error %v", err)
		}
		return ""
	})
}

func TestMendR17ClosedPoolHasOneError(t *testing.T) {
	mended(t, "the same error is two values", func(t *testing.T, pool maker) string {
		p := pool(fields{Dial: (&stubs{}).dial})
		p.Close()
		_, one := p.GetContext(t.Context())
		_, two := p.GetContext(t.Context())
		for _, err := range []error{one, two, p.Get().Err()} {
			if err == nil || err.Error() != "redigo: get on closed pool" {
				return fmt.Sprintf("error %v", err)
			}
		}
		if !errors.Is(one, two) {
			return "the same error is two values"
		}
		if one != redispool.ErrPoolClosed {
			return "not ErrPoolClosed"
		}
		return ""
	})
}

// TestMendR18NoRaces is for the race detector. It runs on our pool only: redigo's pool has races between the first Get and
// Close, and between two goroutines that close one connection. A test cannot expect a report of the race detector.
func TestMendR18NoRaces(t *testing.T) {
	t.Run("first Get beside Close", func(t *testing.T) {
		for range 100 {
			var s stubs
			p := newOurs(fields{Dial: s.dial, MaxActive: 1, Wait: true})
			var both sync.WaitGroup
			both.Go(func() { p.Get().Close() })
			both.Go(func() { p.Close() })
			both.Wait()
			counts(t, p, 0, 0)
			s.settle(t)
		}
	})
	t.Run("one connection closed twice", func(t *testing.T) {
		for range 100 {
			var s stubs
			p := newOurs(fields{Dial: s.dial, MaxIdle: 2})
			c := get(t, p)
			var both sync.WaitGroup
			both.Go(func() { c.Close() })
			both.Go(func() { c.Close() })
			both.Wait()
			counts(t, p, 1, 1)
			p.Close()
			s.settle(t)
		}
	})
}

// TestMendR19FieldsAreReadAtFirstUse turns Wait on while a connection is in use. redigo does not count that connection. When
// both connections are back, it has one permit too many, and blocks forever with its lock held. The script stops before
// that.
func TestMendR19FieldsAreReadAtFirstUse(t *testing.T) {
	mended(t, "2 connections with MaxActive 1", func(t *testing.T, pool maker) string {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1})
		held := get(t, p)
		switch p := p.(type) {
		case *redis.Pool:
			p.Wait = true
		case *redispool.Pool:
			p.Wait, p.MaxActive, p.MaxIdle, p.Dial = true, 2, 5, nil
		}
		_, err := p.GetContext(t.Context())
		if n := len(s.open()); n > 1 {
			return fmt.Sprintf("%d connections with MaxActive 1", n)
		}
		if err != redis.ErrPoolExhausted {
			return fmt.Sprintf("error %v", err)
		}
		put(t, held)
		counts(t, p, 1, 1)
		p.Close()
		s.settle(t)
		return ""
	})
}
