package redispool_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestSentinelWatchesOnlyForPools opens and closes pools, and counts the connections to the sentinel.
func TestSentinelWatchesOnlyForPools(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		watched := func(want bool) {
			t.Helper()
			synctest.Wait()
			if n := w.Open(); (n != 0) != want {
				t.Errorf("%d connections, watched: %v", n, want)
			}
		}
		p, q := w.Master(&redispool.Pool{}), w.Replicas(&redispool.Pool{})
		watched(false)
		w.lends(p, firstServer)
		w.lends(q, thirdServer)
		watched(true)
		p.Close()
		watched(true)
		if err := q.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		watched(false)
		w.refuses(q, redispool.ErrPoolClosed.Error())
		if _, err := q.DialContext(t.Context()); err != redispool.ErrPoolClosed {
			t.Errorf("a dial that is late: %v", err)
		}
		watched(false)

		p = w.Master(&redispool.Pool{})
		w.lends(p, firstServer)
		watched(true)
		if addr, err := w.MasterAddr(t.Context()); addr != firstServer || err != nil {
			t.Errorf("the master is %q, %v", addr, err)
		}
		if addrs, err := w.ReplicaAddrs(t.Context()); !slices.Equal(addrs, []string{secondServer, thirdServer}) || err != nil {
			t.Errorf("the replicas are %q, %v", addrs, err)
		}
		p.Close()
		watched(true)
		w.Close()
		watched(false)
		if _, err := w.MasterAddr(t.Context()); err != redispool.ErrSentinelClosed {
			t.Errorf("of a closed Sentinel: %v", err)
		}
		p = w.Master(&redispool.Pool{})
		w.refuses(p, redispool.ErrSentinelClosed.Error())
		p.Close()
		w.Close()
	})
}

// TestSentinelClosedInAPool closes the Sentinel of a pool in use: its connections stay usable.
func TestSentinelClosedInAPool(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		p := w.Master(&redispool.Pool{MaxIdle: 1})
		w.lends(p, firstServer)
		w.Close()
		c := w.holds(p, firstServer)
		w.refuses(p, redispool.ErrSentinelClosed.Error())
		put(t, c)
		p.Close()
	})
}

func TestSentinelMisuse(t *testing.T) {
	dial := func() (redis.Conn, error) { return nil, nil }
	good := func() *redispool.Sentinel {
		return &redispool.Sentinel{Addrs: []string{sentinelAddr}, MasterName: "mymaster"}
	}
	used := good().Master(&redispool.Pool{})
	for want, p := range map[string]*redispool.Pool{
		"must be nil":               good().Master(&redispool.Pool{Dial: dial}),
		"must be nil in":            good().Replicas(used),
		"Sentinel.Addrs is empty":   (&redispool.Sentinel{MasterName: "mymaster"}).Master(&redispool.Pool{}),
		"Sentinel.MasterName is":    (&redispool.Sentinel{Addrs: []string{sentinelAddr}}).Master(&redispool.Pool{}),
		"Sentinel.Timeout is -1s":   (&redispool.Sentinel{Addrs: []string{"a"}, MasterName: "m", Timeout: -time.Second}).Master(&redispool.Pool{}),
		"Sentinel.Interval is 10ns": (&redispool.Sentinel{Addrs: []string{"a"}, MasterName: "m", Interval: 10}).Master(&redispool.Pool{}),
		"Sentinel.Interval is -1s":  (&redispool.Sentinel{Addrs: []string{"a"}, MasterName: "m", Interval: -time.Second}).Master(&redispool.Pool{}),
	} {
		if err := p.Get().Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
		p.Close()
	}
	if _, err := new(redispool.Sentinel).MasterAddr(t.Context()); err == nil || !strings.Contains(err.Error(), "Addrs is empty") {
		t.Errorf("of a zero Sentinel: %v", err)
	}
	new(redispool.Sentinel).Close()
}

