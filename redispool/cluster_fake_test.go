package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// fakeNode is a node that says what a test wants.
type fakeNode struct {
	addr, port string
	srv        *server.Server

	mu     sync.Mutex
	counts map[string]int
	script map[string]func(nth int) string // what the node replies to a command; "": it closes the connection
}

// newFakeNode starts a node that serves all slots.
func newFakeNode(t *testing.T) *fakeNode {
	t.Helper()
	srv, err := server.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	f := &fakeNode{addr: srv.Addr().String(), srv: srv, counts: map[string]int{}, script: map[string]func(int) string{}}
	_, f.port, _ = net.SplitHostPort(f.addr)
	f.says("CLUSTER NODES", func(int) string { return "-ERR no nodes\r\n" })
	f.says("CLUSTER SLOTS", func(int) string { return slotsReply("", f.port) })
	srv.SetPreHook(f.reply)
	return f
}

// slotsReply is the reply to CLUSTER SLOTS of a cluster with one node.
func slotsReply(host, port string) string {
	return fmt.Sprintf("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$%d\r\n%s\r\n:%s\r\n", len(host), host, port)
}

func (f *fakeNode) says(cmd string, reply func(nth int) string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script[cmd] = reply
}

func (f *fakeNode) reply(c *server.Peer, cmd string, args ...string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := strings.ToUpper(cmd)
	if name == "CLUSTER" || name == "COMMAND" {
		name += " " + strings.ToUpper(args[0])
	}
	f.counts[name]++
	reply := "+OK\r\n"
	if say := f.script[name]; say != nil {
		reply = say(f.counts[name])
	}
	if reply == "" {
		c.Close()
	}
	c.WriteRaw(reply)
	return true
}

func (f *fakeNode) count(cmd string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[cmd]
}

// first makes a reply that the node gives n times. Afterwards it replies OK.
func first(n int, reply string) func(int) string {
	return func(nth int) string {
		if nth <= n {
			return reply
		}
		return "+OK\r\n"
	}
}

func fakeCluster(t *testing.T, f *fakeNode, change ...func(*redispool.Cluster)) *redispool.Cluster {
	t.Helper()
	c := &redispool.Cluster{StartupNodes: []string{f.addr}, RetryTimeout: time.Minute}
	for _, do := range change {
		do(c)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

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

// TestClusterAsksAfterABreak has a server that dies, whose system accepts connections for some time yet. Only the write that was
// under way fails. The others are sent when the server has answered.
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

// TestClusterLeavesAbandonedConnection has a node that does not answer the first question for the map in time. The second one is
// not sent beside it on the same connection.
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

func TestClusterMovedInCircles(t *testing.T) {
	a, b := newFakeNode(t), newFakeNode(t)
	a.says("GET", first(20, "-MOVED 15495 :"+b.port+"\r\n"))
	b.says("GET", first(20, "-MOVED 15495 :"+a.port+"\r\n"))
	c := fakeCluster(t, a)
	if ok, err := c.Do(t.Context(), "GET", "a"); ok != "OK" || err != nil {
		t.Error(ok, err)
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
