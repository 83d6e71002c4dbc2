package redispool_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestResetOnReadOnlyLeavesHungCloses demotes the master of a pool whose idle connections do not close.
func TestResetOnReadOnlyLeavesHungCloses(t *testing.T) {
	for _, share := range []int{0, 1} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				s := stubs{answer: func(c *stub, cmd string, _ []any) any {
					if c.id <= 4 && cmd == "SET" {
						return redis.Error("READONLY You can't write against a read only replica.")
					}
					return "OK"
				}, closing: func(c *stub) {
					if c.id <= 3 {
						<-free
					}
				}}
				p := &redispool.Pool{MaxIdle: 8, Share: share, ResetOnReadOnly: true, KeepSession: true, Dial: s.dial}
				var others []redis.Conn
				for range 3 {
					c := get(t, p)
					do(t, c, "SELECT", 1) // a connection of its own
					others = append(others, c)
				}
				c := get(t, p)
				do(t, c, "GET", "key") // over the fourth connection, shared or not
				put(t, others...)
				begin := time.Now()
				if _, err := c.Do("SET", "key", "value"); err == nil {
					t.Error("no error")
				}
				c.Close()
				c = get(t, p)
				do(t, c, "SET", "key", "value")
				c.Close()
				if took := time.Since(begin); took > time.Second {
					t.Errorf("borrowers waited %v for closes of others", took)
				}
				close(free)
				p.Close()
				synctest.Wait()
				s.settle(t)
			})
		})
	}
}

// hungFull is a connection whose Close hangs until free is closed. It can be called with a context.
type hungFull struct {
	redis.ConnWithContext
	free chan struct{}
}

func (c *hungFull) Close() error {
	<-c.free
	return c.ConnWithContext.Close()
}

// TestSentinelLeavesHungCloses moves the master of several pools twice. The idle connection of one of them does not close.
func TestSentinelLeavesHungCloses(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		free := make(chan struct{})
		var moves []string
		w.OnMasterChange = func(from, to string) { moves = append(moves, to) }
		hung := w.Master(&redispool.Pool{MaxIdle: 1})
		inner := hung.DialContext
		hung.DialContext = func(ctx context.Context) (redis.Conn, error) {
			c, err := inner(ctx)
			return &hungFull{c.(redis.ConnWithContext), free}, err
		}
		pools := []*redispool.Pool{hung, w.Master(&redispool.Pool{MaxIdle: 1}), w.Master(&redispool.Pool{MaxIdle: 1})}
		for _, p := range pools {
			w.lends(p, firstServer)
		}
		w.moves(firstServer, secondServer)
		time.Sleep(time.Second)
		synctest.Wait()
		for _, p := range pools[1:] {
			counts(t, p, 0, 0)
			w.lends(p, secondServer)
		}
		w.moves(secondServer, thirdServer)
		time.Sleep(time.Second)
		synctest.Wait()
		for _, p := range pools[1:] {
			w.lends(p, thirdServer)
		}
		if fmt.Sprint(moves) != fmt.Sprint([]string{firstServer, secondServer, thirdServer}) {
			t.Errorf("the masters are %v", moves)
		}
		close(free)
		for _, p := range pools {
			p.Close()
		}
	})
}

// TestShareLeavesAHungClose has a shared connection break whose Close hangs.
func TestShareLeavesAHungClose(t *testing.T) {
	for name, reply := range map[string]any{
		"broken":  io.EOF,
		"useless": redis.Error("ERR max number of clients reached"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				s := stubs{answer: func(c *stub, _ string, _ []any) any {
					if c.id == 1 {
						return reply
					}
					return "OK"
				}, closing: func(c *stub) {
					if c.id == 1 {
						<-free
					}
				}}
				p := &redispool.Pool{MaxIdle: 2, Share: 1, Dial: s.dial}
				begin := time.Now()
				if _, err := p.Do(t.Context(), "GET", "key"); err != reply {
					t.Errorf("error %v, want %v", err, reply)
				}
				for range 3 {
					if _, err := p.Do(t.Context(), "GET", "key"); err != nil {
						t.Error(err)
					}
				}
				if took := time.Since(begin); took > time.Second {
					t.Errorf("the callers waited %v for a close", took)
				}
				close(free)
				p.Close()
				synctest.Wait()
				s.settle(t)
			})
		})
	}
}

// TestClusterLeavesHungCloses has the connections to a node break whose Close hangs.
func TestClusterLeavesHungCloses(t *testing.T) {
	f := newFakeNode(t)
	free := make(chan struct{})
	var sound atomic.Bool // connections that are dialed from now on do not hang
	c := fakeCluster(t, f, func(c *redispool.Cluster) {
		c.CreatePool = func(addr string) *redispool.Pool {
			return &redispool.Pool{MaxIdle: 4, Dial: func() (redis.Conn, error) {
				c, err := redis.Dial("tcp", addr)
				if err == nil && !sound.Load() {
					c = &hungFull{c.(redis.ConnWithContext), free}
				}
				return c, err
			}}
		}
	})
	var cs []redis.Conn
	for range 3 {
		own := c.Get()
		do(t, own, "GET", "key")
		cs = append(cs, own)
	}
	put(t, cs...)
	sound.Store(true)
	f.says("GET", func(nth int) string {
		if nth == 4 {
			return ""
		}
		return "+OK\r\n"
	})
	if _, err := c.Do(t.Context(), "GET", "key"); err != nil {
		t.Error(err)
	}
	close(free)
}
