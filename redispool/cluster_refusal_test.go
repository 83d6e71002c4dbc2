package redispool_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestClusterWhoseDialIgnoresTheAddress has the mistake that leads each connection to the same node. The error says so.
func TestClusterWhoseDialIgnoresTheAddress(t *testing.T) {
	a, b := newFakeNode(t), newFakeNode(t)
	a.says("CLUSTER SLOTS", func(int) string { return slotsReply("", b.port) })
	a.says("GET", func(int) string { return "-MOVED 15495 :" + b.port + "\r\n" })
	c := fakeCluster(t, a, func(c *redispool.Cluster) {
		c.CreatePool = func(string) *redispool.Pool {
			return &redispool.Pool{MaxIdle: 1, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", a.addr) }}
		}
	})
	conn, err := redispool.RetryConn(c.Get(), 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer put(t, conn)
	_, err = conn.Do("GET", "a")
	if r := redispool.ParseRedir(err); r == nil || !strings.Contains(err.Error(), "connections to "+b.addr+" reached another node; does the Dial of CreatePool use its address? MOVED 15495 ") {
		t.Error(err)
	}
}

func TestClusterRefusals(t *testing.T) {
	f := newFakeNode(t)
	for text, change := range map[string]func(*redispool.Cluster){
		"redispool: Cluster.StartupNodes is empty": func(c *redispool.Cluster) { c.StartupNodes = nil },
		"WRONGPASS": func(c *redispool.Cluster) {
			f.says("AUTH", first(1<<30, "-WRONGPASS invalid username-password pair\r\n"))
			c.DialOptions = []redis.DialOption{redis.DialPassword("wrong")}
		},
		"cluster support disabled": func(c *redispool.Cluster) {
			none := newFakeNode(t)
			none.says("CLUSTER SLOTS", first(1<<30, "-ERR This instance has cluster support disabled\r\n"))
			c.StartupNodes = []string{none.addr}
		},
		"CreatePool returned no pool": func(c *redispool.Cluster) {
			c.RetryTimeout = -1
			c.CreatePool = func(string) *redispool.Pool { return nil }
		},
		"no slot that is served": func(c *redispool.Cluster) {
			c.RetryTimeout = -1
			empty := newFakeNode(t)
			empty.says("CLUSTER SLOTS", first(1<<30, "*0\r\n"))
			c.StartupNodes = []string{empty.addr}
		},
		"connection refused": func(c *redispool.Cluster) {
			c.RetryTimeout = time.Millisecond
			c.StartupNodes = []string{"127.0.0.1:1"}
		},
		// At once, since no attempt can do better. One address that might be right is tried again.
		"must have the form host:port: 127.0.0.1: dial": func(c *redispool.Cluster) { c.StartupNodes = []string{"127.0.0.1"} },
		"missing address":          func(c *redispool.Cluster) { c.StartupNodes = []string{""} },
		"unknown port":             func(c *redispool.Cluster) { c.StartupNodes = []string{"127.0.0.1:port"} },
		"address ::1:6379":         func(c *redispool.Cluster) { c.StartupNodes = []string{"::1:6379"} },
		"address redis://nowhere:": func(c *redispool.Cluster) { c.StartupNodes = []string{"redis://nowhere:6379"} },
		"no node of the cluster answers": func(c *redispool.Cluster) {
			c.RetryTimeout = time.Millisecond
			c.StartupNodes = []string{"127.0.0.1", "127.0.0.1:1"}
		},
	} {
		c := fakeCluster(t, f, change)
		for _, err := range []error{second(c.Do(t.Context(), "GET", "a")), second(c.GetContext(t.Context())), second(c.Get().Do("PING"))} {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%v, want %s", err, text)
			}
		}
	}
}

// TestClusterDoRefuses: a command whose effect would be lost with its connection is not sent,
// nor one without a reply.
func TestClusterDoRefuses(t *testing.T) {
	f := newFakeNode(t)
	c := fakeCluster(t, f)
	for _, line := range [][]any{
		{"MULTI"}, {"exec"}, {"DISCARD"}, {"WATCH", "a"}, {"SUBSCRIBE", "a"}, {"psubscribe", "a"}, {"SSUBSCRIBE", "a"}, {"MONITOR"}, {"SYNC"}, {"ASKING"},
		{"CLIENT", []byte("reply"), "OFF"}, {"CLUSTER", "SYNCSLOTS", "ESTABLISH"},
	} {
		cmd := line[0].(string)
		want := "redispool: Cluster.Do cannot send " + strings.ToUpper(cmd) + ", which concerns a connection; use one of Cluster.Get"
		if _, err := c.Do(t.Context(), cmd, line[1:]...); err == nil || err.Error() != want || f.count(strings.ToUpper(cmd)) != 0 {
			t.Errorf("%v: %v, sent %d times", line, err, f.count(strings.ToUpper(cmd)))
		}
	}
	for _, line := range [][]any{{"CLIENT", "ID"}, {"UNWATCH"}, {"SCRIPT", "LOAD", "x"}} {
		if reply, err := c.Do(t.Context(), line[0].(string), line[1:]...); err != nil {
			t.Errorf("%v: %v, %v", line, reply, err)
		}
	}
}

// TestClusterPanics has functions of the user's that panic once. They cost no connection's place.
func TestClusterPanics(t *testing.T) {
	f := newFakeNode(t)
	for name, pool := range map[string]func(panics *atomic.Bool) *redispool.Pool{
		"Dial": func(panics *atomic.Bool) *redispool.Pool {
			return &redispool.Pool{MaxActive: 1, MaxIdle: 1, Dial: func() (redis.Conn, error) {
				if panics.Swap(false) {
					panic("planned")
				}
				return redis.Dial("tcp", f.addr)
			}}
		},
		"Do": func(panics *atomic.Bool) *redispool.Pool {
			return &redispool.Pool{MaxActive: 1, MaxIdle: 1, Dial: func() (redis.Conn, error) {
				c, err := redis.Dial("tcp", f.addr)
				return panicking{c, panics}, err
			}}
		},
	} {
		panics := new(atomic.Bool)
		c := fakeCluster(t, f, func(c *redispool.Cluster) { c.CreatePool = func(string) *redispool.Pool { return pool(panics) } })
		if err := c.Refresh(); err != nil {
			t.Fatal(err)
		}
		for _, call := range []func() error{
			func() error { return second(c.Do(context.Background(), "GET", "a")) },
			func() error {
				conn := c.Get()
				defer conn.Close()
				return second(conn.Do("GET", "a"))
			},
		} {
			panics.Store(true)
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: the panic did not go on", name)
					}
				}()
				call()
			}()
			if err := call(); err != nil {
				t.Errorf("%s: after a panic: %v", name, err)
			}
			if name == "Dial" {
				break // the connection that was dialed then is used again
			}
		}
	}
}

