package redispool_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestKeepPoolClose closes a pool with idle connections, connections in use, and waiters.
func TestKeepPoolClose(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 3, MaxActive: 3, Wait: true})
		a, b, c := get(t, p), get(t, p), get(t, p)
		var waiters sync.WaitGroup
		for range 5 {
			waiters.Go(func() {
				_, err := p.GetContext(t.Context())
				if err == nil || err.Error() != "redigo: get on closed pool" {
					t.Errorf("a waiter gets %v", err)
				}
			})
		}
		synctest.Wait()
		for range 3 {
			if err := p.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		waiters.Wait()
		counts(t, p, 3, 0)
		if n := len(s.open()); n != 3 {
			t.Errorf("%d open, want the three in use", n)
		}
		do(t, a, "PING")
		for i, conn := range []redis.Conn{a, b, c} {
			put(t, conn)
			counts(t, p, 2-i, 0)
		}
		s.settle(t)
		p.Close()
		if st := p.Stats(); st.ActiveCount != 0 || st.IdleCount != 0 {
			t.Errorf("statistics of a closed pool: %+v", st)
		}
	})
}

// TestKeepClosingIsDoneOnReturn makes every close take a second. The call that causes a close must return after it.
func TestKeepClosingIsDoneOnReturn(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		s := stubs{closing: func(*stub) { time.Sleep(time.Second) }}
		takes := func(what string, want time.Duration, f func()) {
			t.Helper()
			begin := time.Now()
			f()
			if took := time.Since(begin); took != want {
				t.Errorf("%s took %v, want %v", what, took, want)
			}
		}
		p := pool(fields{Dial: s.dial, MaxIdle: 2})
		a, b, c, d := get(t, p), get(t, p), get(t, p), get(t, p)
		takes("keeping one", 0, func() { put(t, a, b) })
		takes("a surplus one", time.Second, func() { put(t, c) })
		if n := len(s.open()); n != 3 {
			t.Errorf("%d open, want 3", n)
		}
		begin := time.Now()
		p.Close() // redigo closes connections one after another
		if took := time.Since(begin); took < time.Second || took > 2*time.Second || len(s.open()) != 1 {
			t.Errorf("Close of the pool took %v, %d are open", took, len(s.open()))
		}
		takes("Close after it", time.Second, func() { put(t, d) })
		s.settle(t)
	})
}

// TestKeepClosingCounts checks the counts while a close is under way. The connection counts, because the server still has
// it.
func TestKeepClosingCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stubs{closing: func(*stub) { time.Sleep(time.Second) }}
		p := newOurs(fields{Dial: s.dial, MaxActive: 1})
		c := get(t, p)
		go c.Close()
		synctest.Wait()
		counts(t, p, 1, 0)
		if _, err := p.GetContext(t.Context()); err != redis.ErrPoolExhausted {
			t.Errorf("Get while the only place is being closed: %v", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		counts(t, p, 0, 0)
	})
}

// TestKeepCleanupTimeoutHoldsThePlace is the same for a connection that is closed at the time limit of the cleanup: that
// close may take long too.
func TestKeepCleanupTimeoutHoldsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stubs{answer: silent("BLPOP"), closing: func(*stub) { time.Sleep(time.Minute) }}
		p := newOurs(fields{Dial: s.dial, MaxActive: 1, MaxIdle: 1})
		c := get(t, p)
		c.Send("BLPOP", "nothing", 0)
		go c.Close()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		counts(t, p, 1, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		counts(t, p, 0, 0)
		s.settle(t)
	})
}

// TestKeepCloseAfterQueuedSubscription ends a transaction that contains a subscription. The pool cannot know that the
// transaction has ended, since messages may come between replies. This doubt must not become an error of Close.
func TestKeepCloseAfterQueuedSubscription(t *testing.T) {
	addr := redistest.Start(t).Addr()
	kept(t, func(t *testing.T, pool maker) {
		p := pool(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr) }})
		defer p.Close()
		for range 3 {
			c := get(t, p)
			for _, command := range [][]any{{"MULTI"}, {"SUBSCRIBE", "x"}, {"EXEC"}} {
				if _, err := c.Do(command[0].(string), command[1:]...); err != nil {
					t.Errorf("%v: %v", command, err)
				}
			}
			if err := c.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			c = get(t, p)
			if reply, err := redis.String(c.Do("PING")); reply != "PONG" || err != nil {
				t.Errorf("the next borrower's PING: %q, %v", reply, err)
			}
			put(t, c)
		}
	})
}
