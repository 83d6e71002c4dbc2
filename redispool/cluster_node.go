package redispool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

// clusterNode is a node of a cluster, with its pool.
type clusterNode struct {
	cluster *Cluster
	addr    string

	once     sync.Once
	made     atomic.Pointer[Pool] // the pool; nil before its first use
	dial     func(context.Context) (redis.Conn, error)
	unpooled *Pool // keeps no connections, and has no limit

	dials   gate // holds dials back while they fail
	answers gate // holds commands back while the node does not answer
	clears  sync.Mutex
	epoch   atomic.Uint64 // grows when the pool is cleared
	greeted atomic.Uint64 // the epoch in which the node has answered a greeting

	listed bool      // the map names the node; guarded by the cluster's mu
	stay   time.Time // if not listed: when the node may be dropped
}

// node returns the node at an address. It does not dial.
func (c *Cluster) node(addr string) (*clusterNode, error) {
	c.mu.RLock()
	n, closed := c.nodes[addr], c.closed.Load()
	c.mu.RUnlock()
	if closed {
		return nil, ErrClusterClosed
	}
	if n != nil {
		return n, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return nil, ErrClusterClosed
	}
	return c.nodeLocked(addr), nil
}

func (c *Cluster) nodeLocked(addr string) *clusterNode {
	n := c.nodes[addr]
	if n == nil {
		n = &clusterNode{cluster: c, addr: addr, answers: gate{eager: true}, listed: c.slots.Lists(addr)}
		c.nodes[addr] = n
	}
	return n
}

// pool returns the node's pool. The first call makes it.
func (n *clusterNode) pool() *Pool {
	n.once.Do(n.makePool)
	return n.made.Load()
}

// makePool makes the node's pool. The pool's dials pass the gate.
func (n *clusterNode) makePool() {
	p, err := n.createPool()
	if err != nil {
		n.fail(&misuseError{err})
		return
	}
	// The pool would have callers wait for a node whose replica may have taken its place.
	n.dials.longest, p.DialBackoff = p.DialBackoff, 0
	switch plain, withContext := p.Dial, p.DialContext; {
	case withContext != nil:
		p.DialContext = n.dials.guard(withContext)
		n.dial = endable(withContext)
	case plain != nil:
		dial := func(context.Context) (redis.Conn, error) { return plain() }
		guarded := n.dials.guard(dial)
		p.Dial = func() (redis.Conn, error) { return guarded(context.Background()) }
		n.dial = endable(dial)
	}
	p.total = n.cluster.total
	n.unpooled = &Pool{Dial: p.Dial, DialContext: p.DialContext, DialTimeout: p.DialTimeout}
	n.made.Store(p)
}

// endable makes a dial that returns when its context ends, which some dial functions do
// not. A connection that arrives later is closed.
func endable(dial func(context.Context) (redis.Conn, error)) func(context.Context) (redis.Conn, error) {
	return func(ctx context.Context) (redis.Conn, error) {
		type result struct {
			c   redis.Conn
			err error
		}
		dialed := make(chan result, 1)
		go func() {
			defer close(dialed) // dial may call Goexit
			c, err := dial(ctx)
			dialed <- result{c, err}
		}()
		select {
		case r := <-dialed:
			if r.c == nil && r.err == nil {
				r.err = errNoConn
			}
			return r.c, r.err
		case <-ctx.Done():
			go func() {
				if r := <-dialed; r.err == nil && r.c != nil {
					r.c.Close()
				}
			}()
			return nil, endOf(ctx)
		}
	}
}

// borrow gets a connection of the node for reads from a replica, or for everything
// else. READONLY holds for as long as the connection exists. It is sent when the first
// borrower needs it, and taken back when the first one needs the opposite.
func (n *clusterNode) borrow(ctx context.Context, replica, unpooled bool) (*conn, error) {
	p, limited := n.pool(), ctx
	if unpooled {
		p = n.unpooled
	} else if wait := n.cluster.PoolWaitTime; wait > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	rc, _, err := p.get().borrow(limited)
	switch {
	case err == nil:
	case limited.Err() != nil && ctx.Err() == nil:
		return nil, ErrWaitTimeout
	default:
		return nil, err
	}
	fit := false
	defer func() {
		if !fit { // it broke, or a dialed connection of the user's own kind panicked
			rc.closeFor(ctx)
		}
	}()
	if err := n.prepare(ctx, rc.lease.Value(), replica); err != nil {
		return nil, err
	}
	fit = true
	return rc, nil
}

// prepare makes a connection fit for a command, which most are.
func (n *clusterNode) prepare(ctx context.Context, pc *pooled, replica bool) error {
	switch {
	case n.answers.failing():
		if err := n.probe(ctx, pc); err != nil {
			return err
		}
	case n.inDoubt():
		if err := n.greet(ctx, pc); err != nil {
			return err
		}
	}
	return n.setReplicaReads(ctx, pc, replica)
}

// inDoubt reports whether a connection has broken since the node last answered a greeting. If
// the server has died, its system may still accept connections for a moment, and a write on
// one of them would fail as well.
func (n *clusterNode) inDoubt() bool { return n.greeted.Load() < n.epoch.Load() }

