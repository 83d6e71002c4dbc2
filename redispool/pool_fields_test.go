package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// inBubble runs a test of the fields that redigo does not have, in virtual time.
func inBubble(t *testing.T, s *stubs, p *redispool.Pool, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if p.Dial == nil {
			p.Dial = s.dial
		}
		test(t)
		p.Close()
		synctest.Wait()
		s.settle(t)
	})
}

// TestValidation checks that Get and Resize return an error that names the invalid field. For redigo's fields every value
// has a meaning.
func TestValidation(t *testing.T) {
	minus := -1
	for name, p := range map[string]*redispool.Pool{
		"MinIdle ": {MinIdle: -1},
		"MinIdle is 2, above Pool.MaxIdle, which is 1":               {MinIdle: 2, MaxIdle: 1},
		"MinIdle is 2, above Pool.MaxIdle, which is -1":              {MinIdle: 2, MaxIdle: -1},
		"MinIdle is 2, above Pool.MaxActive, which is 1":             {MinIdle: 2, MaxIdle: 2, MaxActive: 1},
		"MaxConnLifetimeJitter is -1ns":                              {MaxConnLifetime: 1, MaxConnLifetimeJitter: -1},
		"MaxConnLifetimeJitter is 1s":                                {MaxConnLifetimeJitter: time.Second},
		"MaxConnLifetimeJitter is 2s":                                {MaxConnLifetime: time.Second, MaxConnLifetimeJitter: 2 * time.Second},
		"MaxConnLifetimeJitter is 3s":                                {MaxConnLifetime: -1, MaxConnLifetimeJitter: 3 * time.Second},
		"TestIdleAfter is -1ns":                                      {TestIdleAfter: -1},
		"MaxConnUses ":                                               {MaxConnUses: -1},
		"WaitTimeout ":                                               {WaitTimeout: -1},
		"MaxWaiters ":                                                {MaxWaiters: -1},
		"Reserve is -1":                                              {Reserve: -1},
		"Reserve is 2, must be less than Pool.MaxActive, which is 2": {Reserve: 2, MaxActive: 2},
		"ShedTarget is -1ns":                                         {ShedTarget: -1},
		"ShedInterval is -1ns":                                       {ShedInterval: -1},
		"ShedInterval is 1s, and Pool.ShedTarget is not set":         {ShedInterval: time.Second},
		"ReplaceAhead is -1ns":                                       {ReplaceAhead: -1},
		"ReplaceAhead is 1s, and Pool.MaxConnLifetime is not set":    {ReplaceAhead: time.Second},
		"TestIdleEvery is -1ns":                                      {TestIdleEvery: -1},
		"TestIdleEvery is 30ns, must be 0 or at least 1ms":           {TestIdleEvery: 30},
		"DialBackoff is 30ns, must be 0 or at least 1ms":             {DialBackoff: 30},
		"TestIdleEvery is 1s, and neither TestOnBorrow nor TestOnBorrowContext is set": {TestIdleEvery: time.Second},
		"Share is -1, must not be negative":                                            {Share: -1, MaxIdle: 1},
		"Share is 2, above Pool.MaxIdle, which is 1":                                   {Share: 2, MaxIdle: 1},
		"Share is 1, above Pool.MaxIdle, which is -1":                                  {Share: 1, MaxIdle: -1},
		"Share is 1, must be less than Pool.MaxActive, which is 1":                     {Share: 1, MaxIdle: 1, MaxActive: 1},
		"ShareBusyPoll is 50ns, must be 0, negative or at least 1µs":                   {Share: 1, MaxIdle: 1, ShareBusyPoll: 50},
		"ShareBusyPoll is 50ms, must be at most 10ms":                                  {Share: 1, MaxIdle: 1, ShareBusyPoll: 50 * time.Millisecond},
		"Share is 4, must be less than Pool.MaxActive, which is 4":                     {Share: 4, MaxIdle: 4, MaxActive: 4},
		"CloseTimeout is -1ns":                                                         {CloseTimeout: -1},
		"LeakAfter is -1ns":                                                            {LeakAfter: -1},
		"Database ":                                                                    {Database: &minus},
	} {
		t.Run(name, func(t *testing.T) {
			s := stubs{}
			p.Dial = s.dial
			c, err := p.GetContext(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), "redispool: Pool."+name) || c.Err() != err {
				t.Errorf("error %v, and %v from the connection; want one about %s", err, c.Err(), name)
			}
			if e := p.Resize(1, 1); e != err {
				t.Errorf("Resize: %v", e)
			}
			p.Reset()
			counts(t, p, 0, 0)
			if err := errors.Join(c.Close(), p.Close(), p.Shutdown(t.Context())); err != nil {
				t.Error(err)
			}
			if n := s.dialed.Load(); n != 0 {
				t.Errorf("%d dials", n)
			}
		})
	}
	var s stubs
	p := &redispool.Pool{Dial: s.dial, MaxIdle: -1, MaxActive: -1, IdleTimeout: -1, TestBudget: -1, CleanupTimeout: -1, Wait: true}
	put(t, get(t, p))
	s.settle(t)
}

