package redispool_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// The tests of this file have users who may send no more than docs/permissions.md says.

// rules returns the rules of the page's nth example.
func rules(t *testing.T, nth int) []string {
	t.Helper()
	page, err := os.ReadFile("../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```text\n(.*?)\n```").FindAllSubmatch(page, -1)
	if len(examples) != 4 {
		t.Fatalf("%d examples, want those of a pool, of servers, of sentinels and of a cluster", len(examples))
	}
	return strings.Fields(string(examples[nth][1]))
}

// user makes a user of a server, with access to all keys and channels.
func user(t *testing.T, s *redistest.Server, rules ...string) []redis.DialOption {
	t.Helper()
	args := []any{"SETUSER", "app", "reset", "on", ">secret", "~*", "&*"}
	for _, rule := range rules {
		args = append(args, rule)
	}
	do(t, client(t, s.Addr()), "ACL", args...)
	return []redis.DialOption{redis.DialUsername("app"), redis.DialPassword("secret")}
}

// TestPermissionsOfAPool has a user who may send nothing but commands for data.
func TestPermissionsOfAPool(t *testing.T) {
	for name, set := range map[string]func(p *redispool.Pool){
		"plain":       func(*redispool.Pool) {},
		"TestPing":    func(p *redispool.Pool) { p.TestOnBorrowContext = redispool.TestPing(0) },
		"MinIdle":     func(p *redispool.Pool) { p.MinIdle = 1 },
		"Share":       func(p *redispool.Pool) { p.Share = 1 },
		"DialBackoff": func(p *redispool.Pool) { p.DialBackoff = time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t)
			options := user(t, s, rules(t, 0)...)
			p := newOurs(fields{Dial: dialTo(s.Addr(), options...), MaxIdle: 1}, set).(*redispool.Pool)
			defer p.Close()
			for range 10 {
				if _, err := p.Do(t.Context(), "SET", "key", "value"); err != nil {
					t.Fatal(err)
				}
				c := get(t, p)
				do(t, c, "GET", "key")
				if _, err := c.Do("SELECT", 1); err == nil {
					t.Fatal("the user may send SELECT")
				}
				put(t, c)
			}
		})
	}
}

// TestPermissionsOfASentinel has least users at the sentinel and at the servers.
func TestPermissionsOfASentinel(t *testing.T) {
	master := redistest.Start(t)
	for name, allowed := range map[string]struct{ sentinel, server []string }{
		"all of the page": {rules(t, 2), rules(t, 1)},
		"the least":       {[]string{"+sentinel|get-master-addr-by-name"}, []string{"+@write", "+hello"}},
	} {
		t.Run(name, func(t *testing.T) {
			options := user(t, master, allowed.server...)
			sentinel := redistest.StartSentinel(t, "mymaster", master, 1, "user watcher on >secret -@all "+strings.Join(allowed.sentinel, " "))
			s := &redispool.Sentinel{Addrs: []string{sentinel.Addr()}, MasterName: "mymaster", DialOptions: options,
				SentinelDialOptions: []redis.DialOption{redis.DialUsername("watcher"), redis.DialPassword("secret")}}
			defer s.Close()
			p := s.Master(&redispool.Pool{MaxIdle: 1})
			defer p.Close()
			for range 3 {
				if _, err := p.Do(t.Context(), "SET", "key", "value"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestPermissionsOfACluster has a least user at each node.
func TestPermissionsOfACluster(t *testing.T) {
	rc := redistest.StartCluster(t, 2)
	for name, allowed := range map[string][]string{
		"all of the page":      rules(t, 3),
		"the least":            {"+@write", "+cluster|slots"},
		"the least of Redis 7": {"+@write", "+cluster|shards"},
	} {
		t.Run(name, func(t *testing.T) {
			var options []redis.DialOption
			for _, s := range rc.Nodes {
				options = user(t, s, allowed...)
			}
			c := newCluster(t, rc, func(c *redispool.Cluster) { c.DialOptions, c.CreatePool = options, nil })
			for _, key := range []string{"a", "b", "c", "d", "e"} {
				if _, err := c.Do(t.Context(), "SET", key, "value"); err != nil {
					t.Fatal(err)
				}
			}
			c.Close()
		})
	}
}
