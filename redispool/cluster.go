package redispool

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/multiplex"
	"github.com/respool/respool/redispool/internal/slotmap"
	"github.com/respool/respool/resource"
)

// HashSlots is the number of hash slots of a Redis Cluster.
const HashSlots = slotmap.Slots

const (
	defaultRetryTimeout = 10 * time.Second
	defaultRefreshEvery = 30 * time.Second
)

// Cluster sends commands to the nodes of a Redis Cluster. It has one [Pool] for each
// node that it uses.
//
//	c := &redispool.Cluster{
//		StartupNodes: []string{"10.0.0.1:6379", "10.0.0.2:6379"},
//		CreatePool: func(addr string) *redispool.Pool {
//			return &redispool.Pool{MaxIdle: 8, MaxActive: 32, Wait: true}
//		},
//	}
//	defer c.Close()
//	reply, err := c.Do(ctx, "SET", "key", "value")
//
// [Cluster.Do] sends one command. [Cluster.Get] returns a connection, for pipelines,
// transactions, scripts and subscriptions.
//
// The cluster learns from its nodes which of them serves which slot. It asks them at the
// first use, and then from time to time while it is used. It also asks when a node
// answers that a slot has moved, when a node cannot be reached, and when the cluster is
// down. After each change it asks three more times, within 3.5 seconds, since the nodes
// learn of a change one after another. When slots have been moving for more than 10 seconds,
// it asks once, 3.5 seconds after the last change. It dials connections for these questions
// and closes them afterwards; the pools do not count them.
//
// The pool of a node that serves no slot any more is closed after 3 seconds without a
// redirection to that node, and made anew if the node is used again.
//
// # Retries
//
// A command is sent again if the server has not executed it. That is so if the node answers
// MOVED, ASK, TRYAGAIN, CLUSTERDOWN or LOADING, if the node cannot be dialed, or if the
// connection breaks before the command was written. If it breaks later, the node may have
// executed the command. The cluster then repeats commands that only read, and returns the
// error of others, unless RepeatWrites is set. A command that only reads is repeated once
// after a read timeout. Between attempts there are pauses, which grow. The context and
// RetryTimeout bound all of this.
//
// When a connection breaks, the idle connections of the same node's pool are closed, since
// they are most likely broken, too. So a restart of the node costs one error, not one for
// each idle connection. [Pool.TestOnBorrowContext] with [TestPing] usually prevents that
// error, too.
//
// If a node cannot be dialed, only one call at a time tries it again, after pauses
// that grow from 10 to 250 milliseconds, or to the DialBackoff of the node's pool. The
// others get the last error at once, and can look whether another node has taken its
// place. If a node does not answer a command in time, one call at a time asks whether it
// answers again. The others look for another node for half a second, and then get an
// error: goroutines that all wait for one node cannot use the others.
//
// The fields must not change after the first use. A Cluster must not be copied after
// its first use. All methods are safe for concurrent use.
type Cluster struct {
	// StartupNodes are the addresses of some nodes, masters or replicas, with ports. It is
	// enough if one of them answers. A host name that leads to any node will do.
	StartupNodes []string

	// CreatePool returns a new pool for the node at addr, another one for each node. If the
	// pool has neither Dial nor DialContext, it dials addr with DialOptions. Its limits hold
	// for one node. From then on the pool belongs to the cluster, which holds its dials back
	// while they fail, and closes it. A result that cannot be right, such as nil, is the
	// error of the commands for that node. Nil: pools that keep up to 8 idle connections for
	// up to 4 minutes, without a limit.
	CreatePool func(addr string) *Pool

	// MaxActive is the largest number of connections to all nodes together, in any state.
	// At the limit a call closes the connection that has been idle longest, of any node,
	// and dials in its place. If none is idle and its node's pool has Wait set, the call
	// waits in one queue over all nodes. The cluster's own connections, on which it asks
	// for the slots of a node, do not count, and neither do connections of Dial. With
	// MaxActive or MaxIdle the nodes' pools share one [resource.Keyed]. Zero or less: each
	// node's pool has its own limit alone. If the nodes' pools have Share, MaxActive must
	// be greater than Share, and should be greater than Share times the number of nodes: a
	// shared connection in constant use does not give its place to another node.
	MaxActive int

	// MaxIdle is the largest number of idle connections to all nodes together. When one
	// more comes back, the one that has been idle longest is closed, whatever its node.
	// Zero or less: each node's pool has its own limit alone.
	MaxIdle int

	// DialOptions are for pools without a dial function of their own.
	DialOptions []redis.DialOption

	// RetryTimeout bounds the time in which a command is sent again. That time begins at the
	// command's first failure. It should be longer than a failover takes, which is a
	// second or two more than the cluster's node timeout. Zero: 10 seconds. Less than
	// zero: redirections are followed, and nothing else is tried twice.
	RetryTimeout time.Duration

	// RepeatWrites also repeats a command that a node may have executed before the
	// connection broke. An INCR may then count twice. False: only commands that the
	// server calls readonly.
	RepeatWrites bool

	// ReadReplicas makes Do send commands that only read to replicas. A replica may not
	// have the latest writes. If no replica can be reached, the master serves the command.
	// Connections of Get read from replicas after [ReadOnlyConn].
	ReadReplicas bool

	// RefreshEvery is the age at which the map of slots is renewed while the cluster is
	// used. Zero: 30 seconds. Less than zero: it is renewed only when it has been wrong.
	RefreshEvery time.Duration

	// PoolWaitTime bounds the time that a command waits for a connection of a node's
	// pool. Zero or less: only the other bounds apply.
	PoolWaitTime time.Duration

	// BgError is called with errors that concern no caller. It is called on other
	// goroutines and must not call Close. Nil: these errors are dropped.
	BgError func(BgErrorSrc, error)

	// LayoutRefresh is called when nodes have answered which slots they serve, with
	// the addresses for each slot before and after. The master comes first. It is called
	// on another goroutine and must not call Close.
	LayoutRefresh func(old, new [HashSlots][]string)

	once   sync.Once
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	slots     slotmap.Map
	refreshes refreshes
	commands  commandMemory
	closed    atomic.Bool

	mu       sync.RWMutex
	nodes    map[string]*clusterNode
	dropping bool // dropUnlisted is to run at some instant
	drops    sync.WaitGroup
	total    *total // the limits over all nodes; nil: none
}

