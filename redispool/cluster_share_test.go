package redispool_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

func TestClusterShares(t *testing.T) {
	servers := redistest.StartCluster(t, 2)
	t.Run("moves", func(t *testing.T) { sharesWhileASlotMoves(t, servers) })
	t.Run("replicas", func(t *testing.T) { sharesReplicas(t, servers) })
}

// sharingNodes are the pools of a Cluster whose nodes share connections.
type sharingNodes struct {
	mu    sync.Mutex
	pools map[string]*redispool.Pool
}

func (n *sharingNodes) make(addr string) *redispool.Pool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pools == nil {
		n.pools = map[string]*redispool.Pool{}
	}
	p := &redispool.Pool{MaxIdle: 8, Share: 2, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr) }}
	n.pools[addr] = p
	return p
}

// shared counts the calls that a node's pool has shared.
func (n *sharingNodes) shared(addr string) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.pools[addr]; p != nil {
		return p.ShareStats().Calls
	}
	return 0
}

// sharesWhileASlotMoves: each node's pool shares its connections, while a slot moves from node to node.
func sharesWhileASlotMoves(t *testing.T, servers *redistest.Cluster) {
	var nodes sharingNodes
	c := &redispool.Cluster{StartupNodes: []string{servers.Nodes[0].Addr()}, CreatePool: nodes.make}
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
	nodes.mu.Lock()
	defer nodes.mu.Unlock()
	var calls uint64
	for _, p := range nodes.pools {
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

// sharesReplicas: reads from replicas share connections that have sent READONLY once.
func sharesReplicas(t *testing.T, servers *redistest.Cluster) {
	var nodes sharingNodes
	c := &redispool.Cluster{StartupNodes: []string{servers.Nodes[0].Addr()}, CreatePool: nodes.make, ReadReplicas: true}
	defer c.Close()
	servers.WaitOK()
	if _, err := c.Do(t.Context(), "SET", "replicated", "value"); err != nil {
		t.Fatal(err)
	}
	master := servers.Master(redispool.Slot("replicated"))
	var replica *redistest.Server
	for i, s := range servers.Nodes[:2] {
		if s == master {
			replica = servers.Nodes[2+i]
		}
	}
	servers.Wait("the replica has the write", func() bool {
		got, err := redis.String(c.Do(t.Context(), "GET", "replicated"))
		return got == "value" && err == nil
	})
	before, atMaster := callsOf(servers.Text(replica, "INFO", "commandstats"), "get"), nodes.shared(master.Addr())
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for range 50 {
				var reply any
				var err error
				if g%2 == 0 {
					reply, err = c.Do(t.Context(), "GET", "replicated")
				} else {
					conn := c.Get()
					redispool.ReadOnlyConn(conn)
					reply, err = conn.Do("GET", "replicated")
					conn.Close()
				}
				got, err := redis.String(reply, err)
				if got != "value" || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	stats := servers.Text(replica, "INFO", "commandstats")
	if n := callsOf(stats, "get") - before; n != 16*50 {
		t.Errorf("the replica has served %d of 800 reads", n)
	}
	if n := nodes.shared(replica.Addr()); n < 16*50 {
		t.Errorf("%d of 800 reads were shared", n)
	}
	if n := nodes.shared(master.Addr()); n != atMaster {
		t.Errorf("%d reads went to the master", n-atMaster)
	}
	if n := callsOf(stats, "readonly"); n > 8 {
		t.Errorf("READONLY was sent %d times, to a few connections", n)
	}
}

// TestClusterSharesTurns: a shared connection reads from a replica after READONLY, and not from a master that was a replica.
func TestClusterSharesTurns(t *testing.T) {
	a, b := newFakeNode(t), newFakeNode(t)
	roles := func(master, replica *fakeNode) {
		for _, f := range []*fakeNode{a, b} {
			f.says("CLUSTER SLOTS", func(int) string {
				return fmt.Sprintf("*1\r\n*4\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:%s\r\n*2\r\n$9\r\n127.0.0.1\r\n:%s\r\n", master.port, replica.port)
			})
		}
	}
	var nodes sharingNodes
	roles(a, b)
	c := fakeCluster(t, a, func(c *redispool.Cluster) { c.CreatePool, c.ReadReplicas = nodes.make, true })
	use := func(reads, readonlys, readwrites [2]int, sets [2]int) {
		t.Helper()
		for range 3 {
			if ok, err := c.Do(t.Context(), "GET", "k"); ok != "OK" || err != nil {
				t.Fatal(ok, err)
			}
		}
		conn := c.Get()
		defer conn.Close()
		redispool.ReadOnlyConn(conn)
		for _, cmd := range []string{"GET", "SET", "GET"} { // after the SET it stays at the master
			if ok, err := conn.Do(cmd, "k"); ok != "OK" || err != nil {
				t.Fatal(ok, err)
			}
		}
		for i, f := range []*fakeNode{a, b} {
			got := [4]int{f.count("GET"), f.count("READONLY"), f.count("READWRITE"), f.count("SET")}
			if want := [4]int{reads[i], readonlys[i], readwrites[i], sets[i]}; got != want {
				t.Errorf("node %d has got GET, READONLY, READWRITE, SET %v times, want %v", i, got, want)
			}
		}
	}
	use([2]int{1, 4}, [2]int{0, 1}, [2]int{0, 0}, [2]int{1, 0})
	roles(b, a)
	if err := c.Refresh(); err != nil {
		t.Fatal(err)
	}
	use([2]int{5, 5}, [2]int{1, 1}, [2]int{0, 1}, [2]int{1, 1})
	if nodes.shared(a.addr) != 6 || nodes.shared(b.addr) != 6 {
		t.Errorf("%d and %d calls were shared, not all", nodes.shared(a.addr), nodes.shared(b.addr))
	}
}

// TestClusterSharesAsk: under a limit over all nodes, an ASK comes over a shared connection, which no call holds.
func TestClusterSharesAsk(t *testing.T) {
	a, b := newFakeNode(t), newFakeNode(t)
	a.says("GET", func(int) string { return "-ASK 1 127.0.0.1:" + b.port + "\r\n" })
	var nodes sharingNodes
	c := fakeCluster(t, a, func(c *redispool.Cluster) { c.CreatePool, c.MaxActive = nodes.make, 4 })
	if ok, err := c.Do(t.Context(), "GET", "k"); ok != "OK" || err != nil || b.count("ASKING") != 1 || nodes.shared(a.addr) != 1 {
		t.Errorf("%v, %v; %d times ASKING, %d calls shared", ok, err, b.count("ASKING"), nodes.shared(a.addr))
	}
}

// TestClusterSharesLimits: with a limit over all nodes, a node's shared connections must leave room for others.
func TestClusterSharesLimits(t *testing.T) {
	f := newFakeNode(t)
	for says, limit := range map[string]func(*redispool.Cluster){
		"redispool: Pool.Share is 2, must be less than Cluster.MaxActive, which is 2": func(c *redispool.Cluster) { c.MaxActive = 2 },
		"redispool: Pool.Share is 2, above Cluster.MaxIdle, which is 1":               func(c *redispool.Cluster) { c.MaxIdle = 1 },
		"": func(c *redispool.Cluster) { c.MaxActive, c.MaxIdle = 3, 2 },
	} {
		var nodes sharingNodes
		c := fakeCluster(t, f, limit, func(c *redispool.Cluster) { c.CreatePool, c.RetryTimeout = nodes.make, -1 })
		_, err := c.Do(t.Context(), "GET", "k")
		if says == "" && err != nil || says != "" && (err == nil || !strings.HasSuffix(err.Error(), " for "+f.addr+": "+says)) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// killShared has two connections of a node that are shared, and one that takes the place of the first to break.
func killShared(t *testing.T, rc *redistest.Cluster, change ...func(*redispool.Cluster)) {
	loadedKill(t, rc, 3, change...)
}

// TestClusterSharesUnderLoad changes a real cluster in all ways while callers share the nodes' connections. Each value
// has its key and its number in it, so a reply that was another caller's is noticed.
func TestClusterSharesUnderLoad(t *testing.T) {
	redistest.NeedFailovers(t)
	rc := redistest.StartCluster(t, 3)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *redistest.Cluster, ...func(*redispool.Cluster))
	}{
		{"resharding", loadedReshard}, {"failover", loadedFailover}, {"kill", killShared}, {"stop", loadedStop},
	} {
		var pools []*redispool.Pool
		var mu sync.Mutex
		share := func(c *redispool.Cluster) {
			c.CreatePool = func(addr string) *redispool.Pool {
				p := &redispool.Pool{MaxIdle: 8, MaxActive: 16, Wait: true, Share: 2}
				mu.Lock()
				defer mu.Unlock()
				pools = append(pools, p)
				return p
			}
		}
		if !t.Run(part.name, func(t *testing.T) { part.run(t, rc, share) }) {
			break
		}
		var calls uint64
		for _, p := range pools {
			calls += p.ShareStats().Calls
		}
		if calls < 2000 {
			t.Errorf("%s: only %d calls were shared", part.name, calls)
		}
		noClients(t, rc)
	}
}
