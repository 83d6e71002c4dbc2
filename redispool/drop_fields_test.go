package redispool_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// collected has the garbage collector run until all connections are closed.
func collected(t *testing.T, s *stubs) {
	t.Helper()
	for range 10_000 {
		if runtime.GC(); len(s.open()) == 0 {
			s.settle(t)
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d of %d connections stay open", len(s.open()), s.dialed.Load())
}

// used makes a pool and gives a connection back to it. It returns nothing that refers to the pool.
//
//go:noinline
func used(t *testing.T, s *stubs, set func(p *redispool.Pool), use func(t *testing.T, p *redispool.Pool)) {
	p := &redispool.Pool{MaxIdle: 3, Dial: s.dial}
	set(p)
	p.Observer = seeing{new(atomic.Int64)} // one that refers to the pool would keep it
	c, err := p.GetUrgent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put(t, c)
	if use != nil {
		use(t, p)
	}
	for p.ResourceStats().Opening > 0 {
		runtime.Gosched()
	}
}

// seeing is an observer that counts.
type seeing struct{ events *atomic.Int64 }

func (s seeing) Observe(resource.Event) { s.events.Add(1) }

// TestDroppedPoolWithFields drops pools whose fields make them set timers, test in the background, or keep records.
func TestDroppedPoolWithFields(t *testing.T) {
	passes := func(redis.Conn, time.Time) error { return nil }
	for name, set := range map[string]func(p *redispool.Pool){
		"Share":         func(p *redispool.Pool) { p.Share = 2 },
		"TestIdleEvery": func(p *redispool.Pool) { p.TestOnBorrow, p.TestIdleEvery = passes, time.Millisecond },
		"TestIdleAfter": func(p *redispool.Pool) { p.TestOnBorrow, p.TestIdleAfter = passes, time.Hour },
		"TestSuspects":  func(p *redispool.Pool) { p.TestSuspects = true },
		"ReplaceAhead":  func(p *redispool.Pool) { p.MaxConnLifetime, p.ReplaceAhead = time.Hour, time.Minute },
		"MinIdle":       func(p *redispool.Pool) { p.MinIdle, p.IdleTimeout = 2, time.Hour },
		"DialBackoff":   func(p *redispool.Pool) { p.DialBackoff = time.Hour },
		"LeakAfter":     func(p *redispool.Pool) { p.LeakAfter = time.Hour },
		"Reclaim":       func(p *redispool.Pool) { p.Reclaim = true },
		"Histograms":    func(p *redispool.Pool) { p.Histograms, p.ExplainErrors = true, true },
		"shedding":      func(p *redispool.Pool) { p.Wait, p.MaxActive, p.ShedTarget = true, 3, time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			used(t, &s, set, nil)
			collected(t, &s)
		})
	}
}

// TestDroppedPoolAfterUse drops pools right after what leaves something behind.
func TestDroppedPoolAfterUse(t *testing.T) {
	none := func(*redispool.Pool) {}
	var tests atomic.Int64
	for name, c := range map[string]struct {
		set func(p *redispool.Pool)
		use func(t *testing.T, p *redispool.Pool)
	}{
		"a shared command": {func(p *redispool.Pool) { p.Share = 2 }, func(t *testing.T, p *redispool.Pool) {
			c := get(t, p)
			do(t, c, "GET", "key")
			p.Do(t.Context(), "GET", "key")
		}},
		"a handle with a connection that was shared": {func(p *redispool.Pool) { p.Share = 2 }, func(t *testing.T, p *redispool.Pool) {
			c := get(t, p)
			do(t, c, "GET", "key")
			do(t, c, "WATCH", "key")
			put(t, c)
		}},
		"a test in the background": {func(p *redispool.Pool) {
			p.TestIdleEvery = time.Millisecond
			p.TestOnBorrow = func(c redis.Conn, _ time.Time) error {
				tests.Add(1)
				_, err := c.Do("PING")
				return err
			}
		}, func(t *testing.T, p *redispool.Pool) {
			// Not until the pool says that it tests: the first test may fail for want of time, and then there is no second.
			for tests.Load() == 0 {
				runtime.Gosched()
			}
		}},
		"a lost handle": {func(p *redispool.Pool) { p.Reclaim = true }, func(t *testing.T, p *redispool.Pool) { get(t, p) }},
		"a shell":       {none, func(t *testing.T, p *redispool.Pool) { put(t, p.Redigo().Get()) }},
		"an owning shell": {none, func(t *testing.T, p *redispool.Pool) {
			c := p.RedigoOwned().Get()
			do(t, c, "PING")
			put(t, c)
		}},
		"a reset":          {none, func(t *testing.T, p *redispool.Pool) { put(t, get(t, p)); p.Reset(); put(t, get(t, p)) }},
		"a closing server": {none, func(t *testing.T, p *redispool.Pool) { c := get(t, p); do(t, c, "ACL", "LOAD"); put(t, c) }},
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			used(t, &s, c.set, c.use)
			collected(t, &s)
		})
	}
}

// TestDroppedPoolWhoseCallerHasLeft drops pools in the middle of a dial or a test that goes on without its caller.
func TestDroppedPoolWhoseCallerHasLeft(t *testing.T) {
	for name, set := range map[string]func(p *redispool.Pool, waits func()){
		"in Dial": func(p *redispool.Pool, waits func()) {
			dial := p.Dial
			p.Dial = func() (redis.Conn, error) {
				waits()
				return dial()
			}
		},
		"in a test": func(p *redispool.Pool, waits func()) {
			p.TestBudget = time.Hour
			p.TestOnBorrow = func(redis.Conn, time.Time) error {
				waits()
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s stubs
			var slow atomic.Bool
			ready, goOn := make(chan bool, 1), make(chan bool)
			leaveDropped(t, &s, set, func() {
				if slow.Load() {
					ready <- true
					<-goOn
				}
			}, &slow, ready)
			close(goOn)
			collected(t, &s)
		})
	}
}

//go:noinline
func leaveDropped(t *testing.T, s *stubs, set func(*redispool.Pool, func()), waits func(), slow *atomic.Bool, ready chan bool) {
	p := &redispool.Pool{MaxIdle: 3, Dial: s.dial}
	set(p, waits)
	a := get(t, p)
	if p.TestOnBorrow != nil {
		put(t, a)
	} else {
		defer put(t, a) // the next one has to dial
	}
	slow.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-ready
		cancel()
	}()
	if _, err := p.GetContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
