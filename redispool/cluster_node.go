package redispool

import (
	"context"
	"fmt"
	"math/rand/v2"
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

	gate   dialGate
	clears sync.Mutex
	epoch  atomic.Uint64 // grows when the pool is cleared
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
	if n = c.nodes[addr]; n == nil {
		n = &clusterNode{cluster: c, addr: addr}
		c.nodes[addr] = n
	}
	return n, nil
}

// pool returns the node's pool. The first call makes it.
func (n *clusterNode) pool() *Pool {
	n.once.Do(n.makePool)
	return n.made.Load()
}

// makePool makes the node's pool. The pool's dials pass the gate.
func (n *clusterNode) makePool() {
	p := n.cluster.newPool(n.addr)
	switch plain, withContext := p.Dial, p.DialContext; {
	case withContext != nil:
		p.DialContext = n.gate.guard(withContext)
		n.dial = endable(withContext)
	case plain != nil:
		dial := func(context.Context) (redis.Conn, error) { return plain() }
		guarded := n.gate.guard(dial)
		p.Dial = func() (redis.Conn, error) { return guarded(context.Background()) }
		n.dial = endable(dial)
	}
	n.unpooled = &Pool{Dial: p.Dial, DialContext: p.DialContext, DialTimeout: p.DialTimeout}
	n.made.Store(p)
}

// newPool calls CreatePool.
func (c *Cluster) newPool(addr string) *Pool {
	var p *Pool
	if c.CreatePool == nil {
		p = &Pool{MaxIdle: 8, IdleTimeout: 4 * time.Minute}
	} else if p = c.CreatePool(addr); p == nil {
		err := fmt.Errorf("redispool: Cluster.CreatePool returned no pool for %s", addr)
		p = &Pool{Dial: func() (redis.Conn, error) { return nil, err }}
	}
	if p.Dial == nil && p.DialContext == nil {
		p.DialContext = func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr, c.DialOptions...)
		}
	}
	return p
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
			return nil, ctx.Err()
		}
	}
}

// borrow gets a connection of the node for reads from a replica, or for everything
// else. READONLY holds for as long as the connection exists. It is sent when the first
// borrower needs it, and taken back when the first one needs the opposite.
func (n *clusterNode) borrow(ctx context.Context, replica, unpooled bool) (*conn, error) {
	p := n.pool()
	if unpooled {
		p = n.unpooled
	} else if wait := n.cluster.PoolWaitTime; wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	borrowed, err := p.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	rc := borrowed.(*conn)
	pc := rc.lease.Value()
	if pc.readsReplica == replica {
		return rc, nil
	}
	cmd := "READWRITE"
	if replica {
		cmd = "READONLY"
	}
	by := plainly
	if ctx.Done() != nil {
		by = calling{how: withContext, ctx: ctx}
	}
	if !by.works(pc.c) {
		by = plainly
	}
	epoch := n.epoch.Load()
	if _, err := by.do(pc.c, cmd); pc.c.Err() != nil {
		if ctx.Err() == nil && !isTimeout(err) {
			n.broken(epoch)
		}
		rc.Close()
		return nil, fmt.Errorf("redispool: %s: %w", cmd, err)
	}
	pc.readsReplica = replica
	return rc, nil
}

// broken notes that a connection broke. Connections that were idle since before are
// closed. epoch is the node's when the connection was borrowed: of many that break
// together the first one counts.
func (n *clusterNode) broken(epoch uint64) {
	n.clears.Lock()
	defer n.clears.Unlock()
	if n.epoch.Load() == epoch {
		n.epoch.Add(1)
		n.pool().Reset()
	}
}

// close closes the pool, or takes care that none is made.
func (n *clusterNode) close() {
	n.once.Do(func() {
		closed := &Pool{}
		closed.Dial = func() (redis.Conn, error) { return nil, ErrPoolClosed }
		n.dial = func(context.Context) (redis.Conn, error) { return nil, ErrPoolClosed }
		n.unpooled = &Pool{Dial: closed.Dial}
		closed.Close()
		n.made.Store(closed)
	})
	n.made.Load().Close()
	n.unpooled.Close()
}

// dialGate holds dials back after one has failed. Then one at a time goes ahead, after
// a pause.
type dialGate struct {
	mu    sync.Mutex
	err   error // of the last dial that failed; nil after a success
	pause time.Duration
	until time.Time
}

const (
	firstDialPause = 10 * time.Millisecond
	maxDialPause   = 250 * time.Millisecond
)

func (g *dialGate) guard(dial func(context.Context) (redis.Conn, error)) func(context.Context) (redis.Conn, error) {
	return func(ctx context.Context) (redis.Conn, error) {
		if err := g.enter(); err != nil {
			return nil, err
		}
		c, err := dial(ctx)
		g.note(err)
		return c, err
	}
}

func (g *dialGate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		return nil
	}
	now := time.Now()
	if now.Before(g.until) {
		return g.err
	}
	g.until = now.Add(g.pause)
	return nil
}

// note notes the outcome of a dial.
func (g *dialGate) note(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err = err; err == nil {
		g.pause = 0
		return
	}
	g.pause = min(max(2*g.pause, firstDialPause), maxDialPause)
	g.until = time.Now().Add(jitter(g.pause))
}

// failing reports whether the last dial has failed.
func (g *dialGate) failing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err != nil
}

// jitter returns a time between half of d and d.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/2+1))
}