// BgErrorSrc says where an error that Cluster.BgError gets comes from.
type BgErrorSrc uint

const (
	ClusterRefresh BgErrorSrc = iota // no node has answered which slots it serves
	RetryCloseConn                   // closing a connection before a command went to another node
)

// init prepares the zero value. Every method that needs more than the fields calls it.
func (c *Cluster) init() {
	c.once.Do(func() {
		c.ctx, c.cancel = context.WithCancel(context.Background())
		c.mu.Lock()
		c.nodes = map[string]*clusterNode{}
		c.total = newTotal(c.MaxActive, c.MaxIdle)
		c.mu.Unlock()
	})
}

// Get returns a connection of type [*ClusterConn], which the caller must Close. It
// never returns nil, and it dials nothing. The first command borrows a connection from
// the pool of a node.
func (c *Cluster) Get() redis.Conn {
	c.init()
	if c.closed.Load() {
		return errorConn{err: ErrClusterClosed}
	}
	return &ClusterConn{cluster: c}
}

// GetContext is Get with a context. If the slots are not known yet, it waits until a node
// has answered, and returns the error as well. Later waits of the connection also end at
// the deadline of ctx, as long as it lies ahead. Otherwise ctx has no effect on the
// connection. A nil context never ends.
func (c *Cluster) GetContext(ctx context.Context) (redis.Conn, error) {
	c.init()
	ctx = orBackground(ctx)
	if err := c.ready(ctx); err != nil {
		return errorConn{err: err}, err
	}
	deadline, _ := ctx.Deadline()
	return &ClusterConn{cluster: c, deadline: deadline}, nil
}

// Dial is Get with a connection that no pool keeps or counts: Close closes it. The error is
// [ErrClusterClosed] after Close. Errors of the dial come from the connection's first call.
func (c *Cluster) Dial() (redis.Conn, error) {
	c.init()
	if c.closed.Load() {
		return nil, ErrClusterClosed
	}
	return &ClusterConn{cluster: c, unpooled: true}, nil
}

