package redispool_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// leftConn is a connection whose first call with a context is abandoned: redigo closes it, and may still write to it.
type leftConn struct {
	redis.Conn
	left  error
	after []string // commands that were sent later
}

func (c *leftConn) Err() error { return c.left }

func (c *leftConn) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	if c.left != nil {
		c.after = append(c.after, fmt.Sprint(cmd, args))
	}
	c.left = context.DeadlineExceeded
	return nil, c.left
}

func (*leftConn) ReceiveContext(context.Context) (any, error) { panic("nothing is received") }

// TestClusterLeavesAbandonedConnection has a node that does not answer the first question for the map in time. The
// second one is not sent beside it on the same connection.
func TestClusterLeavesAbandonedConnection(t *testing.T) {
	f := newFakeNode(t)
	var left *leftConn
	c := fakeCluster(t, f, func(c *redispool.Cluster) {
		c.CreatePool = func(string) *redispool.Pool {
			return &redispool.Pool{Dial: func() (redis.Conn, error) {
				conn, err := redis.Dial("tcp", f.addr)
				if left == nil {
					left = &leftConn{Conn: conn}
					return left, err
				}
				return conn, err
			}}
		}
	})
	if ok, err := c.Do(t.Context(), "GET", "a"); ok != "OK" || err != nil {
		t.Error(ok, err)
	}
	if len(left.after) > 0 {
		t.Errorf("sent after a call was abandoned: %q", left.after)
	}
}

// TestClusterHoldsDials has a node that is down while another one still names it.
func TestClusterHoldsDials(t *testing.T) {
	f := newFakeNode(t)
	down := newFakeNode(t)
	down.srv.Close()
	f.says("CLUSTER SLOTS", func(int) string { return slotsReply("127.0.0.1", down.port) })
	var dials atomic.Int64
	c := fakeCluster(t, f, func(c *redispool.Cluster) {
		c.RetryTimeout = -1
		c.CreatePool = func(addr string) *redispool.Pool {
			return &redispool.Pool{Dial: func() (redis.Conn, error) {
				if addr == down.addr {
					dials.Add(1)
				}
				return redis.Dial("tcp", addr)
			}}
		}
	})
	const calls = 500
	for range calls {
		if _, err := c.Do(t.Context(), "GET", "a"); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Fatal(err)
		}
	}
	if n := dials.Load(); n == 0 || n > calls/5 {
		t.Errorf("%d dials for %d calls", n, calls)
	}
}

// TestClusterCoalescesRefreshes has many callers that all find the map wrong.
func TestClusterCoalescesRefreshes(t *testing.T) {
	f := newFakeNode(t)
	c := fakeCluster(t, f, func(c *redispool.Cluster) { c.RetryTimeout = -1 })
	if err := c.Refresh(); err != nil {
		t.Fatal(err)
	}
	f.says("GET", first(1<<30, "-CLUSTERDOWN The cluster is down\r\n"))
	begin := time.Now()
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 200 {
				c.Do(context.Background(), "GET", "a")
			}
		})
	}
	all.Wait()
	c.Close()
	// The pauses grow to 250 ms, and a pause may be shorter by half.
	if n := f.count("CLUSTER SLOTS"); n > 10+int(time.Since(begin)/(125*time.Millisecond)) {
		t.Errorf("the slots were asked for %d times in %v", n, time.Since(begin))
	}
}

// TestClusterRefreshIsLater asks for a refresh while one is running that has its answer already.
func TestClusterRefreshIsLater(t *testing.T) {
	f := newFakeNode(t)
	running, proceed := make(chan bool), make(chan bool)
	f.says("CLUSTER SLOTS", func(nth int) string {
		if nth == 1 {
			running <- true
			<-proceed
			return slotsReply("127.0.0.1", "1")
		}
		return slotsReply("127.0.0.1", f.port)
	})
	c := fakeCluster(t, f)
	var all sync.WaitGroup
	all.Go(func() {
		if err := c.Refresh(); err != nil {
			t.Error(err)
		}
	})
	<-running
	all.Go(func() {
		if err := c.Refresh(); err != nil {
			t.Error(err)
		}
		err := c.EachNode(false, func(addr string, _ redis.Conn) error {
			if addr != f.addr {
				t.Errorf("the map has %s after a refresh", addr)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	for range 1000 {
		runtime.Gosched() // until the second refresh was asked for, as a rule
	}
	close(proceed)
	all.Wait()
}
