package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
)

// TestMendR2ImpatientCallerKillsNoOthers calls Get with a context that has ended, on a pool whose test respects its context.
func TestMendR2ImpatientCallerKillsNoOthers(t *testing.T) {
	mendedInBubble(t, "10 of 10 healthy connections closed", func(t *testing.T, pool maker) string {
		var s stubs
		p := pool(fields{DialContext: s.dialContext, MaxIdle: 10,
			TestOnBorrowContext: func(ctx context.Context, c redis.Conn, _ time.Time) error { return ctx.Err() }})
		idle(t, p, 10)
		_, err := p.GetContext(endedContext(t))
		if err != context.Canceled {
			t.Errorf("error %v, want that of the context", err)
		}
		synctest.Wait() // in our pool, the caller leaves before its dial is over
		if n := s.dialed.Load(); n != 11 {
			t.Errorf("%d dials, want 10 and one with the caller's context", n)
		}
		synctest.Wait() // the connections that failed are closed by other goroutines
		lost := 10 - len(s.open())
		p.Close()
		s.settle(t)
		if lost > 1 {
			return fmt.Sprintf("%d of 10 healthy connections closed", lost)
		}
		return ""
	})
}

// TestMendR13ReapedWithoutTraffic lets connections pass their limits while nobody calls the pool.
func TestMendR13ReapedWithoutTraffic(t *testing.T) {
	for name, limit := range map[string]fields{
		"IdleTimeout":     {IdleTimeout: time.Minute},
		"MaxConnLifetime": {MaxConnLifetime: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			mendedInBubble(t, "50 of 50 still open", func(t *testing.T, pool maker) string {
				var s stubs
				limit.Dial, limit.MaxIdle = s.dial, 50
				p := pool(limit)
				idle(t, p, 50)
				time.Sleep(time.Minute - 1)
				if n := len(s.open()); n != 50 {
					return fmt.Sprintf("%d closed before their time", 50-n)
				}
				time.Sleep(2 * time.Nanosecond)
				synctest.Wait()
				n := len(s.open())
				p.Close()
				s.settle(t)
				if n > 0 {
					return fmt.Sprintf("%d of 50 still open", n)
				}
				return ""
			})
		})
	}
}

// TestMendR13GetPaysForNoOthers calls Get at the moment when all connections are due to be closed, and each close is slow.
func TestMendR13GetPaysForNoOthers(t *testing.T) {
	for _, late := range []time.Duration{1, time.Hour} {
		t.Run(fmt.Sprint(late), func(t *testing.T) {
			mendedInBubble(t, "Get took 500ms", func(t *testing.T, pool maker) string {
				s := stubs{closing: func(*stub) { time.Sleep(10 * time.Millisecond) }}
				p := pool(fields{Dial: s.dial, MaxIdle: 50, IdleTimeout: time.Minute})
				idle(t, p, 50)
				time.Sleep(time.Minute + late)
				begin := time.Now()
				c := get(t, p)
				took := time.Since(begin)
				if n := s.dialed.Load(); n != 51 {
					return "one that is due was lent"
				}
				put(t, c)
				p.Close()
				time.Sleep(time.Hour) // for connections that other goroutines close
				s.settle(t)
				if took > 0 {
					return fmt.Sprint("Get took ", took)
				}
				return ""
			})
		})
	}
}

// TestMendR13bTooOldIsNeitherTestedNorKept lets connections pass MaxConnLifetime while they are in the pool.
func TestMendR13bTooOldIsNeitherTestedNorKept(t *testing.T) {
	t.Run("tested", func(t *testing.T) {
		mendedInBubble(t, "tested 1 times", func(t *testing.T, pool maker) string {
			var s stubs
			tested := 0
			p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxConnLifetime: time.Minute,
				TestOnBorrow: func(redis.Conn, time.Time) error { tested++; return nil }})
			idle(t, p, 1)
			time.Sleep(time.Minute)
			put(t, get(t, p))
			p.Close()
			synctest.Wait() // another goroutine may still be closing connections
			s.settle(t)
			if tested > 0 {
				return fmt.Sprintf("tested %d times", tested)
			}
			return ""
		})
	})
	t.Run("kept", func(t *testing.T) {
		mendedInBubble(t, "1 idle", func(t *testing.T, pool maker) string {
			var s stubs
			p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxConnLifetime: time.Minute})
			c := get(t, p)
			time.Sleep(time.Minute)
			put(t, c)
			n := p.IdleCount()
			p.Close()
			s.settle(t)
			if n > 0 {
				return fmt.Sprintf("%d idle", n)
			}
			return ""
		})
	})
}

// TestMendR14TestsOfOneGetAreBounded uses a server that has gone away, so that every test waits for its own timeout.
func TestMendR14TestsOfOneGetAreBounded(t *testing.T) {
	mendedInBubble(t, "20 tests in 400ms", func(t *testing.T, pool maker) string {
		var s stubs
		tests := 0
		p := pool(fields{Dial: s.dial, MaxIdle: 20, MaxActive: 20,
			TestOnBorrow: func(redis.Conn, time.Time) error {
				tests++
				time.Sleep(20 * time.Millisecond)
				return errors.New("no answer")
			}})
		idle(t, p, 20)
		begin := time.Now()
		c := get(t, p)
		took := time.Since(begin)
		if n := s.dialed.Load(); n != 21 {
			t.Errorf("%d dials, want one more than the 20 before", n)
		}
		put(t, c)
		p.Close()
		synctest.Wait()
		s.settle(t)
		if took > 100*time.Millisecond || tests != 5 {
			return fmt.Sprintf("%d tests in %v", tests, took)
		}
		return ""
	})
}

// TestMendR15GetHeedsItsContext checks the two cases in which redigo's Get ignores its context.
func TestMendR15GetHeedsItsContext(t *testing.T) {
	t.Run("during Dial", func(t *testing.T) {
		for _, wait := range []bool{false, true} {
			mendedInBubble(t, "<nil> after 300ms", func(t *testing.T, pool maker) string {
				s := stubs{refuse: func() error { time.Sleep(300 * time.Millisecond); return nil }}
				p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxActive: 1, Wait: wait})
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
				defer cancel()
				begin := time.Now()
				c, err := p.GetContext(ctx)
				took := time.Since(begin)
				if took != 30*time.Millisecond || err != context.DeadlineExceeded {
					c.Close()
					return fmt.Sprintf("%v after %v", err, took)
				}
				counts(t, p, 1, 0)
				time.Sleep(270 * time.Millisecond)
				synctest.Wait()
				counts(t, p, 1, 1)
				put(t, get(t, p))
				if n := s.dialed.Load(); n != 1 {
					return "the connection that came late was lost"
				}
				p.Close()
				s.settle(t)
				return ""
			})
		}
	})
	t.Run("without Wait", func(t *testing.T) {
		mended(t, "a connection for a caller who has left", func(t *testing.T, pool maker) string {
			var s stubs
			p := pool(fields{Dial: s.dial, MaxIdle: 1})
			idle(t, p, 1)
			c, err := p.GetContext(endedContext(t))
			if err == nil {
				c.Close()
				return "a connection for a caller who has left"
			}
			if err != context.Canceled {
				return err.Error()
			}
			counts(t, p, 1, 1)
			p.Close()
			s.settle(t)
			return ""
		})
	})
}
