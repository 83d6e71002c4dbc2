package redispool_test

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// stubCluster is nodes without servers, by address. All of them say that one of them serves
// all slots, and that the others are members which serve none.
type stubCluster struct {
	say func(addr, cmd string) any // the reply to an ordinary command; nil: OK

	mu    sync.Mutex
	owner string
	taken string // the owner of the slot of key a, if it is another node
	nodes map[string]*stubs
}

func (s *stubCluster) give(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owner = owner
}

func (s *stubCluster) node(addr string) *stubs {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nodes == nil {
		s.nodes = map[string]*stubs{}
	}
	if s.nodes[addr] == nil {
		s.nodes[addr] = &stubs{answer: func(_ *stub, cmd string, args []any) any { return s.answer(addr, cmd, args) }}
	}
	return s.nodes[addr]
}

func (s *stubCluster) answer(addr, cmd string, args []any) any {
	if cmd != "CLUSTER" {
		return s.say(addr, cmd)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if args[0] == "NODES" {
		var list string
		for addr := range s.nodes {
			list += fmt.Sprintf("id-of-%s %s@1 master - 0 0 0 connected\n", addr, addr)
		}
		return []byte(list)
	}
	if s.taken == "" {
		return []any{ownerOf(0, redispool.HashSlots-1, s.owner)}
	}
	slot := redispool.Slot("a")
	return []any{ownerOf(0, slot-1, s.owner), ownerOf(slot, slot, s.taken), ownerOf(slot+1, redispool.HashSlots-1, s.owner)}
}

// ownerOf is a part of the reply to CLUSTER SLOTS.
func ownerOf(first, last int, addr string) any {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.ParseInt(port, 10, 64)
	return []any{int64(first), int64(last), []any{[]byte(host), n}}
}

// cluster returns a cluster that asks for its slots no more often than it must.
func (s *stubCluster) cluster(start string) *redispool.Cluster {
	return &redispool.Cluster{
		StartupNodes: []string{start},
		RefreshEvery: -1,
		CreatePool: func(addr string) *redispool.Pool {
			return &redispool.Pool{MaxIdle: 4, DialContext: s.node(addr).dialContext}
		},
	}
}

// counts checks the connections that are open, and those that the cluster counts.
func (s *stubCluster) counts(t *testing.T, c *redispool.Cluster, want map[string]int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, node := range s.nodes {
		if open, counted := len(node.open()), c.Stats()[addr].ActiveCount; open != want[addr] || counted != want[addr] {
			t.Errorf("%s: %d connections are open, the cluster counts %d, want %d", addr, open, counted, want[addr])
		}
		if counted := c.ResourceStats()[addr].Active; counted != want[addr] {
			t.Errorf("%s: ResourceStats count %d connections, want %d", addr, counted, want[addr])
		}
	}
}

const home, away = "10.0.0.1:7000", "10.0.0.2:7000"

// TestClusterForgetsNodes has calls come to a node that is not in the map any more, or never
// was. The connections to it do not stay, although no other call asks for the slots again.
func TestClusterForgetsNodes(t *testing.T) {
	slot := redispool.Slot("a")
	to := func(kind, addr string) any { return redis.Error(fmt.Sprintf("%s %d %s", kind, slot, addr)) }
	get := func(t *testing.T, c *redispool.Cluster) {
		t.Helper()
		if reply, err := c.Do(t.Context(), "GET", "a"); reply != "OK" || err != nil {
			t.Error(reply, err)
		}
	}
	for name, run := range map[string]func(*testing.T, *stubCluster, *redispool.Cluster){
		"an ASK": func(t *testing.T, s *stubCluster, c *redispool.Cluster) {
			s.say = func(addr, cmd string) any {
				if addr == home && cmd == "GET" {
					return to("ASK", away)
				}
				return nil
			}
			get(t, c)
		},
		"a MOVED that comes after the map was renewed": func(t *testing.T, s *stubCluster, c *redispool.Cluster) {
			var late sync.Once
			s.say = func(addr, _ string) (reply any) {
				if addr == home {
					late.Do(func() {
						time.Sleep(time.Second)
						reply = to("MOVED", away)
					})
				}
				return reply
			}
			if err := c.Refresh(); err != nil {
				t.Error(err)
			}
			go func() {
				time.Sleep(time.Second / 2)
				if err := c.Refresh(); err != nil {
					t.Error(err)
				}
			}()
			get(t, c)
			get(t, c)
		},
		"a slot that goes and comes back": func(t *testing.T, s *stubCluster, c *redispool.Cluster) {
			s.say = func(addr, _ string) any {
				s.mu.Lock()
				defer s.mu.Unlock()
				if addr != s.owner {
					return to("MOVED", s.owner)
				}
				return nil
			}
			get(t, c)
			s.give(away)
			get(t, c)
			s.give(home)
			get(t, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stubCluster{owner: home}
				c := s.cluster(home)
				defer c.Close()
				run(t, s, c)
				if s.node(away).dialed.Load() == 0 {
					t.Error("no call came to the other node")
				}
				time.Sleep(10 * time.Second)
				s.counts(t, c, map[string]int{home: 1})
				get(t, c)
				c.Close()
				s.counts(t, c, nil)
			})
		})
	}
}

