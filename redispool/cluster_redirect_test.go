package redispool_test

import (
	"net"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// clusterRedirections uses a slot before, while and after it is moved.
func clusterRedirections(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	stale := newCluster(t, rc, func(c *redispool.Cluster) { c.RefreshEvery = -1 })
	const tag = "{redirect}"
	slot := redispool.Slot(tag)
	from := rc.Master(slot)
	var to *redistest.Server
	for _, s := range rc.Nodes {
		if s != from && rc.IsMaster(s) {
			to = s
		}
	}
	for _, c := range []*redispool.Cluster{c, stale} {
		if _, err := c.Do(t.Context(), "MSET", tag+"a", "a", tag+"b", "b"); err != nil {
			t.Fatal(err)
		}
	}
	rc.Do(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", rc.ID(from))
	rc.Do(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", rc.ID(to))
	host, port, _ := net.SplitHostPort(to.Addr())
	rc.Do(from, "MIGRATE", host, port, tag+"a", 0, 5000)

	get := func(c *redispool.Cluster, key string) {
		t.Helper()
		conn := c.Get()
		defer conn.Close()
		if s, err := redis.String(conn.Do("GET", tag+key)); s != key || err != nil {
			t.Errorf("%q, %v", s, err)
		}
		if s, err := redis.String(c.Do(t.Context(), "GET", tag+key)); s != key || err != nil {
			t.Errorf("%q, %v", s, err)
		}
	}
	get(c, "a") // ASK
	get(c, "b")
	impatient := newCluster(t, rc, func(c *redispool.Cluster) { c.RetryTimeout = -1 })
	if _, err := impatient.Do(t.Context(), "MGET", tag+"a", tag+"b"); !redispool.IsTryAgain(err) {
		t.Error(err)
	}
	get(impatient, "a")
	// A pipeline is not torn apart.
	conn := c.Get()
	conn.Send("GET", tag+"b")
	conn.Send("GET", tag+"a")
	conn.Flush()
	if s, err := redis.String(conn.Receive()); s != "b" || err != nil {
		t.Error(s, err)
	}
	if r := redispool.ParseRedir(second(conn.Receive())); r == nil || r.Type != "ASK" || r.NewSlot != slot || r.Addr != to.Addr() {
		t.Errorf("%+v", r)
	}
	put(t, conn)
	// TRYAGAIN ends when the keys are together again.
	done := make(chan error, 1)
	go func() {
		all, err := redis.Strings(c.Do(t.Context(), "MGET", tag+"a", tag+"b"))
		if strings.Join(all, "") != "ab" && err == nil {
			err = errWrong
		}
		done <- err
	}()
	rc.MoveSlot(slot, from, to)
	if err := <-done; err != nil {
		t.Error(err)
	}
	// A transaction is not torn apart either, and the next one goes to the right node.
	for i, want := range []bool{false, true} {
		conn = stale.Get()
		conn.Send("MULTI")
		conn.Send("GET", tag+"a")
		_, err := conn.Do("EXEC")
		if (err == nil) != want {
			t.Errorf("transaction %d after the move: %v", i, err)
		}
		put(t, conn)
	}
	get(stale, "a") // MOVED
	get(c, "b")
}
