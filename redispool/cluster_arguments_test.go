package redispool_test

import (
	"fmt"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// counted is an argument that counts how often it is asked for its value, and has another
// value each time.
type counted struct{ asked *int }

func (c counted) RedisArg() any {
	*c.asked++
	return *c.asked
}

// TestClusterAsksArgumentsOnce: the key by which a command is routed is the key that is sent,
// also if it is sent again.
func TestClusterAsksArgumentsOnce(t *testing.T) {
	f := newFakeNode(t)
	f.says("COMMAND INFO", func(int) string { return "-NOPERM no\r\n" })
	for name, call := range map[string]func(c *redispool.Cluster, conn redis.Conn, key any) error{
		"Do": func(c *redispool.Cluster, _ redis.Conn, key any) error { return second(c.Do(t.Context(), "GET", key)) },
		"a subcommand": func(c *redispool.Cluster, _ redis.Conn, key any) error {
			return second(c.Do(t.Context(), "OBJECT", key, "a"))
		},
		"CLIENT": func(c *redispool.Cluster, _ redis.Conn, key any) error {
			return second(c.Do(t.Context(), "CLIENT", key))
		},
		"the number of keys": func(c *redispool.Cluster, _ redis.Conn, n any) error {
			return second(c.Do(t.Context(), "EVAL", "", n, "a"))
		},
		"an unknown command": func(c *redispool.Cluster, _ redis.Conn, key any) error {
			return second(c.Do(t.Context(), "MOD.GET", key))
		},
		"a connection": func(_ *redispool.Cluster, conn redis.Conn, key any) error { return second(conn.Do("GET", key)) },
		"a database":   func(_ *redispool.Cluster, conn redis.Conn, key any) error { return second(conn.Do("SELECT", key)) },
		"a pipeline": func(_ *redispool.Cluster, conn redis.Conn, key any) error {
			if err := conn.Send("GET", key); err != nil {
				return err
			}
			return second(conn.Do(""))
		},
		"a pipeline that waits for a key": func(_ *redispool.Cluster, conn redis.Conn, n any) error {
			if err := conn.Send("WAIT", n, 0); err != nil {
				return err
			}
			return second(conn.Do(""))
		},
	} {
		for again, retries := range map[string]int{"": 0, ", sent again": 1} {
			for _, cmd := range []string{"GET", "OBJECT", "CLIENT", "EVAL", "MOD.GET", "SELECT"} {
				sent := f.count(cmd)
				f.says(cmd, func(nth int) string {
					if nth <= sent+retries {
						return "-CLUSTERDOWN The cluster is down\r\n"
					}
					return "+OK\r\n"
				})
			}
			for _, share := range []int{0, 1} {
				c := fakeCluster(t, f, func(c *redispool.Cluster) {
					c.CreatePool = func(string) *redispool.Pool { return &redispool.Pool{MaxIdle: 2, Share: share} }
				})
				conn := c.Get()
				asked := 0
				if err := call(c, conn, counted{&asked}); err != nil && name[:10] != "a pipeline" {
					t.Errorf("%s%s, %d shared: %v", name, again, share, err)
				}
				if asked != 1 {
					t.Errorf("%s%s, %d shared: the argument was asked %d times", name, again, share, asked)
				}
				conn.Close()
				c.Close()
			}
		}
	}
}

// TestAsksArgumentsOnce has the commands whose arguments a pool reads, too.
func TestAsksArgumentsOnce(t *testing.T) {
	f := newFakeNode(t)
	for _, share := range []int{0, 1} {
		p := &redispool.Pool{MaxIdle: 2, Share: share, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", f.addr) }}
		defer p.Close()
		for _, cmd := range []string{"SELECT", "CLIENT", "AUTH", "GET", "OBJECT", "XREAD", "HELLO"} {
			for how, call := range map[string]func(c redis.Conn, arg any) error{
				"Do":   func(c redis.Conn, arg any) error { return second(c.Do(cmd, arg, "x")) },
				"Send": func(c redis.Conn, arg any) error { return c.Send(cmd, arg, "x") },
			} {
				c := p.Get()
				asked := 0
				if err := call(c, counted{&asked}); err != nil {
					t.Errorf("%s %s: %v", how, cmd, err)
				}
				if asked != 1 {
					t.Errorf("%s %s, %d shared: the argument was asked %d times", how, cmd, share, asked)
				}
				c.Close()
			}
		}
		asked := 0
		if _, err := p.Do(t.Context(), "OBJECT", counted{&asked}, "x"); err != nil || asked != 1 {
			t.Errorf("Pool.Do, %d shared: the argument was asked %d times: %v", share, asked, err)
		}
	}
}

// TestClusterArguments checks that keys are read as redigo sends them.
func TestClusterArguments(t *testing.T) {
	f := newFakeNode(t)
	c := fakeCluster(t, f)
	for want, key := range map[string]any{"1": true, "0": false, "": nil, "12": 12, "1.5": 1.5, "text": []byte("text"), "made": argument("made")} {
		conn := c.Get()
		if err := redispool.BindConn(conn, want); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Do("GET", key); err != nil {
			t.Errorf("%v is not %q: %v", key, want, err)
		}
		put(t, conn)
	}
}

type argument string

func (a argument) RedisArg() any { return string(a) }

func TestSplitBySlot(t *testing.T) {
	if n := redispool.Slot("foo"); n != 12182 {
		t.Error(n)
	}
	if groups := redispool.SplitBySlot("a", "b", "{a}"); fmt.Sprint(groups) != "[[b] [a {a}]]" {
		t.Error(groups)
	}
}
