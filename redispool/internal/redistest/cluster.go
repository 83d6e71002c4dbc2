package redistest

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Cluster is a Redis Cluster of real servers on the loopback interface.
type Cluster struct {
	t     testing.TB
	Nodes []*Server // first the masters, in the order of their slots, then a replica of each
}

// NodeTimeout is the time after which a cluster takes a node for dead.
const NodeTimeout = time.Second

// clusterTimeout bounds the waits for a cluster that does not become what it should.
const clusterTimeout = 3 * time.Minute

// StartCluster starts a cluster of masters with one replica each, and returns when it serves.
func StartCluster(t testing.TB, masters int, args ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for range 2 * masters {
		c.AddServer(args...)
	}
	for i, s := range c.Nodes {
		c.Do(s, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if i < masters {
			c.Do(s, "CLUSTER", "ADDSLOTSRANGE", i*16384/masters, (i+1)*16384/masters-1)
		}
		c.Meet(s)
	}
	c.WaitKnown()
	for i := range masters {
		c.Do(c.Nodes[masters+i], "CLUSTER", "REPLICATE", c.ID(c.Nodes[i]))
	}
	c.WaitOK()
	return c
}

// AnyPort, as an argument of a cluster's servers, stands for a free port, another one for each server.
const AnyPort = "any port"

// AddServer starts a server that is ready to join the cluster, but knows no other node.
func (c *Cluster) AddServer(args ...string) *Server {
	c.t.Helper()
	if path := find(c.t); major(c.t, path) < 7 {
		c.t.Skip("needs Redis 7.0 or later, where the port of the cluster's bus can be chosen")
	}
	all := []string{"--cluster-enabled", "yes", "--cluster-node-timeout", strconv.Itoa(int(NodeTimeout.Milliseconds())),
		"--cluster-port", strconv.Itoa(freePort(c.t)), "--repl-diskless-sync-delay", "0",
		// A node counts a replica as available when it has got a first ping.
		"--repl-ping-replica-period", "1",
		// A master that has given its last slot away stays a master.
		"--cluster-allow-replica-migration", "no"}
	for _, arg := range args {
		if arg == AnyPort {
			arg = strconv.Itoa(freePort(c.t))
		}
		all = append(all, arg)
	}
	s := Start(c.t, all...)
	c.Nodes = append(c.Nodes, s)
	return s
}

// Meet introduces a server to all nodes that were started before it.
func (c *Cluster) Meet(s *Server) {
	c.t.Helper()
	for _, o := range c.Nodes {
		if o == s {
			return
		}
		if o.running != nil {
			host, port := o.peerAddr()
			c.Do(s, "CLUSTER", "MEET", host, port, o.Argument("--cluster-port"))
		}
	}
}

// Join makes a server a master without slots.
func (c *Cluster) Join(s *Server) {
	c.t.Helper()
	c.Meet(s)
	c.WaitKnown()
	c.Wait("the new node serves", func() bool { return strings.Contains(c.Text(s, "CLUSTER", "INFO"), "cluster_state:ok") })
}

// peerAddr returns the address that other servers of the cluster dial.
func (s *Server) peerAddr() (host, port string) {
	host, port, _ = net.SplitHostPort(s.Addr())
	if slices.Contains(s.args, "--tls-cluster") {
		port = s.Argument("--tls-port")
	}
	return host, port
}

// Argument returns the value of an argument of the server.
func (s *Server) Argument(name string) string {
	return s.args[slices.Index(s.args, name)+1]
}

// Do sends a command to one server.
func (c *Cluster) Do(s *Server, cmd string, args ...any) any {
	c.t.Helper()
	reply, err := c.try(s, cmd, args...)
	if err != nil {
		c.t.Fatalf("%s %v at %s: %v", cmd, args, s.Addr(), err)
	}
	return reply
}

func (c *Cluster) try(s *Server, cmd string, args ...any) (any, error) {
	conn, err := redis.Dial("tcp", s.Addr(), redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second*10))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Do(cmd, args...)
}

// Text is Do for a reply that is a text.
func (c *Cluster) Text(s *Server, cmd string, args ...any) string {
	c.t.Helper()
	text, err := redis.String(c.Do(s, cmd, args...), nil)
	if err != nil {
		c.t.Fatalf("%s %v at %s: %v", cmd, args, s.Addr(), err)
	}
	return text
}

// ID returns the identity of a node.
func (c *Cluster) ID(s *Server) string {
	c.t.Helper()
	return c.Text(s, "CLUSTER", "MYID")
}

// IsMaster reports whether a server is a master.
func (c *Cluster) IsMaster(s *Server) bool {
	role, err := redis.Values(c.try(s, "ROLE"))
	if err != nil || len(role) == 0 {
		return false
	}
	name, _ := redis.String(role[0], nil)
	return name == "master"
}

