package redispool_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// Why explains the errors that are redigo's values, and ExplainErrors has the errors
// themselves say the same.
func TestWhy(t *testing.T) {
	const counts = ": 1 of 1 active (1 leased, 0 idle), 0 waiting"
	for name, c := range map[string]struct {
		pool  *redispool.Pool
		close bool
		ctx   time.Duration // zero: no bound
		plain error
		text  string
	}{
		"at the limit":       {&redispool.Pool{MaxActive: 1}, false, 0, redis.ErrPoolExhausted, "redigo: connection pool exhausted" + counts},
		"waited too long":    {&redispool.Pool{MaxActive: 1, Wait: true, WaitTimeout: time.Second}, false, 0, redispool.ErrWaitTimeout, "redigo: connection pool exhausted: waited too long: waited 1s" + counts},
		"context ended":      {&redispool.Pool{MaxActive: 1, Wait: true}, false, time.Second, context.DeadlineExceeded, "context deadline exceeded: waited 1s" + counts},
		"the pool is closed": {&redispool.Pool{MaxActive: 1}, true, 0, redispool.ErrPoolClosed, "redigo: get on closed pool" + counts},
	} {
		for _, explain := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				var s stubs
				p := &redispool.Pool{MaxIdle: 1, MaxActive: c.pool.MaxActive, Wait: c.pool.Wait, WaitTimeout: c.pool.WaitTimeout, ExplainErrors: explain}
				inBubble(t, &s, p, func(t *testing.T) {
					held := get(t, p)
					if c.close {
						p.Close()
					}
					ctx := t.Context()
					if c.ctx > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, c.ctx)
						defer cancel()
					}
					got, err := p.GetContext(ctx)
					why := redispool.Why(got)
					var inside *resource.PoolError
					switch {
					case got.Err() != err || why == nil || why.Error() != c.text || why.Err != c.plain || !errors.Is(why, c.plain):
						t.Errorf("got %v, %v, %v", err, got.Err(), why)
					case !explain && err != c.plain:
						t.Errorf("got %T: %v, want %v itself", err, err, c.plain)
					case explain && (!errors.As(err, &inside) || inside != why):
						t.Errorf("got %T: %v, want %v", err, err, why)
					}
					if redispool.Why(held) != nil {
						t.Error("a connection without an error has a reason")
					}
					put(t, held)
				})
			})
		}
	}
}

// With Share the first command that needs a connection has the error that Get would have had, and Why explains it.
func TestWhyShared(t *testing.T) {
	const counts = ": waited 1s: 2 of 2 active (2 leased, 0 idle), 0 waiting"
	for name, c := range map[string]struct {
		pool  *redispool.Pool
		cmd   string
		plain error
		text  string
	}{
		"shared": {&redispool.Pool{WaitTimeout: time.Second}, "PING", redispool.ErrWaitTimeout, "redigo: connection pool exhausted: waited too long" + counts},
		"own":    {&redispool.Pool{WaitTimeout: time.Second}, "MULTI", redispool.ErrWaitTimeout, "redigo: connection pool exhausted: waited too long" + counts},
		"closed": {&redispool.Pool{}, "", redispool.ErrPoolClosed, "redigo: get on closed pool: 2 of 2 active (2 leased, 0 idle), 0 waiting"},
	} {
		for _, explain := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				var s stubs
				p := &redispool.Pool{MaxIdle: 1, MaxActive: 2, Share: 1, Wait: true, WaitTimeout: c.pool.WaitTimeout, ExplainErrors: explain}
				inBubble(t, &s, p, func(t *testing.T) {
					held := []redis.Conn{get(t, p), get(t, p)}
					for _, c := range held {
						do(t, c, "MULTI")
					}
					if c.cmd == "" {
						p.Close()
					}
					got, err := p.GetContext(t.Context())
					if c.cmd != "" {
						if err != nil {
							t.Fatal(err)
						}
						_, err = got.Do(c.cmd)
					}
					why := redispool.Why(got)
					switch {
					case got.Err() != err || why == nil || why.Error() != c.text || why.Err != c.plain:
						t.Errorf("got %v, %v, %v", err, got.Err(), why)
					case explain && err != error(why), !explain && err != c.plain:
						t.Errorf("got %T: %v", err, err)
					}
					if redispool.Why(held[0]) != nil {
						t.Error("a connection without an error has a reason")
					}
					put(t, held...)
				})
			})
		}
	}
}