// panicking is a connection of the user's own kind.
type panicking struct {
	redis.Conn
	panics *atomic.Bool
}

func (p panicking) Do(cmd string, args ...any) (any, error) {
	if cmd == "GET" && p.panics.Swap(false) {
		panic("planned")
	}
	return p.Conn.Do(cmd, args...)
}

func TestClusterCallbacks(t *testing.T) {
	f := newFakeNode(t)
	var refreshes, errs atomic.Int64
	c := fakeCluster(t, f, func(c *redispool.Cluster) {
		c.LayoutRefresh = func(before, after [redispool.HashSlots][]string) {
			if refreshes.Add(1) == 1 && len(before[7]) != 0 || len(after[7]) != 1 || after[7][0] != f.addr {
				t.Errorf("%v, %v", before[7], after[7])
			}
		}
		c.BgError = func(src redispool.BgErrorSrc, err error) {
			if src == redispool.ClusterRefresh && err != nil {
				errs.Add(1)
			}
		}
	})
	if err := c.Refresh(); err != nil || refreshes.Load() != 1 {
		t.Error(err, refreshes.Load())
	}
	f.says("CLUSTER SLOTS", first(1<<30, "-ERR\r\n"))
	if err := c.Refresh(); err == nil || errs.Load() == 0 {
		t.Error(err, errs.Load())
	}
	if _, err := c.Do(t.Context(), "SET", "a", true); err != nil { // the map stays
		t.Error(err)
	}
}