// TestSentinelDropped drops a Sentinel and its pool without closing them. In the end no connection is left, also if the
// user's functions refer to the Sentinel.
func TestSentinelDropped(t *testing.T) {
	for name, set := range map[string]func(s *redispool.Sentinel, p *redispool.Pool){
		"as it is": func(*redispool.Sentinel, *redispool.Pool) {},
		"with functions that refer to it": func(s *redispool.Sentinel, _ *redispool.Pool) {
			dial := s.DialContext
			s.DialContext = func(ctx context.Context, addr string) (redis.Conn, error) {
				defer runtime.KeepAlive(s)
				return dial(ctx, addr)
			}
			s.SentinelDialContext = s.DialContext
			s.OnMasterChange = func(_, _ string) { runtime.KeepAlive(s) }
		},
		"a pool that shares":              func(_ *redispool.Sentinel, p *redispool.Pool) { p.Share = 1 },
		"a pool with MinIdle and reports": func(_ *redispool.Sentinel, p *redispool.Pool) { p.MinIdle, p.LeakAfter = 1, time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			w := newSentinelWorld(t)
			world := w.World
			func() {
				p := &redispool.Pool{MaxIdle: 1}
				set(w.Sentinel, p)
				w.lends(w.Master(p), firstServer)
				w.Sentinel, w = nil, nil
			}()
			for end := time.Now().Add(generously); world.Open() > 0; runtime.GC() {
				if time.Now().After(end) {
					t.Fatalf("%d connections are open", world.Open())
				}
			}
		})
	}
}

// TestSentinelForgetsWatchers opens and closes pools of one Sentinel, which watches anew for
// each. Nothing of what it has learned for the closed ones stays in memory.
func TestSentinelForgetsWatchers(t *testing.T) {
	type refusal struct{ error }
	var mu sync.Mutex
	var refusals []weak.Pointer[refusal]
	s := &redispool.Sentinel{
		Addrs:      []string{sentinelAddr},
		MasterName: "mymaster",
		SentinelDialContext: func(context.Context, string) (redis.Conn, error) {
			err := &refusal{errors.New("refused")}
			mu.Lock()
			defer mu.Unlock()
			refusals = append(refusals, weak.Make(err))
			return nil, err
		},
	}
	defer s.Close()
	for range 3 {
		p := s.Master(&redispool.Pool{})
		if err := p.Get().Err(); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("the error is %v", err)
		}
		p.Close()
	}
	kept := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range refusals {
			if r.Value() != nil {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(generously); kept() > 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d of %d answers of sentinels are in memory", kept(), len(refusals))
		}
	}
	runtime.KeepAlive(s)
}

// TestSentinelPoolEndsInTime has a sentinel whose dial takes a minute and ignores its context, and one whose
// connections take a minute to close. The end of the last pool ends the watching.
func TestSentinelPoolEndsInTime(t *testing.T) {
	dials := map[string]func(w *sentinelWorld) func(context.Context, string) (redis.Conn, error){
		"dial": func(w *sentinelWorld) func(context.Context, string) (redis.Conn, error) {
			return func(_ context.Context, addr string) (redis.Conn, error) {
				time.Sleep(time.Minute)
				return w.Dial(context.Background(), addr)
			}
		},
		"close": func(w *sentinelWorld) func(context.Context, string) (redis.Conn, error) {
			return func(ctx context.Context, addr string) (redis.Conn, error) {
				c, err := w.Dial(ctx, addr)
				return &slowFull{c.(redis.ConnWithContext)}, err
			}
		},
		"exit": func(*sentinelWorld) func(context.Context, string) (redis.Conn, error) {
			return func(context.Context, string) (redis.Conn, error) {
				runtime.Goexit()
				return nil, nil
			}
		},
	}
	for name, dial := range dials {
		for how, end := range map[string]func(p *redispool.Pool, ctx context.Context){
			"Shutdown":  func(p *redispool.Pool, ctx context.Context) { p.Shutdown(ctx) },
			"Terminate": func(p *redispool.Pool, ctx context.Context) { p.Terminate(ctx) },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
					w.SentinelDialContext = dial(w)
					p := w.Master(&redispool.Pool{MaxIdle: 1})
					within := func() context.Context {
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						t.Cleanup(cancel)
						return ctx
					}
					begin := time.Now()
					c, _ := p.GetContext(within())
					c.Close()
					end(p, within())
					if took := time.Since(begin); took > 3*time.Second {
						t.Errorf("the pool ends after %v", took)
					}
					time.Sleep(time.Hour)
				})
			})
		}
	}
}

// slowFull takes a minute to close.
type slowFull struct{ redis.ConnWithContext }

func (c *slowFull) Close() error {
	time.Sleep(time.Minute)
	return c.ConnWithContext.Close()
}
