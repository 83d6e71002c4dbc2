package redispool_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

func clusterReplicas(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc, func(c *redispool.Cluster) { c.ReadReplicas = true })
	rc.WaitOK()
	key := "replicated"
	if _, err := c.Do(t.Context(), "SET", key, 1); err != nil {
		t.Fatal(err)
	}
	rc.Wait("a replica has the write", func() bool {
		n, err := redis.Int(c.Do(t.Context(), "GET", key))
		return n == 1 && err == nil
	})
	calls := func() (reads, readonlys int) {
		for _, s := range rc.Nodes {
			if !rc.IsMaster(s) {
				stats := rc.Text(s, "INFO", "commandstats")
				reads += callsOf(stats, "get")
				readonlys += callsOf(stats, "readonly")
			}
		}
		return reads, readonlys
	}
	reads, readonlys := calls()
	for range 50 {
		if n, err := redis.Int(c.Do(t.Context(), "GET", key)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	conn := c.Get()
	if err := redispool.ReadOnlyConn(conn); err != nil {
		t.Fatal(err)
	}
	if n, err := redis.Int(conn.Do("GET", key)); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := conn.Do("SET", key, 1); err != nil { // goes on to the master
		t.Error(err)
	}
	put(t, conn)
	moreReads, moreReadonlys := calls()
	if moreReads-reads < 51 || moreReadonlys != readonlys {
		t.Errorf("%d reads at replicas, want 51 or more; %d times READONLY, want none on connections that have it", moreReads-reads, moreReadonlys-readonlys)
	}
}

// callsOf returns how often a server was sent a command.
func callsOf(stats, cmd string) (n int) {
	_, rest, _ := strings.Cut(stats, "cmdstat_"+cmd+":calls=")
	fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &n)
	return n
}

func clusterNodes(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	for _, replicas := range []bool{false, true} {
		seen := map[string]bool{}
		err := c.EachNode(replicas, func(addr string, conn redis.Conn) error {
			seen[addr] = true
			role, err := redis.Values(conn.Do("ROLE"))
			if err == nil && (string(role[0].([]byte)) == "slave") != replicas {
				return fmt.Errorf("%s is a %s", addr, role[0])
			}
			return err
		})
		if err != nil || len(seen) != 3 {
			t.Errorf("%v, %v", seen, err)
		}
	}
	stop := errors.New("stop")
	if err := c.EachNode(false, func(string, redis.Conn) error { return stop }); err != stop {
		t.Error(err)
	}
	if err := c.Refresh(); err != nil {
		t.Error(err)
	}
	total := 0
	for _, st := range c.Stats() {
		total += st.ActiveCount
	}
	if total < 3 {
		t.Errorf("%d connections", total)
	}
}

func clusterUnpooled(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	conn, err := c.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Do("SET", "unpooled", 1); err != nil {
		t.Error(err)
	}
	for addr, st := range c.Stats() {
		if st.ActiveCount != 0 {
			t.Errorf("%s: %+v", addr, st)
		}
	}
	put(t, conn)
	if _, err := c.Do(t.Context(), "NOSUCHCOMMAND", "key"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Error(err)
	}
}

func clusterClosed(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	held := c.Get()
	if _, err := held.Do("SET", "held", 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := held.Do("GET", "held"); err != nil {
		t.Errorf("a connection in use: %v", err)
	}
	put(t, held)
	put(t, held)
	if _, err := held.Do("PING"); err == nil {
		t.Error("a connection can be used after its Close")
	}
	conn, err := c.GetContext(t.Context())
	if err != redispool.ErrClusterClosed || conn.Err() != err {
		t.Error(err, conn.Err())
	}
	for _, err := range []error{
		second(c.Do(t.Context(), "GET", "held")), c.Get().Err(), c.Refresh(), second(c.Dial()),
		c.EachNode(false, func(string, redis.Conn) error { return nil }),
	} {
		if err != redispool.ErrClusterClosed {
			t.Error(err)
		}
	}
	var unused redispool.Cluster
	if err := unused.Close(); err != nil {
		t.Error(err)
	}
}
