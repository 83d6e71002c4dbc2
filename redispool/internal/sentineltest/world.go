// Package sentineltest imitates sentinels and the servers that they watch, on connections in memory, so that tests can use
// them in a bubble of testing/synctest.
package sentineltest

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gomodule/redigo/redis"
)

// World has nodes by their addresses.
type World struct {
	mu    sync.Mutex
	nodes map[string]*Node
	open  int // connections
	dials map[string]int
}

// Node is a sentinel or a server. It is changed with World.Change only.
type Node struct {
	Down  bool   // refuses connections
	Hangs bool   // takes connections and commands, and answers nothing
	Fails string // the error that it answers everything with

	Forbids map[string]bool // the commands that the user may not send

	// Of a server:

	Role string // master or slave
	Link string // of a slave

	// Of a sentinel:

	ID       string
	Name     string // of the master that it knows
	Master   string // the address
	Epoch    int
	NoEpoch  bool // SENTINEL MASTER is not permitted
	Replicas []Replica
	Peers    []*Node
	Addr     string

	conns map[net.Conn]bool // true: subscribed
	deaf  map[net.Conn]bool // they get no answer any more
	asked int               // how often for the master
}

// Replica is a replica as a sentinel describes it.
type Replica struct{ Addr, Flags, Link string }

// New returns a world without nodes.
func New() *World { return &World{nodes: map[string]*Node{}, dials: map[string]int{}} }

// Sentinel adds a sentinel that knows a master.
func (w *World) Sentinel(addr, master string) *Node {
	return w.add(&Node{Addr: addr, ID: "id of " + addr, Name: "mymaster", Master: master})
}

// Server adds a server.
func (w *World) Server(addr, role string) *Node {
	n := &Node{Addr: addr, Role: role}
	if role == "slave" {
		n.Link = "connected"
	}
	return w.add(n)
}

func (w *World) add(n *Node) *Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	n.conns, n.deaf, n.Forbids = map[net.Conn]bool{}, map[net.Conn]bool{}, map[string]bool{}
	w.nodes[n.Addr] = n
	return n
}

// Change runs f, which may change any node. A node that is down afterwards loses its connections.
func (w *World) Change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	for _, n := range w.nodes {
		if n.Down {
			n.cutLocked()
		}
	}
}

// Cut closes the connections of a node.
func (w *World) Cut(n *Node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n.cutLocked()
}

func (n *Node) cutLocked() {
	for c := range n.conns {
		c.Close()
	}
}

// Deafen lets the present subscriptions of a sentinel hang. Its other connections work, as do later ones.
func (w *World) Deafen(n *Node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c, subscribed := range n.conns {
		n.deaf[c] = subscribed
	}
}

// Open returns the number of open connections to all nodes.
func (w *World) Open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// Asked returns how often a sentinel was asked for the address of its master.
func (w *World) Asked(n *Node) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return n.asked
}

// Dials returns how often an address was dialed.
func (w *World) Dials(addr string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials[addr]
}

// Publish sends an event to the subscribers of a sentinel.
func (w *World) Publish(n *Node, channel, text string) {
	w.mu.Lock()
	var to []net.Conn
	for c, subscribed := range n.conns {
		if subscribed {
			to = append(to, c)
		}
	}
	w.mu.Unlock()
	for _, c := range to {
		io.WriteString(c, array("message", channel, text))
	}
}

// Dial connects to a node.
func (w *World) Dial(ctx context.Context, addr string) (redis.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dials[addr]++
	n := w.nodes[addr]
	if n == nil || n.Down {
		return nil, fmt.Errorf("dial %s: connection refused", addr)
	}
	ours, theirs := net.Pipe()
	n.conns[theirs] = false
	w.open++
	go w.serve(n, theirs)
	return redis.NewConn(ours, 0, 0), nil
}

