package redispool

import (
	"fmt"
	"time"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// Bind binds the connection to the node that serves the keys, which must be in one
// slot. Without keys it binds the connection to any node. It returns an error if the
// connection is bound already.
func (cc *ClusterConn) Bind(keys ...string) error {
	q := cc.call(plainly, "Bind", nil)
	q.slot = -1
	for _, key := range keys {
		switch slot := Slot(key); {
		case q.slot < 0:
			q.slot, q.key = slot, key
		case q.slot != slot:
			return &CrossSlotError{Command: "Bind", Key: key, Slot: slot, OtherKey: q.key, OtherSlot: q.slot}
		}
	}
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if err := cc.usable(); err != nil {
		return err
	}
	if cc.at != nil || cc.hasSlot {
		return errBound
	}
	return cc.bind(&q)
}

// call makes a call of the connection.
func (cc *ClusterConn) call(by calling, cmd string, args []any) clusterCall {
	q := clusterCall{cluster: cc.cluster, by: by, cmd: cmd, args: multiplex.ResolveArgs(args), unpooled: cc.unpooled}
	if by.how == withContext {
		q.ctx = by.ctx
	}
	if cc.deadline.After(time.Now()) {
		q.deadline = cc.deadline
	}
	return q
}

// bind binds the connection to a node, and sends the commands that were kept back. It
// is called with the lock held.
func (cc *ClusterConn) bind(q *clusterCall) error {
	q.at, q.replica = cc.at, cc.replica
	for q.at == nil {
		err := q.bind()
		if err == nil {
			break
		}
		v, err := q.judgeBind(err)
		if v == final {
			return err
		}
		if err := q.pause(err); err != nil {
			return err
		}
	}
	cc.at = q.at
	if q.slot >= 0 {
		cc.slot, cc.key, cc.hasSlot = q.slot, q.key, true
	}
	queue := cc.queue
	cc.queue = nil
	for _, s := range queue {
		if err := cc.at.rc.Send(s.cmd, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// admit checks that the call's keys are in the slot of the connection, and gives a
// connection back that was bound to a node before a key was known. It is called with
// the lock held.
func (cc *ClusterConn) admit(q *clusterCall) error {
	if err := cc.usable(); err != nil {
		return err
	}
	if q.slot < 0 {
		return nil
	}
	if cc.hasSlot {
		if q.slot != cc.slot {
			return &CrossSlotError{Command: q.cmd, Key: q.key, Slot: q.slot, OtherKey: cc.key, OtherSlot: cc.slot, Bound: true}
		}
		return nil
	}
	if cc.at == nil {
		return nil
	}
	if shard := cc.cluster.slots.Shard(q.slot); shard != nil && shard.Master == cc.at.node.addr {
		cc.slot, cc.key, cc.hasSlot = q.slot, q.key, true
		return nil
	}
	if !cc.at.isPlain() {
		return fmt.Errorf(
			"redispool: %s: a transaction, a subscription or a pipeline has begun on %s, which does not serve slot %d of key %q; use Bind before",
			q.cmd, cc.at.node.addr, q.slot, short(q.key))
	}
	at := cc.at
	cc.at = nil
	return at.rc.closeFor(q.bounds())
}

// bound returns the connection to the node. If there is no connection yet, bound gets
// one to any node, provided that it is needed or commands were kept back.
func (cc *ClusterConn) bound(q *clusterCall, needed bool) (*binding, error) {
	q.slot = -1
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if err := cc.usable(); err != nil {
		return nil, err
	}
	if cc.at == nil && (needed || len(cc.queue) > 0) {
		if cc.hasSlot {
			q.slot, q.key = cc.slot, cc.key
		}
		if err := cc.bind(q); err != nil {
			return nil, err
		}
	}
	return cc.at, nil
}