// TestClusterForgetsVisitedNode has a node leave while EachNode is at another one. The
// connection that EachNode makes to it does not stay.
func TestClusterForgetsVisitedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stubCluster{owner: home, taken: away, say: func(string, string) any { return nil }}
		c := s.cluster(home)
		defer c.Close()
		var visited []string
		err := c.EachNode(false, func(addr string, conn redis.Conn) error {
			if visited = append(visited, addr); len(visited) == 1 {
				s.mu.Lock()
				s.owner, s.taken = addr, addr
				s.mu.Unlock()
				if err := c.Refresh(); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Second) // a node is forgotten a while after it has left
			}
			return second(conn.Do("PING"))
		})
		if err != nil || len(visited) != 2 {
			t.Fatal(err, visited)
		}
		time.Sleep(10 * time.Second)
		s.counts(t, c, map[string]int{visited[0]: 1})
	})
}

// TestClusterUnknownCommands has commands of a module: the server is asked about each once.
func TestClusterUnknownCommands(t *testing.T) {
	f := newFakeNode(t)
	f.says("COMMAND INFO", func(int) string {
		return "*1\r\n*6\r\n$7\r\nmod.set\r\n:-3\r\n*1\r\n+write\r\n:2\r\n:3\r\n:1\r\n"
	})
	c := fakeCluster(t, f)
	for range 3 {
		if _, err := c.Do(t.Context(), "MOD.SET", "option", "{x}a", "{x}b"); err != nil {
			t.Error(err)
		}
		if _, err := c.Do(t.Context(), "mod.set", "option", "a", "b"); !redispool.IsCrossSlot(err) {
			t.Error(err)
		}
	}
	if n := f.count("COMMAND INFO"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	f.says("COMMAND INFO", func(int) string {
		return "*1\r\n*6\r\n$7\r\nmod.any\r\n:-3\r\n*1\r\n+movablekeys\r\n:0\r\n:0\r\n:0\r\n"
	})
	f.says("COMMAND GETKEYS", func(nth int) string {
		if nth == 1 {
			return "-ERR The command has no key arguments\r\n"
		}
		return "*2\r\n$1\r\na\r\n$1\r\nb\r\n"
	})
	if _, err := c.Do(t.Context(), "MOD.ANY", "a", "b"); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(t.Context(), "MOD.ANY", "x", "a", "b"); !redispool.IsCrossSlot(err) {
		t.Error(err)
	}
	// Where the server refuses to say anything, the first argument is the key.
	f.says("COMMAND INFO", func(int) string { return "-NOPERM no\r\n" })
	conn := c.Get()
	defer conn.Close()
	if _, err := conn.Do("MOD.OTHER", "a"); err != nil {
		t.Error(err)
	}
	if _, err := conn.Do("MOD.OTHER", "b"); !redispool.IsCrossSlot(err) {
		t.Error(err)
	}
	f.says("COMMAND INFO", func(int) string { return "*1\r\n$-1\r\n" })
	if _, err := c.Do(t.Context(), "MOD.NONE", "a"); err != nil {
		t.Error(err)
	}
}