func (w *World) serve(n *Node, c net.Conn) {
	defer func() {
		c.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(n.conns, c)
		w.open--
	}()
	r := bufio.NewReader(c)
	for {
		args, err := readCommand(r)
		if err != nil {
			return
		}
		w.mu.Lock()
		reply := n.replyLocked(c, args)
		w.mu.Unlock()
		if _, err := io.WriteString(c, reply); err != nil {
			return
		}
	}
}

func (n *Node) replyLocked(c net.Conn, args []string) string {
	switch command := strings.ToUpper(args[0]); {
	case n.Hangs || n.deaf[c]:
		return ""
	case n.Fails != "":
		return "-" + n.Fails + "\r\n"
	case n.Forbids[command]:
		return "-NOPERM this user has no permissions to run the '" + strings.ToLower(command) + "' command\r\n"
	case command == "PING" && n.conns[c]:
		return array("pong", "")
	case (command == "PING" || command == "ECHO") && len(args) == 2:
		return bulk(args[1])
	case command == "PING":
		return "+PONG\r\n"
	case command == "SUBSCRIBE":
		n.conns[c] = true
		var b strings.Builder
		for i, channel := range args[1:] {
			fmt.Fprintf(&b, "*3\r\n%s%s:%d\r\n", bulk("subscribe"), bulk(channel), i+1)
		}
		return b.String()
	case command == "ADDR": // no command of Redis
		return bulk(n.Addr)
	case command == "ROLE" && n.Role == "slave":
		return "*5\r\n" + bulk("slave") + bulk("host") + ":6379\r\n" + bulk(n.Link) + ":0\r\n"
	case command == "ROLE":
		return "*3\r\n" + bulk(n.Role) + ":0\r\n*0\r\n"
	case command == "HELLO":
		role := map[string]string{"slave": "replica"}[n.Role]
		return array("server", "redis", "mode", "standalone", "role", cmp.Or(role, n.Role))
	case command == "SENTINEL" && len(args) > 1:
		return n.sentinelLocked(args[1:])
	}
	return "+OK\r\n"
}

func (n *Node) sentinelLocked(args []string) string {
	question := strings.ToUpper(args[0])
	switch {
	case question == "MYID":
		return bulk(n.ID)
	case question == "MASTERS":
		return "*1\r\n" + array("name", n.Name)
	case len(args) < 2 || args[1] != n.Name:
		if question == "GET-MASTER-ADDR-BY-NAME" {
			return "*-1\r\n"
		}
		return "-ERR No such master with that name\r\n"
	}
	switch question {
	case "GET-MASTER-ADDR-BY-NAME":
		n.asked++
		return array(split(n.Master)...)
	case "MASTER":
		if n.NoEpoch {
			return "-NOPERM this user has no permissions\r\n"
		}
		return array("name", n.Name, "config-epoch", strconv.Itoa(n.Epoch))
	case "SLAVES":
		var b strings.Builder
		fmt.Fprintf(&b, "*%d\r\n", len(n.Replicas))
		for _, r := range n.Replicas {
			at := split(r.Addr)
			b.WriteString(array("ip", at[0], "port", at[1], "flags", r.Flags, "master-link-status", r.Link))
		}
		return b.String()
	case "SENTINELS":
		var b strings.Builder
		fmt.Fprintf(&b, "*%d\r\n", len(n.Peers))
		for _, p := range n.Peers {
			at := split(p.Addr)
			b.WriteString(array("ip", at[0], "port", at[1], "runid", p.ID))
		}
		return b.String()
	}
	return "-ERR unknown\r\n"
}

func split(addr string) []string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		panic(err)
	}
	return []string{host, port}
}

func readCommand(r *bufio.Reader) ([]string, error) {
	n, err := readLength(r)
	if err != nil {
		return nil, err
	}
	args := make([]string, n)
	for i := range args {
		size, err := readLength(r)
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		args[i] = string(b[:size])
	}
	return slices.Clip(args), nil
}

func readLength(r *bufio.Reader) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func array(items ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(items))
	for _, s := range items {
		b.WriteString(bulk(s))
	}
	return b.String()
}
