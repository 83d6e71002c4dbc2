package redispool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// countedDials counts the open connections that a SET was sent on, over all nodes: the
// cluster's own, which ask for the slots, are dialed in the same way.
type countedDials struct {
	mu         sync.Mutex
	open, most int
}

func (d *countedDials) add(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open += n
	d.most = max(d.most, d.open)
}

// countedConn counts from the first SET until it is closed.
type countedConn struct {
	net.Conn
	dials      *countedDials
	begin, end sync.Once
}

func (c *countedConn) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("SET")) {
		c.begin.Do(func() { c.dials.add(1) })
	}
	return c.Conn.Write(b)
}

func (c *countedConn) Close() error {
	err := c.Conn.Close()
	counted := true
	c.begin.Do(func() { counted = false })
	if counted {
		c.end.Do(func() { c.dials.add(-1) })
	}
	return err
}

func (d *countedDials) dial(addr string) func() (redis.Conn, error) {
	return func() (redis.Conn, error) {
		return redis.Dial("tcp", addr, redis.DialNetDial(func(network, addr string) (net.Conn, error) {
			c, err := net.Dial(network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: c, dials: d}, nil
		}))
	}
}

// twoNodes returns a cluster of two nodes, with a key for each.
func twoNodes(t *testing.T, d *countedDials, pool func() *redispool.Pool, change func(*redispool.Cluster)) (c *redispool.Cluster, nodes [2]*fakeNode, keys [2]string) {
	t.Helper()
	nodes = [2]*fakeNode{newFakeNode(t), newFakeNode(t)}
	slots := "*2\r\n"
	for i, r := range []string{":0\r\n:8191\r\n", ":8192\r\n:16383\r\n"} {
		slots += "*3\r\n" + r + fmt.Sprintf("*2\r\n$9\r\n127.0.0.1\r\n:%s\r\n", nodes[i].port)
	}
	for _, n := range nodes {
		n.says("CLUSTER SLOTS", func(int) string { return slots })
	}
	for i := 0; keys[0] == "" || keys[1] == ""; i++ {
		key := fmt.Sprint("key", i)
		keys[redispool.Slot(key)/8192] = key
	}
	c = fakeCluster(t, nodes[0], func(c *redispool.Cluster) {
		c.CreatePool = func(addr string) *redispool.Pool {
			p := pool()
			p.Dial = d.dial(addr)
			return p
		}
		change(c)
	})
	return c, nodes, keys
}

// A call to one node takes the place of a connection that is idle to another.
func TestClusterTotal(t *testing.T) {
	var d countedDials
	c, nodes, keys := twoNodes(t, &d, func() *redispool.Pool { return &redispool.Pool{MaxIdle: 4, MaxActive: 4} }, func(c *redispool.Cluster) { c.MaxActive = 1 })
	ctx := t.Context()
	for range 3 {
		for i, key := range keys {
			if _, err := c.Do(ctx, "SET", key, 1); err != nil {
				t.Fatal(err)
			}
			if here, other := c.Stats()[nodes[i].addr], c.Stats()[nodes[1-i].addr]; here.IdleCount != 1 || other.ActiveCount != 0 {
				t.Errorf("after a call to node %d: %v there, %v elsewhere", i, here, other)
			}
		}
	}
	held := c.Get()
	if _, err := held.Do("SET", keys[0], 1); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(ctx, "SET", keys[1], 1); !errors.Is(err, redispool.ErrPoolExhausted) {
		t.Errorf("the one connection is in use: %v", err)
	}
	put(t, held)
	if _, err := c.Do(ctx, "SET", keys[1], 1); err != nil {
		t.Error(err)
	}
	if d.most != 1 {
		t.Errorf("%d connections at a time, the limit is 1", d.most)
	}
	c.Close()
	if d.open != 0 {
		t.Errorf("%d connections are open after Close", d.open)
	}
}

// Calls that an ASK leads to another node do not wait for each other's connection.
func TestClusterTotalAsk(t *testing.T) {
	var d countedDials
	c, nodes, keys := twoNodes(t, &d, func() *redispool.Pool { return &redispool.Pool{MaxIdle: 4, MaxActive: 4, Wait: true} }, func(c *redispool.Cluster) { c.MaxActive = 2 })
	ask := fmt.Sprintf("-ASK %d 127.0.0.1:%s\r\n", redispool.Slot(keys[0]), nodes[1].port)
	nodes[0].says("SET", func(int) string { return ask })
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 20 {
				if _, err := c.Do(t.Context(), "SET", keys[0], 1); err != nil {
					t.Error(err)
				}
				conn := c.Get()
				if _, err := conn.Do("SET", keys[0], 1); err != nil {
					t.Error(err)
				}
				put(t, conn)
			}
		})
	}
	all.Wait()
	if d.most > 2 {
		t.Errorf("%d connections at a time, the limit is 2", d.most)
	}
}

func TestClusterTotalIdle(t *testing.T) {
	var d countedDials
	c, nodes, keys := twoNodes(t, &d, func() *redispool.Pool { return &redispool.Pool{MaxIdle: 4} }, func(c *redispool.Cluster) { c.MaxIdle = 1 })
	for _, key := range keys {
		if _, err := c.Do(t.Context(), "SET", key, 1); err != nil {
			t.Fatal(err)
		}
	}
	if st := c.Stats(); st[nodes[0].addr].IdleCount != 0 || st[nodes[1].addr].IdleCount != 1 {
		t.Errorf("one may be idle: %v", st)
	}
}

func TestClusterTotalRefuses(t *testing.T) {
	var d countedDials
	c, _, keys := twoNodes(t, &d, func() *redispool.Pool { return &redispool.Pool{MaxIdle: 4, MinIdle: 2} }, func(c *redispool.Cluster) {
		c.MaxActive, c.RetryTimeout = 1, -1
	})
	_, err := c.Do(context.Background(), "SET", keys[0], 1)
	if err == nil || !strings.Contains(err.Error(), "redispool: Pool.MinIdle is 2, above Cluster.MaxActive, which is 1") {
		t.Error(err)
	}
}

// clusterTotal has many callers use all nodes of a real cluster, with fewer connections than nodes.
func clusterTotal(t *testing.T, rc *redistest.Cluster) {
	var d countedDials
	c := newCluster(t, rc, func(c *redispool.Cluster) {
		c.MaxActive = 2
		c.CreatePool = func(addr string) *redispool.Pool {
			return &redispool.Pool{MaxIdle: 8, MaxActive: 16, Wait: true, Dial: d.dial(addr)}
		}
	})
	load := startLoad(c, false)
	load.goesOn(rc)
	load.noError(t)
	if d.most > 2 {
		t.Errorf("%d connections at a time, the limit is 2", d.most)
	}
}
