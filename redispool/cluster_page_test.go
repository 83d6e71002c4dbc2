package redispool_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource/pooldebug"
)

// TestClusterOnDebugPage has a node leave and come back under its address. The page shows the nodes that there are, and
// of a node that came back the new pool.
func TestClusterOnDebugPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stubCluster{owner: home}
		s.say = func(addr, _ string) any {
			s.mu.Lock()
			defer s.mu.Unlock()
			if addr != s.owner {
				return redis.Error("MOVED 1 " + s.owner)
			}
			return nil
		}
		c := s.cluster(home)
		defer c.Close()
		var pools pooldebug.Handler
		if err := pools.AddEach("orders", c.Inspect); err != nil {
			t.Fatal(err)
		}
		page := func() string {
			w := httptest.NewRecorder()
			pools.ServeHTTP(w, httptest.NewRequest("GET", "/debug/pools", nil))
			return w.Body.String()
		}
		shows := func(when string, want map[string]string) {
			t.Helper()
			text := page()
			for _, addr := range []string{home, away} {
				if line := "orders/" + addr + ": " + want[addr]; strings.Contains(text, line) != (want[addr] != "") {
					t.Errorf("%s: want %q of %s:\n%s", when, want[addr], addr, text)
				}
			}
		}
		const idle, leased = "1 exist: 0 leased, 0 testing, 0 opening, 0 closing, 1 idle; 0 waiting\n", "1 exist: 1 leased, "
		use := func() {
			t.Helper()
			if _, err := c.Do(t.Context(), "SET", "a", "1"); err != nil {
				t.Error(err)
			}
		}
		shows("unused", nil)
		use()
		shows("one node", map[string]string{home: idle})
		s.give(away)
		use()
		time.Sleep(10 * time.Second) // until the first one has left
		shows("it has left", map[string]string{away: idle})
		s.give(home)
		conn := c.Get()
		if _, err := conn.Do("SET", "a", "1"); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		shows("it is back", map[string]string{home: leased})
		if n := c.Inspect()[home].Stats.Acquired; n != 1 {
			t.Errorf("the node that came back has lent %d connections, want 1: its pool is new", n)
		}
		conn.Close()
		c.Close()
		if text := page(); !strings.Contains(text, "orders/"+home+": 0 exist: ") || !strings.Contains(text, "! The pool is closed.") {
			t.Errorf("closed:\n%s", text)
		}
	})
}

// TestInspectOfUnusedCluster looks at clusters that have no pool yet, or never will.
func TestInspectOfUnusedCluster(t *testing.T) {
	var c redispool.Cluster
	if all := c.Inspect(); all == nil || len(all) != 0 {
		t.Errorf("unused: %v", all)
	}
	c.Close()
	if all := c.Inspect(); all == nil || len(all) != 0 {
		t.Errorf("closed: %v", all)
	}
}