func TestMinIdle(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MinIdle: 2, MaxIdle: 3, MaxActive: 4}
	inBubble(t, &s, p, func(t *testing.T) {
		counts(t, p, 0, 0)
		a := get(t, p)
		synctest.Wait()
		counts(t, p, 3, 2)
		b := get(t, p)
		synctest.Wait()
		counts(t, p, 4, 2)
		c := get(t, p)
		synctest.Wait()
		counts(t, p, 4, 1) // MaxActive leaves no room
		put(t, a, b, c)
		counts(t, p, 3, 3)
	})
}

func TestFIFO(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		var s stubs
		p := &redispool.Pool{MaxIdle: 3, FIFO: fifo}
		inBubble(t, &s, p, func(t *testing.T) {
			idle(t, p, 3)
			put(t, get(t, p), get(t, p))
			c := get(t, p)
			do(t, c, "GET", "key")
			want := s.all[1] // connections 3 and 2 were lent, and 2 came back last
			if fifo {
				want = s.all[2] // connections 1 and 2 were lent
			}
			wantCommands(t, want, "GET key")
			put(t, c)
		})
	}
}

func TestMaxConnLifetimeJitter(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 100, MaxConnLifetime: time.Hour, MaxConnLifetimeJitter: time.Hour / 2}
	inBubble(t, &s, p, func(t *testing.T) {
		idle(t, p, 100)
		var left []int
		for range 4 {
			time.Sleep(time.Hour / 4)
			synctest.Wait()
			left = append(left, p.IdleCount())
		}
		if left[0] != 100 || left[1] != 100 || left[2] == 0 || left[2] == 100 || left[3] != 0 {
			t.Errorf("%v are left after each quarter of the lifetime", left)
		}
	})
}

func TestMaxConnUses(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxConnUses: 3}
	inBubble(t, &s, p, func(t *testing.T) {
		for use := range 7 {
			put(t, get(t, p))
			if want := use/3 + 1; int(s.dialed.Load()) != want {
				t.Errorf("%d dials in use %d, want %d", s.dialed.Load(), use+1, want)
			}
		}
		if st := p.ResourceStats(); st.Closed.WornOut != 2 {
			t.Errorf("%d worn out, want 2", st.Closed.WornOut)
		}
	})
}

// TestNegativeMaxConnLifetime checks what redigo does by accident: every connection is too old from its start.
func TestNegativeMaxConnLifetime(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1, MaxConnLifetime: -1})
		put(t, get(t, p))
		put(t, get(t, p))
		if n := s.dialed.Load(); n != 2 {
			t.Errorf("%d dials for two uses", n)
		}
		p.Close()
		s.settle(t)
	})
}

func TestWaitTimeout(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true, WaitTimeout: time.Second}
	inBubble(t, &s, p, func(t *testing.T) {
		held := get(t, p)
		begin := time.Now()
		c, err := p.GetContext(t.Context())
		if err != redispool.ErrWaitTimeout || !errors.Is(err, redis.ErrPoolExhausted) || c.Err() != err {
			t.Errorf("error %v, and %v from the connection", err, c.Err())
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("waited for %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
			t.Errorf("the caller's own limit: %v", err)
		}
		put(t, held)
		st := p.ResourceStats()
		if st.TimedOut != 1 || st.Canceled != 1 || st.WaitCount != 2 || st.WaitDuration != 3*time.Second/2 {
			t.Errorf("%d timed out, %d canceled, %d waits of %v", st.TimedOut, st.Canceled, st.WaitCount, st.WaitDuration)
		}
	})
}

func TestMaxWaiters(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true, MaxWaiters: 1}
	inBubble(t, &s, p, func(t *testing.T) {
		held := get(t, p)
		var waiter sync.WaitGroup
		waiter.Go(func() { put(t, get(t, p)) })
		synctest.Wait()
		if _, err := p.GetContext(t.Context()); err != redispool.ErrTooManyWaiters || !errors.Is(err, redis.ErrPoolExhausted) {
			t.Errorf("a caller beyond MaxWaiters gets %v", err)
		}
		put(t, held)
		waiter.Wait()
	})
}

