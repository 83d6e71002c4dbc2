package redispool_test

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// sameCounts waits until each server has as many clients as its pool counts, and checks that none is in use.
func sameCounts(t *testing.T, rc *redistest.Cluster, c *redispool.Cluster) {
	t.Helper()
	for _, s := range rc.Nodes {
		if s.Running() {
			rc.Wait("the pool counts the clients of "+s.Addr(), func() bool {
				return c.Stats()[s.Addr()].ActiveCount == rc.Clients(s)
			})
		}
	}
	for addr, st := range c.Stats() {
		if st.ActiveCount != st.IdleCount {
			t.Errorf("%s: %d connections, %d of them idle", addr, st.ActiveCount, st.IdleCount)
		}
	}
}

// clusterGrows adds a node under load, gives it slots, takes them back and removes the node.
func clusterGrows(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	l := startLoad(c, false)
	l.goesOn(rc)
	s := rc.AddServer()
	rc.Join(s)
	var slots []int
	for i := range 10 {
		if slot := redispool.Slot(fmt.Sprintf("load:%d:%d", i%loadWorkers, i)); !slices.Contains(slots, slot) {
			slots = append(slots, slot)
		}
	}
	home := map[int]*redistest.Server{}
	for _, slot := range slots {
		home[slot] = rc.Master(slot)
		rc.MoveSlot(slot, home[slot], s)
	}
	l.goesOn(rc)
	rc.Wait("the new node is used", func() bool { return c.Stats()[s.Addr()].ActiveCount > 0 })
	for _, slot := range slots {
		rc.MoveSlot(slot, s, home[slot])
	}
	l.goesOn(rc)
	rc.Remove(s)
	rc.Wait("the pool of the removed node is gone", func() bool {
		if err := c.Refresh(); err != nil {
			t.Error(err)
		}
		_, ok := c.Stats()[s.Addr()]
		return !ok
	})
	l.goesOn(rc)
	l.noError(t)
	sameCounts(t, rc, c)
}

// clusterRestart restarts a master while many connections to it are idle. They are one error, and not one each.
func clusterRestart(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	s := rc.Master(0)
	key := keyIn(rc, s, "restart")
	var conns []redis.Conn
	for range 8 {
		conn := c.Get()
		if _, err := conn.Do("SET", key, 1); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		put(t, conn)
	}
	if n := c.Stats()[s.Addr()].IdleCount; n != 8 {
		t.Fatalf("%d idle", n)
	}
	if _, err := redis.Int(c.Do(t.Context(), "GET", key)); err != nil {
		t.Fatal(err)
	}
	rc.KillClients(s)
	failed := 0
	for range 20 {
		if _, err := c.Do(t.Context(), "SET", key, 2); err != nil {
			failed++
			t.Log(err)
		}
	}
	if failed > 1 {
		t.Errorf("%d writes of 20 failed after the connections broke", failed)
	}
	// Reads do not even see the first one.
	rc.KillClients(s)
	for range 20 {
		if _, err := c.Do(t.Context(), "GET", key); err != nil {
			t.Error(err)
		}
	}
	// Nor do writes, if they may be repeated.
	again := newCluster(t, rc, func(c *redispool.Cluster) { c.RepeatWrites = true })
	for range 2 {
		if _, err := again.Do(t.Context(), "SET", key, 3); err != nil {
			t.Error(err)
		}
		rc.KillClients(s)
	}
}

// clusterNames starts from a name that leads to a node, and closes the pool that was made for it.
func clusterNames(t *testing.T, rc *redistest.Cluster) {
	_, port, err := net.SplitHostPort(rc.Nodes[0].Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, rc, func(c *redispool.Cluster) {
		c.StartupNodes = []string{"127.0.0.1:1", net.JoinHostPort("localhost", port)}
	})
	if _, err := c.Do(t.Context(), "SET", "name", 1); err != nil {
		t.Fatal(err)
	}
	if err := c.Refresh(); err != nil {
		t.Fatal(err)
	}
	for addr := range c.Stats() {
		if host, _, _ := net.SplitHostPort(addr); host != "127.0.0.1" || addr == "127.0.0.1:1" {
			t.Errorf("a pool for %s", addr)
		}
	}
}
