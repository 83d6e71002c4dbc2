package redispool_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"

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
	if name == "ECHO" {
		reply = "+" + args[0] + "\r\n"
	}
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
