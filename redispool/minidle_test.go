package redispool_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestIdleTimeoutSparesMinIdle leaves a pool alone for a day. Idle connections beyond the minimum must be closed, the
// minimum must stay, and nothing must be dialed.
func TestIdleTimeoutSparesMinIdle(t *testing.T) {
	for _, timeout := range []time.Duration{240, 200 * time.Millisecond, time.Minute} {
		t.Run(fmt.Sprint(timeout), func(t *testing.T) {
			var s stubs
			p := &redispool.Pool{MinIdle: 2, MaxIdle: 5, IdleTimeout: timeout}
			inBubble(t, &s, p, func(t *testing.T) {
				var cs []redis.Conn
				for range 4 {
					cs = append(cs, get(t, p))
				}
				synctest.Wait()
				put(t, cs...)
				dialed := s.dialed.Load()
				time.Sleep(timeout + 1)
				synctest.Wait()
				counts(t, p, 2, 2)
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				counts(t, p, 2, 2)
				if n := s.dialed.Load() - dialed; n != 0 {
					t.Errorf("%d dials although nobody needs a connection", n)
				}
				put(t, get(t, p))
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				counts(t, p, 2, 2)
			})
		})
	}
}

// TestIdleTimeoutWithoutMinIdle checks that all idle connections are closed.
func TestIdleTimeoutWithoutMinIdle(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 3, IdleTimeout: time.Minute}
	inBubble(t, &s, p, func(t *testing.T) {
		idle(t, p, 3)
		time.Sleep(time.Minute + 1)
		synctest.Wait()
		counts(t, p, 0, 0)
	})
}

// TestResizeBesideGet sets and removes the limit all the time. A caller that waits must never get ErrPoolExhausted.
func TestResizeBesideGet(t *testing.T) {
	var s stubs
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Wait: true}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10_000 {
				c := p.Get()
				if err := c.Err(); errors.Is(err, redis.ErrPoolExhausted) {
					t.Error(err)
					return
				}
				runtime.Gosched() // so that other callers meet the limit
				c.Close()
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for i := 0; ; i++ {
		select {
		case <-done:
			p.Close()
			s.settle(t)
			return
		default:
			if err := p.Resize(i%2, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLimitForOneWhoseTimeIsUp calls Get on a pool with Wait, with a context that has ended. The caller must get the
// context's error with and without a limit, and also if a limit is set while it is dialing.
func TestLimitForOneWhoseTimeIsUp(t *testing.T) {
	for _, limit := range []int{0, 1} {
		var s stubs
		p := &redispool.Pool{MaxIdle: 1, MaxActive: limit, Wait: true}
		s.refuse = func() error { return p.Resize(1, 1) }
		inBubble(t, &s, p, func(t *testing.T) {
			ctx := endedContext(t)
			if _, err := p.GetContext(ctx); err != ctx.Err() {
				t.Errorf("with MaxActive %d: %v", limit, err)
			}
		})
	}
}