// TestTestBudget checks the field. The test of R14 checks the default.
func TestTestBudget(t *testing.T) {
	for budget, want := range map[time.Duration]int{time.Millisecond: 1, 50 * time.Millisecond: 3, -1: 20} {
		var s stubs
		tests := 0
		p := &redispool.Pool{MaxIdle: 20, TestBudget: budget, TestOnBorrow: func(redis.Conn, time.Time) error {
			tests++
			time.Sleep(20 * time.Millisecond)
			return errors.New("no answer")
		}}
		inBubble(t, &s, p, func(t *testing.T) {
			idle(t, p, 20)
			put(t, get(t, p))
			if tests != want {
				t.Errorf("%d tests within %v, want %d", tests, budget, want)
			}
		})
	}
}

func TestResize(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true}
	inBubble(t, &s, p, func(t *testing.T) {
		held := get(t, p)
		woken := make(chan redis.Conn)
		go func() { woken <- p.Get() }()
		synctest.Wait()
		if err := p.Resize(2, 2); err != nil {
			t.Fatal(err)
		}
		put(t, held, <-woken)
		counts(t, p, 2, 2)
		if st := p.ResourceStats(); st.MaxActive != 2 || st.MaxIdle != 2 {
			t.Errorf("limits %d and %d", st.MaxActive, st.MaxIdle)
		}
		p.Resize(0, 0)
		synctest.Wait()
		counts(t, p, 0, 0)
		a, b, c := get(t, p), get(t, p), get(t, p) // there is no limit, so nobody waits
		put(t, a, b, c)
		counts(t, p, 0, 0)
		p.Resize(-1, 3)
		idle(t, p, 3)
	})
}

// TestResizeSetsALimit sets a limit by Resize, so that Wait gets a meaning.
func TestResizeSetsALimit(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, Wait: true}
	inBubble(t, &s, p, func(t *testing.T) {
		held := get(t, p)
		p.Resize(1, 1)
		time.AfterFunc(time.Second, func() { held.Close() })
		begin := time.Now()
		put(t, get(t, p))
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited for %v, want a second", waited)
		}
	})
}

func TestReset(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 3}
	p.Reset() // of a pool not in use
	inBubble(t, &s, p, func(t *testing.T) {
		idle(t, p, 3)
		held := get(t, p)
		p.Reset()
		counts(t, p, 1, 0)
		if n := len(s.open()); n != 1 {
			t.Errorf("%d connections are open after Reset, want the one in use", n)
		}
		do(t, held, "PING")
		put(t, held)
		counts(t, p, 0, 0)
		put(t, get(t, p))
		counts(t, p, 1, 1)
	})
}

func TestShutdown(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 2}
	inBubble(t, &s, p, func(t *testing.T) {
		a, b := get(t, p), get(t, p)
		put(t, a)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.Shutdown(ctx)
		var out *resource.ShutdownError
		if !errors.As(err, &out) || out.Leased != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with one connection in use: %v", err)
		}
		if err := p.Get().Err(); err != redispool.ErrPoolClosed {
			t.Errorf("Get after Shutdown: %v", err)
		}
		time.AfterFunc(time.Minute, func() { b.Close() })
		begin := time.Now()
		if err := p.Shutdown(t.Context()); err != nil || time.Since(begin) != time.Minute {
			t.Errorf("until it was back: %v after %v", err, time.Since(begin))
		}
	})
	if err := new(redispool.Pool).Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown of a pool not in use: %v", err)
	}
}

func TestResourceStats(t *testing.T) {
	var s stubs
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 2}
	if st := p.ResourceStats(); st != (resource.Stats{}) {
		t.Errorf("before the first use: %+v", st)
	}
	inBubble(t, &s, p, func(t *testing.T) {
		a, b := get(t, p), get(t, p)
		p.Get()
		s.all[0].fail(errors.New("broken"))
		put(t, a, b)
		st := p.ResourceStats()
		got := fmt.Sprint(st.Acquired, st.Exhausted, st.Opened, st.Closed.Discarded, st.PeakActive, st.Active, st.Idle)
		if got != "2 1 2 1 2 1 1" {
			t.Errorf("statistics %s: %+v", got, st)
		}
	})
}
