package redispool_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// none is a nil context that the compiler and the linters do not recognize.
var none context.Context

// TestKeepNilContext passes a nil context where redigo accepts it: with a plain Dial and without Wait, redigo never uses
// the context.
func TestKeepNilContext(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1})
		for range 3 { // the first connection is dialed, the others are idle ones
			c, err := p.GetContext(none)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.GetContext(none); err != redis.ErrPoolExhausted {
				t.Errorf("at the limit: %v", err)
			}
			put(t, c)
			counts(t, p, 1, 1)
		}
		p.Close()
		s.settle(t)
	})
}

// TestMendR15cNilContext passes a nil context to a pool with Wait and a limit.
func TestMendR15cNilContext(t *testing.T) {
	mended(t, "a panic", func(t *testing.T, pool maker) (fault string) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Wait: true})
		defer p.Close()
		held := get(t, p)
		got := make(chan any)
		go func() { got <- panicOf(func() { c, _ := p.GetContext(none); c.Close() }) }()
		runtime.Gosched()
		put(t, held)
		if v := <-got; v != nil {
			fault = "a panic"
		}
		return fault
	})
}

// TestNilContextNeverEnds passes a nil context to everything that uses the context. redigo panics there.
func TestNilContextNeverEnds(t *testing.T) {
	var s stubs
	var tested, dialed context.Context
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true}
	p.DialContext = func(ctx context.Context) (redis.Conn, error) { dialed = ctx; return s.dial() }
	p.TestOnBorrowContext = func(ctx context.Context, _ redis.Conn, _ time.Time) error { tested = ctx; return nil }
	inBubble(t, &s, p, func(t *testing.T) {
		for range 2 {
			c, err := p.GetContext(none)
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan error)
			go func() {
				c, err := p.GetContext(none)
				got <- err
				put(t, c)
			}()
			synctest.Wait()
			put(t, c)
			if err := <-got; err != nil {
				t.Errorf("after a wait: %v", err)
			}
			synctest.Wait()
		}
		if dialed == nil || tested == nil {
			t.Errorf("the user's functions were given %v and %v", dialed, tested)
		}
		c := get(t, p)
		got := make(chan error)
		go func() { got <- p.Shutdown(none) }()
		synctest.Wait()
		put(t, c)
		if err := <-got; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if _, err := p.GetContext(none); !errors.Is(err, redispool.ErrPoolClosed) {
			t.Errorf("of a closed pool: %v", err)
		}
	})
}
