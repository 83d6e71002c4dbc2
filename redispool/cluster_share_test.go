package redispool_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestClusterShares: each node's pool shares its connections, while a slot moves from node to node.
func TestClusterShares(t *testing.T) {
	servers := redistest.StartCluster(t, 2)
	var mu sync.Mutex
	var pools []*redispool.Pool
	c := &redispool.Cluster{StartupNodes: []string{servers.Nodes[0].Addr()}, CreatePool: func(addr string) *redispool.Pool {
		mu.Lock()
		defer mu.Unlock()
		p := &redispool.Pool{MaxIdle: 8, Share: 2, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr) }}
		pools = append(pools, p)
		return p
	}}
	defer c.Close()
	slot := redispool.Slot("{moves}")
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for i := range 100 {
				key, value := fmt.Sprintf("{moves}%d", g), fmt.Sprint(i)
				if i%2 == 0 {
					key = fmt.Sprintf("key%d:%d", g, i)
				}
				if _, err := c.Do(ctx, "SET", key, value); err != nil {
					t.Error(err)
					return
				}
				conn := c.Get()
				got, err := redis.String(conn.Do("GET", key))
				conn.Close()
				if err != nil || got != value {
					t.Errorf("%s is %q, %v, not %q", key, got, err, value)
				}
			}
		})
	}
	from, to := servers.Nodes[0], servers.Nodes[1]
	if servers.Master(slot) == to {
		from, to = to, from
	}
	servers.MoveSlot(slot, from, to)
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	var calls uint64
	for _, p := range pools {
		st := p.ShareStats()
		calls += st.Calls
		if st.Broken != 0 {
			t.Errorf("%d connections broke", st.Broken)
		}
	}
	if calls < 3200 { // those that were redirected went to two nodes
		t.Errorf("only %d of 3200 calls were shared", calls)
	}
}
