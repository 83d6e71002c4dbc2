package redispool_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestDialBackoff has a server that is down for ten seconds under 64 callers. There is about one dial for each pause, and
// not one for each caller, and no caller with enough time gets an error.
func TestDialBackoff(t *testing.T) {
	errDown := errors.New("connection refused")
	synctest.Test(t, func(t *testing.T) {
		var s stubs
		var dials, errs, served atomic.Int64
		up := time.Now().Add(10 * time.Second)
		p := &redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true, DialBackoff: 100 * time.Millisecond, Dial: func() (redis.Conn, error) {
			if dials.Add(1); time.Now().Before(up) {
				return nil, errDown
			}
			return s.dial()
		}}
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				defer cancel()
				c, err := p.GetContext(ctx)
				if err != nil {
					errs.Add(1)
					return
				}
				served.Add(1)
				c.Close()
			})
		}
		time.Sleep(9 * time.Second)
		if n := dials.Load(); n < 80 || n > 130 {
			t.Errorf("%d dials in 9 s", n)
		}
		c := p.Get() // nothing bounds its wait
		if !errors.Is(c.Err(), errDown) {
			t.Errorf("got %v", c.Err())
		}
		all.Wait()
		if errs.Load() > 0 || served.Load() != 64 {
			t.Errorf("%d served, %d errors", served.Load(), errs.Load())
		}
		p.Close()
		synctest.Wait()
	})
}

// TestDialBackoffAsksAfterABreak has a server that dies, whose system accepts connections for some time
// yet. Only the call that was under way fails. A connection that nobody answers is a dial that has failed:
// the pool holds the others back.
func TestDialBackoffAsksAfterABreak(t *testing.T) {
	f := newFakeNode(t)
	p := &redispool.Pool{MaxIdle: 4, MaxActive: 4, Wait: true, DialBackoff: 10 * time.Millisecond,
		Dial: func() (redis.Conn, error) { return redis.Dial("tcp", f.addr) }}
	defer p.Close()
	set := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := p.Do(ctx, "SET", "a", 1)
		return err
	}
	if err := set(); err != nil || f.count("PING") != 0 {
		t.Fatal(err, "a pool in which nothing has broken asks")
	}
	asked := make(chan struct{})
	f.says("SET", func(int) string { return "" })
	f.says("PING", func(nth int) string {
		if nth == 5 {
			close(asked)
		}
		return ""
	})
	if err := set(); err == nil {
		t.Error("no error of the call that was under way")
	}
	outcomes := make(chan error)
	for range 16 {
		go func() { outcomes <- set() }()
	}
	select {
	case <-asked:
	case err := <-outcomes:
		t.Fatal("sent to a server that has not answered: ", err)
	}
	f.says("SET", func(int) string { return "+OK\r\n" })
	f.says("PING", func(int) string { return "-NOPERM this user has no permissions to run the 'ping' command\r\n" })
	for range 16 {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
	if n := f.count("SET"); n != 1+1+16 {
		t.Errorf("%d writes were sent, want 18", n)
	}
}

// TestDialBackoffLeads has the callers of many connections dial at the moment at which the server dies. One dials, and
// the others share its failure. If its dial hangs, they dial after a moment.
func TestDialBackoffLeads(t *testing.T) {
	errDown := errors.New("connection refused")
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var s stubs
			var mu sync.Mutex
			dials, down := 0, false
			p := &redispool.Pool{MaxIdle: 16, MaxActive: 16, Wait: true, DialBackoff: time.Minute, Dial: func() (redis.Conn, error) {
				mu.Lock()
				dials++
				first, fails := dials == 16+1, down
				mu.Unlock()
				if !fails {
					return s.dial()
				}
				if time.Sleep(time.Millisecond); first && hangs {
					time.Sleep(time.Hour)
				}
				return nil, errDown
			}}
			var conns []redis.Conn
			for range 16 {
				conns = append(conns, p.Get())
			}
			down = true
			for _, c := range s.all {
				c.fail(errDown)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var all sync.WaitGroup
			for _, c := range conns {
				all.Go(func() {
					c.Close()
					if _, err := p.GetContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			want := 1
			if hangs {
				want = 16
			}
			if n := dials - 16; n != want {
				t.Errorf("%d dials, want %d", n, want)
			}
			p.Close()
			time.Sleep(2 * time.Hour)
		})
	}
}

// TestDialBackoffErrors looks at what callers get that do not wait, or not long enough.
func TestDialBackoffErrors(t *testing.T) {
	errDown := errors.New("connection refused")
	synctest.Test(t, func(t *testing.T) {
		dial := func() (redis.Conn, error) { return nil, errDown }
		p := &redispool.Pool{MaxActive: 8, DialBackoff: time.Second, Dial: dial}
		defer p.Close()
		if err := p.Get().Err(); err != errDown {
			t.Errorf("the first got %v, not what Dial returned", err)
		}
		var held *redispool.HeldError
		if err := p.Get().Err(); !errors.As(err, &held) || held.Dial != errDown || held.Err != nil {
			t.Errorf("the second got %v", err)
		}
		q := &redispool.Pool{MaxActive: 8, Wait: true, WaitTimeout: time.Minute, DialBackoff: time.Second, Dial: dial}
		defer q.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := q.GetContext(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
			t.Errorf("with a deadline: %v", err)
		}
		err = q.Get().Err()
		if !errors.Is(err, redispool.ErrWaitTimeout) || !errors.Is(err, redis.ErrPoolExhausted) || !errors.Is(err, errDown) {
			t.Errorf("with a wait timeout: %v", err)
		}
	})
}
