package redispool_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

func TestClusterRetriesWhatWasNotExecuted(t *testing.T) {
	for _, reply := range []string{"CLUSTERDOWN The cluster is down", "TRYAGAIN Multiple keys request during rehashing of slot",
		"LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down", "READONLY You can't write against a read only replica."} {
		f := newFakeNode(t)
		f.says("SET", first(3, "-"+reply+"\r\n"))
		c := fakeCluster(t, f)
		if ok, err := c.Do(t.Context(), "SET", "a", 1); ok != "OK" || err != nil {
			t.Errorf("%s: %v, %v", reply, ok, err)
		}
		if n := f.count("SET"); n != 4 {
			t.Errorf("%s: sent %d times, want 4", reply, n)
		}
		f.says("GET", first(1<<30, "-"+reply+"\r\n"))
		impatient := fakeCluster(t, f, func(c *redispool.Cluster) { c.RetryTimeout = -1 })
		if _, err := impatient.Do(t.Context(), "GET", "a"); err == nil || err.Error() != reply {
			t.Errorf("%s: %v", reply, err)
		}
		hurried := fakeCluster(t, f) // on a busy machine it believes afterwards that the node hangs
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := hurried.Do(ctx, "GET", "a")
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) && (err == nil || !strings.Contains(err.Error(), reply)) {
			t.Errorf("%s: %v", reply, err)
		}
		conn, err := redispool.RetryConn(impatient.Get(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Do("GET", "a"); err == nil || err.Error() != reply {
			t.Errorf("%s: %v", reply, err)
		}
		put(t, conn)
		hurried.Close()
		before := f.count("GET")
		conn, err = redispool.RetryConn(c.Get(), 3, time.Microsecond)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Do("GET", "a"); err == nil || !strings.Contains(err.Error(), reply) || f.count("GET") != before+3 {
			t.Errorf("%s: %v, sent %d times, want 3", reply, err, f.count("GET")-before)
		}
		put(t, conn)
	}
}

// TestClusterAsksAfterABreak has a server that dies, whose system accepts connections for some time yet. Only the write
// that was under way fails. The others are sent when the server has answered.
func TestClusterAsksAfterABreak(t *testing.T) {
	for name, change := range map[string]func(*redispool.Pool){
		"lent":   func(p *redispool.Pool) {},
		"shared": func(p *redispool.Pool) { p.Share = 1 },
	} {
		f := newFakeNode(t)
		c := fakeCluster(t, f, func(c *redispool.Cluster) {
			c.CreatePool = func(string) *redispool.Pool {
				p := &redispool.Pool{MaxIdle: 4, MaxActive: 4, Wait: true}
				change(p)
				return p
			}
		})
		if _, err := c.Do(t.Context(), "SET", "a", 1); err != nil {
			t.Fatal(err)
		}
		asked := make(chan struct{})
		f.says("SET", func(int) string { return "" })
		f.says("PING", func(nth int) string {
			if nth == 3 {
				close(asked)
			}
			return ""
		})
		if _, err := c.Do(t.Context(), "SET", "a", 2); err == nil {
			t.Errorf("%s: no error of the write that was under way", name)
		}
		outcomes := make(chan error)
		for range 3 {
			go func() {
				_, err := c.Do(t.Context(), "SET", "a", 3)
				outcomes <- err
			}()
		}
		select {
		case <-asked:
		case err := <-outcomes:
			t.Fatalf("%s: sent to a server that has not answered: %v", name, err)
		}
		f.says("SET", func(int) string { return "+OK\r\n" })
		f.says("PING", func(int) string { return "+PONG\r\n" })
		for range 3 {
			if err := <-outcomes; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := f.count("SET"); n != 1+1+3 {
			t.Errorf("%s: %d writes were sent, want 5", name, n)
		}
		before := f.count("PING")
		if _, err := c.Do(t.Context(), "SET", "a", 4); err != nil || f.count("PING") != before {
			t.Errorf("%s: asked again: %v", name, err)
		}
	}
}

func TestClusterDoesNotRepeatWrites(t *testing.T) {
	f := newFakeNode(t)
	once := func(nth int) string { return first(1, "")(nth) }
	for _, cmd := range []string{"SET", "GET", "INCR", "APPEND"} {
		f.says(cmd, once)
	}
	c := fakeCluster(t, f)
	if _, err := c.Do(t.Context(), "SET", "a", 1); err == nil || f.count("SET") != 1 {
		t.Errorf("a write was sent %d times: %v", f.count("SET"), err)
	}
	if ok, err := c.Do(t.Context(), "GET", "a"); ok != "OK" || err != nil || f.count("GET") != 2 {
		t.Errorf("a read was sent %d times: %v, %v", f.count("GET"), ok, err)
	}
	conn := c.Get()
	if _, err := conn.Do("APPEND", "a", 1); err == nil || f.count("APPEND") != 1 {
		t.Errorf("a write was sent %d times: %v", f.count("APPEND"), err)
	}
	// Nothing is lost with the connection, so the next command goes on with another one.
	if _, err := conn.Do("APPEND", "a", 1); err != nil || conn.Err() != nil {
		t.Error(err, conn.Err())
	}
	// Within a transaction it is.
	f.says("GET", first(1<<30, ""))
	if _, err := conn.Do("MULTI"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Do("GET", "a"); err == nil || conn.Err() == nil {
		t.Error(err, conn.Err())
	}
	if _, err := conn.Do("EXEC"); err == nil || f.count("EXEC") != 0 {
		t.Error(err)
	}
	conn.Close()
	bold := fakeCluster(t, f, func(c *redispool.Cluster) { c.RepeatWrites = true })
	if _, err := bold.Do(t.Context(), "INCR", "a"); err != nil || f.count("INCR") != 2 {
		t.Errorf("a write was sent %d times: %v", f.count("INCR"), err)
	}
}

// TestClusterMovedToTheSameAddress has a proxy that has led a connection to another node. Another connection is right.
func TestClusterMovedToTheSameAddress(t *testing.T) {
	f := newFakeNode(t)
	f.says("GET", first(2, "-MOVED 15495 :"+f.port+"\r\n"))
	pool := &redispool.Pool{MaxIdle: 3}
	c := fakeCluster(t, f, func(c *redispool.Cluster) { c.CreatePool = func(string) *redispool.Pool { return pool } })
	if ok, err := c.Do(t.Context(), "GET", "a"); ok != "OK" || err != nil {
		t.Fatal(ok, err)
	}
	if n := pool.ResourceStats().Opened; n != 3 {
		t.Errorf("%d connections, want 3: two that were led elsewhere, and one that was not", n)
	}
}

func TestClusterMovedInCircles(t *testing.T) {
	a, b := newFakeNode(t), newFakeNode(t)
	a.says("GET", first(20, "-MOVED 15495 :"+b.port+"\r\n"))
	b.says("GET", first(20, "-MOVED 15495 :"+a.port+"\r\n"))
	c := fakeCluster(t, a)
	if ok, err := c.Do(t.Context(), "GET", "a"); ok != "OK" || err != nil {
		t.Error(ok, err)
	}
}

// TestClusterTearsNothingApart has a node that gives a slot away in the middle of a transaction, and of a pipeline.
func TestClusterTearsNothingApart(t *testing.T) {
	f, other := newFakeNode(t), newFakeNode(t)
	for name, begin := range map[string]func(redis.Conn) error{
		"transaction": func(conn redis.Conn) error { return second(conn.Do("MULTI")) },
		"WATCH":       func(conn redis.Conn) error { return second(conn.Do("WATCH", "a")) },
		"pipeline":    func(conn redis.Conn) error { return errors.Join(conn.Send("SET", "a", 1), conn.Flush()) },
	} {
		for _, redirection := range []string{"MOVED", "ASK"} {
			f.says("GET", func(int) string { return "+OK\r\n" })
			c := fakeCluster(t, f)
			conn := c.Get()
			if err := redispool.BindConn(conn, "a"); err != nil {
				t.Fatal(err)
			}
			if err := begin(conn); err != nil {
				t.Fatal(name, err)
			}
			f.says("GET", func(int) string { return "-" + redirection + " 15495 :" + other.port + "\r\n" })
			if r := redispool.ParseRedir(second(conn.Do("GET", "a"))); r == nil || r.Type != redirection {
				t.Errorf("%s: %v", name, r)
			}
			conn.Close()
			if n := other.count("GET"); n != 0 {
				t.Errorf("%s, %s: the other node was asked", name, redirection)
			}
		}
	}
}