// A caller that leaves its dial has redigo's error, and Why says what it left.
func TestWhyOfASlowDial(t *testing.T) {
	s := stubs{}
	p := &redispool.Pool{MaxIdle: 1}
	p.Dial = func() (redis.Conn, error) { time.Sleep(time.Minute); return s.dial() }
	inBubble(t, &s, p, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, err := p.GetContext(ctx)
		why := redispool.Why(c)
		if err != context.DeadlineExceeded || why == nil || why.Error() != "context deadline exceeded while opening a resource: 1 active (0 leased, 0 idle, 1 opening), 0 waiting" {
			t.Errorf("got %v, %v", err, why)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}

// While dials are held, the error is the package's HeldError, and Why has the counts.
func TestWhyOfAHeldDial(t *testing.T) {
	s := stubs{}
	down := errors.New("down")
	p := &redispool.Pool{MaxIdle: 1, DialBackoff: time.Minute}
	p.Dial = func() (redis.Conn, error) { return nil, down }
	inBubble(t, &s, p, func(t *testing.T) {
		var first sync.WaitGroup
		first.Go(func() { p.GetContext(t.Context()) })
		first.Wait()
		time.Sleep(time.Second)
		c, err := p.GetContext(t.Context())
		var held *redispool.HeldError
		if why := redispool.Why(c); !errors.As(err, &held) || why == nil || why.Err != err || why.LastOpenError != down || why.LastOpenErrorAge != time.Second {
			t.Errorf("got %T: %v, %+v", err, err, why)
		}
	})
}

// An observer may keep the error of a refusal and read it later. The pool must not change it.
func TestWhyLeavesTheObserversError(t *testing.T) {
	var kept keeper
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, ExplainErrors: true, Observer: &kept}
	inBubble(t, &s, p, func(t *testing.T) {
		held := get(t, p)
		_, err := p.GetContext(t.Context())
		put(t, held)
		if !errors.Is(err, redis.ErrPoolExhausted) {
			t.Errorf("the caller got %v", err)
		}
		if !errors.Is(kept.err, resource.ErrExhausted) || errors.Is(kept.err, redis.ErrPoolExhausted) {
			t.Errorf("the error of the event has become %v", kept.err)
		}
	})
}

// keeper keeps the error of the last refusal.
type keeper struct{ err error }

func (k *keeper) Observe(e resource.Event) {
	if e.Kind == resource.EventRefused {
		k.err = e.Err
	}
}

// WaitReady starts the pool, and waits for a server that comes later.
func TestWaitReady(t *testing.T) {
	s := stubs{}
	down := errors.New("down")
	up := time.Duration(1)
	p := &redispool.Pool{MaxIdle: 2, MinIdle: 2}
	inBubble(t, &s, p, func(t *testing.T) {
		begin := time.Now()
		p.Dial = func() (redis.Conn, error) {
			if time.Since(begin) < up*time.Second {
				return nil, down
			}
			return s.dial()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		err := p.WaitReady(ctx)
		var why *resource.PoolError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &why) || why.LastOpenError != down {
			t.Errorf("got %v", err)
		}
		if err := p.WaitReady(t.Context()); err != nil {
			t.Error(err)
		}
		if n := p.IdleCount(); n != 2 {
			t.Errorf("%d idle", n)
		}
		p.Close()
		if err := p.WaitReady(t.Context()); !errors.Is(err, redispool.ErrPoolClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// lostHandles observes the events of lost connections.
type lostHandles chan resource.Event

func (o lostHandles) Observe(e resource.Event) {
	if e.Kind == resource.EventLost {
		o <- e
	}
}

//go:noinline
func forgetToClose(t *testing.T, p *redispool.Pool) { get(t, p).Do("PING") }

// A handle that the program has lost is found by the collector, and named by the line that
// called Get.
func TestReclaim(t *testing.T) {
	var s stubs
	lost := make(lostHandles, 1)
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Reclaim: true, Observer: lost, Wait: true}
	defer p.Close()
	for range 3 { // so that handles would come in batches
		put(t, get(t, p))
	}
	forgetToClose(t, p)
	var e resource.Event
	for waiting := true; waiting; {
		runtime.GC()
		select {
		case e = <-lost:
			waiting = false
		default:
			runtime.Gosched()
		}
	}
	if stack := string(e.Stack); !strings.Contains(stack, "redispool_test.forgetToClose(...)\n") || strings.Contains(stack, "redispool/pool.go") {
		t.Errorf("the stack is\n%s", stack)
	}
	put(t, get(t, p)) // there is room again
	if st := p.ResourceStats(); st.Lost != 1 || st.Opened != 2 {
		t.Errorf("got %v", st)
	}
}

// Terminate closes a connection under its borrower. The borrower's later calls fail and are
// harmless.
func TestTerminate(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, LeakAfter: time.Hour}
	inBubble(t, &s, p, func(t *testing.T) {
		c := get(t, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.Terminate(ctx)
		var incomplete *resource.ShutdownError
		if !errors.As(err, &incomplete) || len(incomplete.Terminated) != 1 || !strings.Contains(err.Error(), "closed under its holder: resource 1, for 1s, by ") || !strings.Contains(err.Error(), "_test.go:") {
			t.Fatalf("got %v", err)
		}
		if _, err := c.Do("PING"); err == nil {
			t.Error("the borrower can go on")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if n := p.ActiveCount(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}
