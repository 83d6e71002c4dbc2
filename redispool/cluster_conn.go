package redispool

import (
	"context"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// ClusterConn is the connection that [Cluster.Get] returns.
//
// The first command that has a key binds the connection to the slot of that key. From then on
// all keys must be in that slot; a command with a key in another slot is refused with a
// [*CrossSlotError], and nothing is sent. [ClusterConn.Bind] binds the connection beforehand.
// Commands without keys go to the node of the slot, or before any key to a node of the
// cluster's choice. Send keeps such commands back until a key determines the node, so a
// pipeline may begin with MULTI.
//
// Do follows redirections and tries again, as [Cluster] describes. The connection then leads
// to another node, and changes to the session, such as the client's name, are lost. Do does
// not follow where commands must stay together: within a transaction, after WATCH, in a
// subscription, or if replies of a pipeline are outstanding. Then the caller gets the error,
// and the next connection goes to the right node. The same holds for Receive.
//
// If a command within a transaction is refused, or there is no connection for it, EXEC returns
// an error, and none of the transaction's commands is executed.
//
// If the connection breaks outside of such a state, the next Do goes to another one.
//
// As with redigo's connections, one goroutine may call Send and Flush while another one
// calls Receive. All other calls must come one at a time.
type ClusterConn struct {
	cluster  *Cluster
	deadline time.Time
	unpooled bool

	mu      sync.Mutex
	at      *binding      // nil: not bound to a node
	slot    int           // if hasSlot
	key     string        // that determined slot
	hasSlot bool          // bound to a slot
	replica bool          // ReadOnly was called
	queue   []heldCommand // by Send, before a key determined the node
	refused error         // of the first command that is missing in a transaction; see aborts
	err     error         // after which the connection is of no use
	closed  bool
}

var (
	_ redis.ConnWithTimeout = (*ClusterConn)(nil)
	_ redis.ConnWithContext = (*ClusterConn)(nil)
)

// ReadOnly makes the connection read from a replica. It must be called before the first
// command. A command that writes goes to the master, as long as no pipeline is under way,
// and the connection then stays there, also if it shares the node's connections. It
// returns an error if the connection is bound to a node already, or closed.
func (cc *ClusterConn) ReadOnly() error {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if err := cc.usable(); err != nil {
		return err
	}
	if cc.at != nil {
		return errBound
	}
	cc.replica = true
	return nil
}

// Close returns the connection to the pool of its node. Close is idempotent. Its error is
// that of the close, if the pool does not keep the connection.
func (cc *ClusterConn) Close() error {
	cc.mu.Lock()
	at := cc.at
	cc.at, cc.closed, cc.queue = nil, true, nil
	cc.mu.Unlock()
	if at == nil {
		return nil
	}
	return at.rc.Close()
}

// Err returns the error after which the connection cannot be used.
func (cc *ClusterConn) Err() error {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	return cc.usable()
}

// usable is called with the lock held.
func (cc *ClusterConn) usable() error {
	switch {
	case cc.closed:
		return errConnClosed
	case cc.err != nil:
		return cc.err
	case cc.at != nil:
		return cc.at.rc.Err()
	}
	return nil
}

// Do sends a command, and returns its reply; see [ClusterConn] for redirections. The error is
// a [*CrossSlotError] if a key is in another slot than the connection's, an error reply of
// the node, or an error of the connection.
func (cc *ClusterConn) Do(cmd string, args ...any) (any, error) { return cc.do(plainly, cmd, args) }

// DoContext is Do, and ends with ctx. An end of ctx while a reply is outstanding closes the
// connection to the node.
func (cc *ClusterConn) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	return cc.do(calling{how: withContext, ctx: ctx}, cmd, args)
}

// DoWithTimeout is Do with a read timeout of its own. Zero: no timeout.
func (cc *ClusterConn) DoWithTimeout(timeout time.Duration, cmd string, args ...any) (any, error) {
	return cc.do(calling{how: withTimeout, timeout: timeout}, cmd, args)
}

func (cc *ClusterConn) do(by calling, cmd string, args []any) (any, error) {
	q := cc.call(by, cmd, args)
	if cmd == "" {
		return cc.doNothing(&q)
	}
	if err := q.findKeys(); err != nil {
		return nil, cc.refuse(err)
	}
	return cc.run(&q)
}

// run sends the call's command. If it may go to another node, it does not hold the
// lock while it waits.
func (cc *ClusterConn) run(q *clusterCall) (any, error) {
	cc.mu.Lock()
	if err := cc.admit(q); err != nil {
		defer cc.mu.Unlock()
		return nil, cc.refuseLocked(err)
	}
	aborted := cc.aborts(q)
	if aborted != nil {
		q.cmd, q.args = "DISCARD", nil
	}
	if len(cc.queue) > 0 {
		if err := cc.bind(q); err != nil {
			defer cc.mu.Unlock()
			return nil, cc.refuseLocked(err)
		}
	}
	at := cc.at
	q.at, q.replica = at, cc.replica && (q.readOnly || q.slot < 0)
	q.sticky = q.slot < 0 && at != nil
	if q.slot < 0 && cc.hasSlot && at == nil {
		q.slot, q.key = cc.slot, cc.key // the connection before has broken
	}
	cc.mu.Unlock()
	if at != nil && !at.isPlain() {
		reply, err := at.rc.do(q.by, q.cmd, q.args)
		at.noteError(err)
		if aborted != nil {
			return nil, aborted
		}
		return reply, err
	}
	returned := false
	defer func() {
		if !returned { // a dialed connection of the user's own kind panicked
			q.release()
		}
	}()
	reply, err := q.run()
	returned = true
	return reply, cc.keep(q, err)
}

// keep takes over the connection on which the call has ended.
func (cc *ClusterConn) keep(q *clusterCall, err error) error {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if cc.closed {
		q.release()
		return err
	}
	cc.at = q.at
	if q.at == nil && err == nil && q.slot >= 0 && !q.readOnly {
		cc.replica = false // a shared connection to the master has served it: stay there
	}
	if q.slot >= 0 && !cc.hasSlot {
		cc.slot, cc.key, cc.hasSlot = q.slot, q.key, true
	}
	if cc.at == nil || cc.at.rc.Err() == nil {
		return err
	}
	if !cc.hasSlot {
		cc.err = cc.at.rc.Err() // another node might not do
		return err
	}
	cc.at.rc.closeFor(q.bounds())
	cc.at = nil
	return err
}
