package redispool_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/redispool"
)

// TestClusterDropped drops clusters without closing them. The connections to their node must be closed all the same.
func TestClusterDropped(t *testing.T) {
	for name, change := range map[string]func(*redispool.Cluster){
		"as it is": func(*redispool.Cluster) {},
		"limits over all nodes": func(c *redispool.Cluster) {
			c.MaxActive, c.MaxIdle = 4, 4
		},
		"pools that share": func(c *redispool.Cluster) {
			c.CreatePool = func(string) *redispool.Pool {
				return &redispool.Pool{MaxIdle: 4, MaxActive: 8, Share: 2, IdleTimeout: time.Hour}
			}
		},
		"pools with MinIdle": func(c *redispool.Cluster) {
			c.CreatePool = func(string) *redispool.Pool { return &redispool.Pool{MaxIdle: 4, MinIdle: 2, DialBackoff: time.Hour} }
		},
		"after a failure": func(c *redispool.Cluster) {
			c.StartupNodes = append([]string{"127.0.0.1:1"}, c.StartupNodes...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeNode(t)
			useCluster(t, f, change)
			for range 10_000 {
				if runtime.GC(); f.srv.ClientsLen() == 0 {
					return
				}
				time.Sleep(time.Millisecond) // the node has to notice
			}
			t.Errorf("%d connections stay open", f.srv.ClientsLen())
		})
	}
}

// useCluster is not inlined, so that no reference to the cluster stays on the caller's stack.
//
//go:noinline
func useCluster(t *testing.T, f *fakeNode, change func(*redispool.Cluster)) {
	c := &redispool.Cluster{StartupNodes: []string{f.addr}, RetryTimeout: time.Minute}
	change(c)
	for range 3 {
		if _, err := c.Do(t.Context(), "GET", "key"); err != nil {
			t.Fatal(err)
		}
		conn := c.Get()
		do(t, conn, "SET", "key", "value")
		put(t, conn)
	}
	if f.srv.ClientsLen() == 0 {
		t.Fatal("no connection is open")
	}
}
