package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

func clusterPipelines(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	for i := range 30 {
		conn := c.Get()
		key := fmt.Sprint("pipe", i)
		// MULTI has no key: it is kept back until the first SET.
		for _, err := range []error{conn.Send("MULTI"), conn.Send("SET", key, i), conn.Send("INCR", key)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := redis.Values(conn.Do("EXEC"))
		if err != nil || len(got) != 2 || got[1] != int64(i+1) {
			t.Fatalf("%v, %v", got, err)
		}
		if err := errors.Join(conn.Send("GET", key), conn.Send("PING"), conn.Flush()); err != nil {
			t.Fatal(err)
		}
		if n, err := redis.Int(conn.Receive()); n != i+1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if pong, err := redis.String(redis.ReceiveContext(conn, t.Context())); pong != "PONG" || err != nil {
			t.Fatalf("%s, %v", pong, err)
		}
		conn.Send("GET", key)
		if all, err := redis.Ints(conn.Do("")); !slices.Equal(all, []int{i + 1}) || err != nil {
			t.Fatalf("%v, %v", all, err)
		}
		put(t, conn)
	}
	conn := c.Get()
	if reply, err := conn.Do(""); reply != nil || err != nil {
		t.Errorf("%v, %v", reply, err)
	}
	if err := errors.Join(conn.Send("PING"), conn.Send("ECHO", "a"), conn.Flush()); err != nil {
		t.Fatal(err)
	}
	if all, err := redis.Strings(conn.Do("")); !slices.Equal(all, []string{"PONG", "a"}) || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	put(t, conn)
}

func clusterCrossSlot(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	var cross *redispool.CrossSlotError
	for _, line := range [][]any{
		{"MSET", "a", 1, "b", 2},
		{"SORT", "a", "STORE", "b"},
		{"EVAL", "return 1", 2, "a", "b"},
		{"XREAD", "STREAMS", "a", "b", "0", "0"},
		{"BITOP", "AND", "a", "b", "c"},
	} {
		_, err := c.Do(t.Context(), line[0].(string), line[1:]...)
		if !errors.As(err, &cross) || !redispool.IsCrossSlot(err) || cross.Slot == cross.OtherSlot || cross.Bound {
			t.Errorf("%v: %v", line, err)
		} else if text := err.Error(); !strings.Contains(text, `"a"`) || !strings.Contains(text, fmt.Sprint(cross.OtherSlot)) {
			t.Error(text)
		}
	}
	conn := c.Get()
	defer conn.Close()
	if _, err := conn.Do("PING"); err != nil { // without a key, it decides nothing
		t.Error(err)
	}
	if _, err := conn.Do("SET", "a", 1); err != nil {
		t.Error(err)
	}
	for _, err := range []error{conn.Send("SET", "b", 1), second(conn.Do("GET", "b"))} {
		if !errors.As(err, &cross) || !cross.Bound || cross.Key != "b" || cross.OtherKey != "a" {
			t.Error(err)
		}
	}
	if n, err := redis.Int(conn.Do("GET", "a")); n != 1 || err != nil {
		t.Error(n, err)
	}
	if err := redispool.BindConn(conn, "a"); err == nil {
		t.Error("bound twice")
	}

	bound := c.Get()
	defer bound.Close()
	if err := redispool.BindConn(bound, "a", "b"); !errors.As(err, &cross) {
		t.Error(err)
	}
	if err := redispool.BindConn(bound, "{a}1", "a"); err != nil {
		t.Error(err)
	}
	if _, err := bound.Do("MULTI"); err != nil {
		t.Error(err)
	}
	if reply, err := bound.Do("GET", "{a}2"); reply != "QUEUED" || err != nil {
		t.Error(reply, err)
	}
	for _, wrong := range []error{redispool.BindConn(errorless{}), redispool.ReadOnlyConn(errorless{})} {
		if wrong == nil {
			t.Error("a connection of no cluster is accepted")
		}
	}
	if _, err := redispool.RetryConn(errorless{}, 1, 0); err == nil {
		t.Error("a connection of no cluster is accepted")
	}
}

// errorless is a connection of no cluster.
type errorless struct{ redis.Conn }

func second(_ any, err error) error { return err }

func clusterScripts(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	script := redis.NewScript(1, "return redis.call('incrby', KEYS[1], ARGV[1])")
	for i := range 20 {
		conn := c.Get()
		if n, err := redis.Int(script.Do(conn, fmt.Sprint("script", i), 7)); n != 7 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		put(t, conn)
	}
}

func clusterSubscriptions(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	for _, kind := range []struct{ subscribe, publish string }{{"SUBSCRIBE", "PUBLISH"}, {"SSUBSCRIBE", "SPUBLISH"}} {
		conn := c.Get()
		if err := errors.Join(conn.Send(kind.subscribe, "news"), conn.Flush()); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Receive(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), kind.publish, "news", "hello"); err != nil {
			t.Fatal(err)
		}
		message, err := redis.Values(conn.Receive())
		if err != nil || len(message) != 3 || string(message[2].([]byte)) != "hello" {
			t.Errorf("%s: %q, %v", kind.subscribe, message, err)
		}
		put(t, conn)
	}
}

func clusterRetryConns(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc)
	conn, err := redispool.RetryConn(c.Get(), 3, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := conn.Do("SET", fmt.Sprint("retry", i), i); err != nil {
			t.Error(err)
		}
		if n, err := redis.Int(conn.Do("GET", fmt.Sprint("retry", i))); n != i || err != nil {
			t.Error(n, err)
		}
	}
	for _, err := range []error{conn.Send("PING"), conn.Flush(), second(conn.Receive())} {
		if err == nil {
			t.Error("a pipeline through a RetryConn")
		}
	}
	if err := conn.Err(); err != nil {
		t.Error(err)
	}
	put(t, conn)
}

func clusterContexts(t *testing.T, rc *redistest.Cluster) {
	c := newCluster(t, rc, func(c *redispool.Cluster) {
		c.CreatePool = func(string) *redispool.Pool { return &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true} }
	})
	// A helper that ends its context before the connection is used.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	conn, err := c.GetContext(ctx)
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Do("SET", "a", 1); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ended, "GET", "a"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Do(short, "GET", "a"); !errors.Is(err, context.DeadlineExceeded) { // the only connection is in use
		t.Error(err)
	}
	// What asks for unknown commands and for the map does not wait for that connection.
	if _, err := redis.DoContext(conn, t.Context(), "NOSUCHCOMMAND", "a"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Error(err)
	}
	if err := c.Refresh(); err != nil {
		t.Error(err)
	}
	put(t, conn)
	if _, err := c.Do(t.Context(), "GET", "a"); err != nil {
		t.Error(err)
	}
	full := newCluster(t, rc, func(c *redispool.Cluster) {
		c.CreatePool = func(string) *redispool.Pool { return &redispool.Pool{MaxActive: 1} }
	})
	conn = full.Get()
	defer conn.Close()
	if _, err := conn.Do("GET", "a"); err != nil {
		t.Error(err)
	}
	if _, err := full.Do(t.Context(), "GET", "a"); err != redis.ErrPoolExhausted {
		t.Error(err)
	}
}