// Do sends one command to the node that serves its keys, and returns the reply. A
// command without keys goes to any master, so DBSIZE, SCAN, KEYS and FLUSHALL concern that
// master alone: see [Cluster.EachNode]. Do refuses commands that concern a connection, such
// as MULTI, WATCH or SUBSCRIBE: they need a connection of Get. The error is a
// [*CrossSlotError] if the keys are in different slots, an error reply of the node, or the
// last error after the retries. A nil context never ends.
func (c *Cluster) Do(ctx context.Context, cmd string, args ...any) (any, error) {
	c.init()
	ctx = orBackground(ctx)
	args = multiplex.ResolveArgs(args)
	if err := connOnlyError(cmd, args); err != nil {
		return nil, err
	}
	q := clusterCall{cluster: c, ctx: ctx, cmd: cmd, args: args}
	if ctx.Done() != nil {
		q.by, q.soft = calling{how: withContext, ctx: ctx}, true
	}
	if err := q.findKeys(); err != nil {
		return nil, err
	}
	q.replica = c.ReadReplicas && q.readOnly
	defer q.release()
	return q.run()
}

// EachNode calls fn for each master, or for each replica, with a connection that it
// closes afterwards. If it cannot get one, it calls fn with a connection whose methods
// return the error. If fn returns an error, EachNode returns it, and visits no further
// node. A replica answers reads after a READONLY.
func (c *Cluster) EachNode(replicas bool, fn func(addr string, conn redis.Conn) error) error {
	c.init()
	if err := c.ready(context.Background()); err != nil {
		return err
	}
	addrs := c.slots.Masters()
	if replicas {
		addrs = c.slots.Replicas()
	}
	if len(addrs) == 0 {
		return errNoNode
	}
	for _, addr := range addrs {
		if err := c.visit(addr, fn); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) visit(addr string, fn func(addr string, conn redis.Conn) error) error {
	n, err := c.redirectedTo(addr)
	if err != nil {
		return err
	}
	rc, err := n.borrow(context.Background(), false, false)
	if err != nil {
		return fn(addr, errorConn{err: err})
	}
	defer rc.Close()
	return fn(addr, rc)
}

// Refresh asks nodes which slots they serve, and returns when they have answered. You
// need not call it: the cluster refreshes its map by itself. It returns an error if no node
// has answered.
func (c *Cluster) Refresh() error {
	c.init()
	r := c.requestRefresh()
	<-r.done
	return r.err
}

// Stats returns the statistics of the nodes' pools, by address.
func (c *Cluster) Stats() map[string]redis.PoolStats { return ofNodes(c, (*Pool).Stats) }

// ResourceStats returns all statistics of the nodes' pools, by address. A node that the cluster
// has dropped is no longer there. redisc has no such method.
func (c *Cluster) ResourceStats() map[string]resource.Stats {
	return ofNodes(c, (*Pool).ResourceStats)
}

// Inspect describes each connection and each waiter of the nodes' pools, by address, as
// [Pool.Inspect] does. A node that the cluster has dropped is no longer there. redisc has no
// such method.
func (c *Cluster) Inspect() map[string]resource.Inspection {
	return ofNodes(c, (*Pool).Inspect)
}

// ofNodes calls a function for the pool of each node. No lock is held meanwhile: a pool with
// many connections takes time.
func ofNodes[S any](c *Cluster, of func(*Pool) S) map[string]S {
	c.mu.RLock()
	nodes := maps.Clone(c.nodes)
	c.mu.RUnlock()
	all := make(map[string]S, len(nodes))
	for addr, n := range nodes {
		if p := n.made.Load(); p != nil {
			all[addr] = of(p)
		}
	}
	return all
}

// Close closes the pools of all nodes. Connections in use stay usable and are closed
// when they are returned. Close is idempotent; it returns nil.
func (c *Cluster) Close() error {
	c.init()
	c.mu.Lock()
	c.closed.Store(true)
	nodes := c.nodes
	c.mu.Unlock()
	c.cancel()
	closeNodes(slices.Collect(maps.Values(nodes)))
	c.total.close()
	c.refreshes.wait()
	c.drops.Wait()
	return nil
}
