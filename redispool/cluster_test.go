package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

func newCluster(t *testing.T, rc *redistest.Cluster, change ...func(*redispool.Cluster)) *redispool.Cluster {
	t.Helper()
	c := &redispool.Cluster{
		StartupNodes: []string{rc.Nodes[0].Addr(), rc.Nodes[1].Addr()},
		CreatePool: func(addr string) *redispool.Pool {
			return &redispool.Pool{MaxIdle: 8, MaxActive: 16, Wait: true}
		},
		RetryTimeout: 30 * time.Second,
	}
	for _, f := range change {
		f(c)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// noClients waits until the servers have no client left.
func noClients(t *testing.T, rc *redistest.Cluster) {
	t.Helper()
	for _, s := range rc.Nodes {
		if s.Running() {
			rc.Wait("no client is connected to "+s.Addr(), func() bool { return rc.Clients(s) == 0 })
		}
	}
}

// keyIn returns a key whose slot is served by a server.
func keyIn(rc *redistest.Cluster, s *redistest.Server, prefix string) string {
	for i := 0; ; i++ {
		key := fmt.Sprint(prefix, i)
		if rc.Master(redispool.Slot(key)) == s {
			return key
		}
	}
}

func TestCluster(t *testing.T) {
	redistest.NeedFailovers(t)
	rc := redistest.StartCluster(t, 3)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *redistest.Cluster)
	}{
		{"commands", clusterCommands},
		{"total", clusterTotal},
		{"pipelines", clusterPipelines},
		{"cross slot", clusterCrossSlot},
		{"aborted transactions", clusterAborts},
		{"scripts", clusterScripts},
		{"subscriptions", clusterSubscriptions},
		{"RetryConn", clusterRetryConns},
		{"replicas", clusterReplicas},
		{"nodes", clusterNodes},
		{"Dial", clusterUnpooled},
		{"closed", clusterClosed},
		{"contexts", clusterContexts},
		{"redirections", clusterRedirections},
		{"names", clusterNames},
		{"restart", clusterRestart},
		{"growth", clusterGrows},
		{"departure", clusterLeaves},
		{"resharding", clusterReshard},
		{"failover", clusterFailover},
		{"kill", clusterKill},
		{"stop", clusterStop},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, rc) }) {
			break // the next part would find another cluster than it expects
		}
		noClients(t, rc)
	}
}

func clusterCommands(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	ctx := t.Context()
	for i := range 300 {
		key := fmt.Sprint("key", i)
		if _, err := c.Do(ctx, "SET", key, i); err != nil {
			t.Fatal(err)
		}
		conn, err := c.GetContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := redis.Int(conn.Do("GET", key)); n != i || err != nil {
			t.Fatalf("GET %s: %d, %v", key, n, err)
		}
		put(t, conn)
	}
	var cross *redispool.CrossSlotError
	if _, err := c.Do(ctx, "MSET", "a", 1, "b", 2); !errors.As(err, &cross) || cross.Slot == cross.OtherSlot {
		t.Error(err)
	}
	if _, err := c.Do(context.Background(), "MSET", "{a}1", 1, "{a}2", 2); err != nil {
		t.Error(err)
	}
}