// Master returns the server that serves a slot as the running nodes see it.
func (c *Cluster) Master(slot int) *Server {
	c.t.Helper()
	var found *Server
	c.Wait("the nodes agree on a slot's master", func() bool {
		found = nil
		for _, s := range c.running() {
			slots, err := redis.Values(c.try(s, "CLUSTER", "SLOTS"))
			if err != nil {
				return false
			}
			for _, r := range slots {
				r := r.([]any)
				if int(r[0].(int64)) <= slot && slot <= int(r[1].(int64)) {
					port := int(r[2].([]any)[1].(int64))
					if found != nil && found.port != port {
						return false
					}
					found = c.at(port)
				}
			}
		}
		return found != nil
	})
	return found
}

func (c *Cluster) at(port int) *Server {
	for _, s := range c.Nodes {
		if s.port == port {
			return s
		}
	}
	return nil
}

func (c *Cluster) running() (all []*Server) {
	for _, s := range c.Nodes {
		if s.running != nil {
			all = append(all, s)
		}
	}
	return all
}

// Wait waits until a condition holds.
func (c *Cluster) Wait(what string, holds func() bool) {
	c.t.Helper()
	for end := time.Now().Add(clusterTimeout); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("not in %v: %s\n%s", clusterTimeout, what, c.view())
		}
	}
}

func (c *Cluster) view() string {
	var b strings.Builder
	for _, s := range c.running() {
		nodes, err := redis.String(c.try(s, "CLUSTER", "NODES"))
		fmt.Fprintf(&b, "%s: %v\n%s\n", s.Addr(), err, nodes)
	}
	return b.String()
}

// WaitKnown waits until the running nodes know each other.
func (c *Cluster) WaitKnown() {
	c.t.Helper()
	c.Wait("all nodes know each other", func() bool {
		for _, s := range c.running() {
			nodes, err := redis.String(c.try(s, "CLUSTER", "NODES"))
			if err != nil || strings.Count(nodes, " connected") != len(c.running()) || strings.Contains(nodes, "handshake") {
				return false
			}
		}
		return true
	})
}

// WaitOK waits until every running node serves: each master has a replica in sync, and all nodes know of it.
func (c *Cluster) WaitOK() {
	c.t.Helper()
	c.Wait("all nodes serve", func() bool {
		for _, s := range c.running() {
			info, err := redis.String(c.try(s, "CLUSTER", "INFO"))
			if err != nil || !strings.Contains(info, "cluster_state:ok") {
				return false
			}
			slots, err := redis.Values(c.try(s, "CLUSTER", "SLOTS"))
			if err != nil {
				return false
			}
			for _, r := range slots {
				if len(r.([]any)) < 4 {
					return false
				}
			}
			repl, err := redis.String(c.try(s, "INFO", "replication"))
			if err != nil || !strings.Contains(repl, "state=online") && !strings.Contains(repl, "master_link_status:up") {
				return false
			}
		}
		return true
	})
}

// MoveSlot moves a slot with its keys to another master, as redis-cli does it: a few keys at a time, while clients go on.
func (c *Cluster) MoveSlot(slot int, from, to *Server) {
	c.t.Helper()
	host, port := to.peerAddr()
	c.Do(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", c.ID(from))
	c.Do(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", c.ID(to))
	for {
		keys, err := redis.Strings(c.Do(from, "CLUSTER", "GETKEYSINSLOT", slot, 3), nil)
		if err != nil {
			c.t.Fatal(err)
		}
		if len(keys) == 0 {
			break
		}
		c.Do(from, "MIGRATE", redis.Args{}.Add(host, port, "", 0, 5000, "KEYS").AddFlat(keys)...)
	}
	for _, s := range []*Server{to, from} {
		c.Do(s, "CLUSTER", "SETSLOT", slot, "NODE", c.ID(to))
	}
	// Until the nodes agree, another slot must not be moved: two masters that raise their epochs at the same time can end up
	// with each naming the other one.
	c.Wait("the nodes agree on the slot's master", func() bool { return c.Master(slot) == to })
}

// Clients returns the number of connections that a server has, without those of other nodes and the one that asks.
func (c *Cluster) Clients(s *Server) int {
	c.t.Helper()
	n := 0
	for line := range strings.Lines(c.Text(s, "CLIENT", "LIST", "TYPE", "normal")) {
		if strings.Contains(line, "id=") {
			n++
		}
	}
	n += strings.Count(c.Text(s, "CLIENT", "LIST", "TYPE", "pubsub"), "id=")
	return n - 1
}

// KillClients closes the connections of all clients of a server.
func (c *Cluster) KillClients(s *Server) {
	c.t.Helper()
	c.Do(s, "CLIENT", "KILL", "TYPE", "normal")
}

// Remove removes a master without slots from the cluster, and stops it.
func (c *Cluster) Remove(s *Server) {
	c.t.Helper()
	id := c.ID(s)
	s.Stop()
	c.Nodes = slices.DeleteFunc(c.Nodes, func(o *Server) bool { return o == s })
	for _, o := range c.running() {
		c.Do(o, "CLUSTER", "FORGET", id)
	}
}