// greet asks a node that is in doubt whether it is there.
func (n *clusterNode) greet(ctx context.Context, pc *pooled) error {
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	epoch := n.epoch.Load()
	err := n.ask(ctx, pc, callWith(limited, pc.c), "PING")
	if err == nil {
		raise(&n.greeted, epoch)
	}
	return err
}

// setReplicaReads makes a connection read from a replica, or not, if it does the opposite.
func (n *clusterNode) setReplicaReads(ctx context.Context, pc *pooled, replica bool) error {
	if pc.readsReplica == replica {
		return nil
	}
	cmd := "READWRITE"
	if replica {
		cmd = "READONLY"
	}
	if err := n.ask(ctx, pc, callWith(ctx, pc.c), cmd); err != nil {
		return fmt.Errorf("redispool: %s was not answered: %w", cmd, err)
	}
	pc.readsReplica = replica
	return nil
}

// ask sends a command whose reply does not matter. It returns an error if there is none. Unless
// the caller's context has ended, the connection then counts as broken.
func (n *clusterNode) ask(ctx context.Context, pc *pooled, by calling, cmd string) error {
	epoch := n.epoch.Load()
	_, err := by.do(pc.c, cmd)
	if pc.c.Err() == nil {
		return nil
	}
	if ctx.Err() == nil {
		n.noteBroken(epoch, err)
	}
	return err
}

// probeTimeout is the time that a node has for its answer, after a command got none.
const probeTimeout = time.Second

// probe asks a node whether it answers again. As long as it does not, one call at a
// time waits for it, and the others can try elsewhere.
func (n *clusterNode) probe(ctx context.Context, pc *pooled) error {
	if err := n.answers.enter(); err != nil {
		return &hungError{n.addr, err}
	}
	var failure error
	defer func() { n.answers.note(failure) }()
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	epoch := n.epoch.Load()
	_, err := callWith(limited, pc.c).do(pc.c, "PING")
	switch {
	case pc.c.Err() == nil: // it has answered, even if with an error reply
		return nil
	case isTimeout(err) || limited.Err() != nil:
		failure = err
		return &hungError{n.addr, err}
	}
	n.broken(epoch) // it has closed the connection, so it does not hang
	return err
}

// hungError is the error of a call to a node that does not answer.
type hungError struct {
	addr string
	err  error
}

func (e *hungError) Error() string {
	return fmt.Sprintf("redispool: node %s does not answer: %v", e.addr, e.err)
}
func (e *hungError) Unwrap() error { return e.err }

// isHung reports whether a node cannot be reached because it does not answer. It may
// still answer later. A node that refuses connections is down.
func isHung(err error) bool {
	var hung *hungError
	return errors.As(err, &hung) || isTimeout(err)
}

// callWith returns the way to call a connection with a context, if it has one.
func callWith(ctx context.Context, c redis.Conn) calling {
	by := calling{how: withContext, ctx: ctx}
	if ctx.Done() == nil || !by.works(c) {
		return plainly
	}
	return by
}

// noteBroken notes that a connection broke. After a timeout the node's other
// connections are as good as before, if it answers at all. epoch is the node's when
// the connection was borrowed.
func (n *clusterNode) noteBroken(epoch uint64, err error) {
	if isTimeout(err) {
		n.answers.note(err)
	} else {
		n.broken(epoch)
	}
	n.cluster.requestRefresh()
}

// broken notes that a connection broke. Connections that were idle since before are
// closed. epoch is the node's when the connection was borrowed: of many that break
// together the first one counts.
func (n *clusterNode) broken(epoch uint64) {
	n.clears.Lock()
	defer n.clears.Unlock()
	if n.epoch.Load() == epoch {
		n.epoch.Add(1)
		if p := n.pool(); p.get().pool != nil {
			resetApart(p.get().pool, p.Reset)
		}
	}
}

// fail makes a pool that has no connections.
func (n *clusterNode) fail(err error) {
	n.dial = func(context.Context) (redis.Conn, error) { return nil, err }
	none := func() (redis.Conn, error) { return nil, err }
	n.unpooled = &Pool{Dial: none}
	n.made.Store(&Pool{Dial: none})
}

// close closes the pool, or takes care that none is made.
func (n *clusterNode) close() {
	n.once.Do(func() { n.fail(ErrPoolClosed) })
	n.made.Load().Close()
	n.unpooled.Close()
}

// closeNodes closes the pools of nodes, and returns when that is done. No node waits for the
// closes of another.
func closeNodes(nodes []*clusterNode) {
	var closes []*errand
	for _, n := range nodes {
		closes = append(closes, startErrand(func() (any, error) { n.close(); return nil, nil }))
	}
	for _, o := range closes {
		<-o.done
	}
	for _, o := range closes {
		o.result()
	}
}

// failing reports whether the node cannot be dialed, or does not answer.
func (n *clusterNode) failing() bool { return n.dials.failing() || n.answers.failing() }
