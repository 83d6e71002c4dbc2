package redispool_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// mistakes are functions CreatePool that cannot be right, by a part of the error. away is the
// address of a node without slots, which is asked for the slots first.
var mistakes = map[string]func(s *stubCluster) func(addr string) *redispool.Pool{
	"Cluster.CreatePool returned no pool for " + home: func(*stubCluster) func(string) *redispool.Pool {
		return func(string) *redispool.Pool { return nil }
	},
	"Cluster.CreatePool panicked for " + home + ": planned": func(*stubCluster) func(string) *redispool.Pool {
		return func(string) *redispool.Pool { panic("planned") }
	},
	"Cluster.CreatePool returned the pool of " + away + " for " + home + ", too": func(s *stubCluster) func(string) *redispool.Pool {
		one := &redispool.Pool{DialContext: s.node(away).dialContext}
		return func(string) *redispool.Pool { return one }
	},
	"Cluster.CreatePool returned a pool for " + home + " that was used before": func(s *stubCluster) func(string) *redispool.Pool {
		one := &redispool.Pool{DialContext: s.node(home).dialContext}
		one.Get().Close()
		return func(string) *redispool.Pool { return one }
	},
	"Cluster.CreatePool returned a pool for " + home + " that follows a Sentinel": func(s *stubCluster) func(string) *redispool.Pool {
		one := (&redispool.Sentinel{Addrs: []string{away}, MasterName: "m"}).Master(&redispool.Pool{})
		return func(string) *redispool.Pool { return one }
	},
	"for " + home + ": redispool: Pool.MinIdle is -1, must not be negative":          invalid(func(p *redispool.Pool) { p.MinIdle = -1 }),
	"for " + home + ": redispool: Pool.DialBackoff is -1s, must not be negative":     invalid(func(p *redispool.Pool) { p.DialBackoff = -time.Second }),
	"for " + home + ": redispool: Pool.WaitTimeout is -1s, must not be negative":     invalid(func(p *redispool.Pool) { p.WaitTimeout = -time.Second }),
	"for " + home + ": redispool: Pool.CloseTimeout is -1s, must not be negative":    invalid(func(p *redispool.Pool) { p.CloseTimeout = -time.Second }),
	"for " + home + ": redispool: Pool.Share is 5, above Pool.MaxIdle, which is 0":   invalid(func(p *redispool.Pool) { p.Share = 5 }),
	"for " + home + ": redispool: Pool.MinIdle is 9, above Cluster.MaxActive":        invalid(func(p *redispool.Pool) { p.MinIdle, p.MaxIdle = 9, 9 }),
	"for " + home + ": redispool: Pool.Share is 4, must be less than Cluster.MaxAct": invalid(func(p *redispool.Pool) { p.Share, p.MaxIdle = 4, 4 }),
}

// invalid makes pools with a field that has no meaning.
func invalid(change func(*redispool.Pool)) func(s *stubCluster) func(addr string) *redispool.Pool {
	return func(s *stubCluster) func(addr string) *redispool.Pool {
		return func(addr string) *redispool.Pool {
			p := &redispool.Pool{DialContext: s.node(addr).dialContext}
			change(p)
			return p
		}
	}
}

// TestClusterMistakes: nothing is tried again that cannot become right.
func TestClusterMistakes(t *testing.T) {
	for want, create := range mistakes {
		for _, onlyOne := range []bool{true, false} {
			t.Run(want, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { mistaken(t, want, create, onlyOne) })
			})
		}
	}
}

// mistaken has all pools made by create, or only that of the node that serves the slots.
func mistaken(t *testing.T, want string, create func(*stubCluster) func(string) *redispool.Pool, onlyOne bool) {
	s := &stubCluster{owner: home, say: func(string, string) any { return nil }}
	s.node(home)
	wrong, right := create(s), s.cluster(home).CreatePool
	c := s.cluster(home)
	c.MaxActive = 4
	c.CreatePool = wrong
	if strings.Contains(want, away) || onlyOne {
		c.StartupNodes = []string{away}
	}
	if onlyOne && !strings.Contains(want, away) {
		c.CreatePool = func(addr string) *redispool.Pool {
			if addr == away {
				return right(addr)
			}
			return wrong(addr)
		}
	}
	defer c.Close()
	begin := time.Now()
	conn := c.Get()
	defer conn.Close()
	shared := second(c.Do(context.Background(), "GET", "a"))
	for _, err := range []error{shared, second(c.Do(t.Context(), "SET", "a", 1)), second(conn.Do("GET", "a")), redispool.BindConn(c.Get(), "a")} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
	err := c.EachNode(false, func(_ string, conn redis.Conn) error { return conn.Err() })
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("EachNode: the error is %v, want %s", err, want)
	}
	if d := time.Since(begin); d > time.Second { // the refreshes have pauses
		t.Errorf("the errors came after %v", d)
	}
}

// TestClusterSharesNoPool has two nodes get one pool at the same time.
func TestClusterSharesNoPool(t *testing.T) {
	for range 100 {
		s := &stubCluster{owner: home, say: func(string, string) any { return nil }}
		one := &redispool.Pool{DialContext: s.node(home).dialContext}
		c := s.cluster(home)
		c.StartupNodes = []string{home, away}
		c.CreatePool = func(string) *redispool.Pool { return one }
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { c.Do(context.Background(), "GET", "a") })
		}
		all.Wait()
		c.Close()
	}
}
