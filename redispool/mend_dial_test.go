package redispool_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// slowly is a dialer that respects its context and takes some time, as TLS and AUTH do.
func slowly(d time.Duration, dial func() (redis.Conn, error)) func(context.Context) (redis.Conn, error) {
	return func(ctx context.Context) (redis.Conn, error) {
		select {
		case <-time.After(d):
			return dial()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// TestMendR15DialOutlivesItsCaller calls Get again and again, each time with less time than a dial takes.
func TestMendR15DialOutlivesItsCaller(t *testing.T) {
	// Without Wait most callers come while all places are being dialed.
	for wait, least := range map[bool]int32{false: 10, true: 200} {
		t.Run(fmt.Sprint("Wait ", wait), func(t *testing.T) {
			mendedInBubble(t, "20 callers, 15 times each: 0 served", func(t *testing.T, pool maker) string {
				var s stubs
				p := pool(fields{DialContext: slowly(200*time.Millisecond, s.dial), MaxIdle: 10, MaxActive: 10, Wait: wait})
				var served atomic.Int32
				var callers sync.WaitGroup
				for range 20 {
					callers.Go(func() {
						for range 15 {
							ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
							if c, err := p.GetContext(ctx); err == nil {
								served.Add(1)
								c.Close()
							}
							cancel()
							time.Sleep(10 * time.Millisecond)
						}
					})
				}
				callers.Wait()
				time.Sleep(time.Second)
				n, dials := served.Load(), s.dialed.Load()
				p.Close()
				s.settle(t)
				if dials > 10 {
					t.Errorf("%d dials, want one for each place at most", dials)
				}
				if n < least {
					return fmt.Sprintf("20 callers, 15 times each: %d served", n)
				}
				return ""
			})
		})
	}
}

// TestDialEndsWithThePool closes the pool during a dial whose caller has left.
func TestDialEndsWithThePool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s stubs
		p := &redispool.Pool{DialContext: slowly(time.Hour, s.dial), MaxIdle: 1, DialTimeout: -1}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
			t.Errorf("error %v, want that of the context", err)
		}
		synctest.Wait()
		if n := p.ActiveCount(); n != 1 {
			t.Errorf("%d connections, want the one that is being dialed", n)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if n := p.ActiveCount(); n != 0 {
			t.Errorf("%d connections after Shutdown", n)
		}
	})
}

// TestDialTimeout checks that DialTimeout bounds only dials whose callers have left.
func TestDialTimeout(t *testing.T) {
	for _, test := range []struct {
		set, want time.Duration // zero: never
	}{{0, 30 * time.Second}, {time.Minute, time.Minute}, {-1, 0}} {
		t.Run(test.set.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s stubs
				p := &redispool.Pool{DialContext: slowly(time.Hour, s.dial), MaxIdle: 2, DialTimeout: test.set}
				defer p.Close()
				go func() {
					c := p.Get() // this caller never leaves
					defer c.Close()
					if err := c.Err(); err != nil {
						t.Errorf("a caller without a deadline got %v", err)
					}
				}()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
					t.Errorf("error %v, want that of the context", err)
				}
				left := test.want
				if left == 0 {
					left = 10 * time.Minute
				}
				time.Sleep(left - 1)
				synctest.Wait()
				if n := p.ActiveCount(); n != 2 {
					t.Errorf("%d connections before DialTimeout, want two that are being dialed", n)
				}
				time.Sleep(2 * time.Nanosecond)
				synctest.Wait()
				want := 1
				if test.want == 0 {
					want = 2
				}
				if n := p.ActiveCount(); n != want {
					t.Errorf("%d connections after DialTimeout, want %d", n, want)
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// TestMendR15SlowDialRealServer is the same with a real server that is paused and answers nothing for a while.
func TestMendR15SlowDialRealServer(t *testing.T) {
	s := redistest.Start(t)
	dialing := make(chan struct{}, 2)
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true, DialContext: func(ctx context.Context) (redis.Conn, error) {
		dialing <- struct{}{}
		c, err := redis.DialContext(ctx, "tcp", s.Addr())
		if err != nil {
			return nil, err
		}
		if _, err := redis.DoContext(c, ctx, "PING"); err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	}}
	defer p.Close()
	s.Pause()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := p.GetContext(ctx)
		failed <- err
	}()
	<-dialing // a context that ends before the dial begins would end the dial as well
	cancel()
	if err := <-failed; err != context.Canceled {
		t.Errorf("error %v, want that of the context", err)
	}
	s.Resume()
	c, err := p.GetContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n := p.ResourceStats().Opened; n != 1 {
		t.Errorf("%d dials, want the one whose caller left", n)
	}
	if _, err := c.Do("PING"); err != nil {
		t.Error(err)
	}
}

// TestMendR15TLSHandshake dials a server that accepts connections and never answers. redigo's own DialContext ignores its
// context once the connection is accepted.
func TestMendR15TLSHandshake(t *testing.T) {
	for _, limit := range []int{0, 1} {
		t.Run(fmt.Sprint("MaxActive ", limit), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			p := &redispool.Pool{MaxIdle: 1, MaxActive: limit, Wait: limit > 0, DialContext: func(ctx context.Context) (redis.Conn, error) {
				return redis.DialContext(ctx, "tcp", l.Addr().String(),
					redis.DialUseTLS(true), redis.DialTLSSkipVerify(true), redis.DialTLSHandshakeTimeout(time.Hour))
			}}
			defer p.Close()
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error)
			go func() {
				_, err := p.GetContext(ctx)
				failed <- err
			}()
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := server.Read(make([]byte, 1)); err != nil { // the handshake has begun
				t.Fatal(err)
			}
			cancel()
			if err := <-failed; err != context.Canceled {
				t.Errorf("error %v, want that of the context", err)
			}
			if n := p.ActiveCount(); n != 1 {
				t.Errorf("%d connections, want the one that is being dialed", n)
			}
			server.Close() // ends the handshake, and with it the dial
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
