package redispool_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

func repeatsGet(name string, _ []any) bool { return name == "GET" }

// together has callers send GET, until it returns. It counts the errors.
func together(p *redispool.Pool, meanwhile func(calls *atomic.Int64)) (failed int64) {
	var calls, errs atomic.Int64
	var ends atomic.Bool
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			for !ends.Load() {
				if _, err := p.Do(ctx, "GET", "key"); err != nil {
					errs.Add(1)
				}
				calls.Add(1)
			}
		})
	}
	meanwhile(&calls)
	ends.Store(true)
	wg.Wait()
	return errs.Load()
}

func waitFor(calls *atomic.Int64, more int64) {
	for goal := calls.Load() + more; calls.Load() < goal; {
		runtime.Gosched()
	}
}

// TestShareRepeatKilled: no caller notices that a real server kills all connections.
func TestShareRepeatKilled(t *testing.T) {
	server := redistest.Start(t)
	admin, err := redis.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	kills := func(calls *atomic.Int64) {
		waitFor(calls, 100)
		if _, err := admin.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
			t.Error(err)
		}
		waitFor(calls, 100)
	}
	for name, named := range map[string]func(string, []any) bool{"off": nil, "on": repeatsGet} {
		t.Run(name, func(t *testing.T) {
			p := &redispool.Pool{MaxIdle: 8, Share: 1, TestSuspects: true, ShareRepeat: named,
				Dial: func() (redis.Conn, error) { return redis.Dial("tcp", server.Addr()) }}
			defer p.Close()
			var failed int64
			for round := 0; round < 5 || p.ShareStats().Broken == 0 && round < 100; round++ {
				failed += together(p, kills) // one kill in a round: no call can meet two
			}
			switch st := p.ShareStats(); {
			case st.Broken == 0:
				t.Fatal("no connection with a call on it was killed")
			case named == nil && (failed == 0 || st.Repeated != 0):
				t.Errorf("nothing is to be repeated: %d calls failed, %+v", failed, st)
			case named != nil && (failed != 0 || st.Repeated == 0):
				t.Errorf("%d calls failed, though each may be repeated: %+v", failed, st)
			}
		})
	}
}

// TestShareRepeatRestart: with DialBackoff the second time waits for a server that comes back.
func TestShareRepeatRestart(t *testing.T) {
	server := redistest.Start(t)
	p := &redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true, Share: 1, TestSuspects: true, ShareRepeat: repeatsGet, DialBackoff: 50 * time.Millisecond,
		// A server that ends may accept a connection in its last moment, and an ECHO finds that.
		Dial: func() (redis.Conn, error) {
			c, err := redis.Dial("tcp", server.Addr())
			if err == nil {
				_, err = c.Do("ECHO", "there")
			}
			return c, err
		}}
	defer p.Close()
	failed := together(p, func(calls *atomic.Int64) {
		waitFor(calls, 100)
		server.Stop()
		server.Restart()
		waitFor(calls, 100)
	})
	if failed != 0 {
		t.Errorf("%d calls failed", failed)
	}
}

// TestShareRepeatCluster: the pool of a node repeats what the cluster itself would not.
func TestShareRepeatCluster(t *testing.T) {
	for _, named := range []bool{false, true} {
		f := newFakeNode(t)
		f.says("SET", first(1, ""))
		pool := &redispool.Pool{MaxIdle: 3, Share: 2}
		if named {
			pool.ShareRepeat = func(name string, _ []any) bool { return name == "SET" }
		}
		c := fakeCluster(t, f, func(c *redispool.Cluster) { c.CreatePool = func(string) *redispool.Pool { return pool } })
		ok, err := c.Do(t.Context(), "SET", "a", 1)
		switch n := f.count("SET"); {
		case named && (ok != "OK" || err != nil || n != 2 || pool.ShareStats().Repeated != 1):
			t.Errorf("%v, %v, sent %d times: %+v", ok, err, n, pool.ShareStats())
		case !named && (!errors.Is(err, io.EOF) || n != 1 || pool.ShareStats().Repeated != 0):
			t.Errorf("without ShareRepeat: %v, %v, sent %d times", ok, err, n)
		}
	}
}

// TestShareRepeatSentinel: a pool that a Sentinel dials for repeats, too.
func TestShareRepeatSentinel(t *testing.T) {
	server := redistest.Start(t)
	s := &redispool.Sentinel{Addrs: []string{redistest.StartSentinel(t, "mymaster", server, 1).Addr()}, MasterName: "mymaster"}
	defer s.Close()
	p := s.Master(&redispool.Pool{MaxIdle: 8, Share: 1, TestSuspects: true, ShareRepeat: repeatsGet})
	defer p.Close()
	admin, err := redis.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for round := 0; p.ShareStats().Repeated == 0; round++ {
		failed := together(p, func(calls *atomic.Int64) {
			waitFor(calls, 100)
			admin.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			waitFor(calls, 100)
		})
		if failed != 0 || round == 100 {
			t.Fatalf("%d calls failed: %+v", failed, p.ShareStats())
		}
	}
}
