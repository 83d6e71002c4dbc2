package redispool

import (
	"context"
	"errors"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// attemptShared sends the command over a shared connection of the node that serves it. It
// returns false if the command needs a connection of its own.
func (q *clusterCall) attemptShared(n *clusterNode, replica bool) (reply any, v nextStep, err error, ok bool) {
	if q.unpooled || q.sticky || n.answers.failing() || n.inDoubt() {
		return nil, final, nil, false
	}
	l := n.pool().get()
	if l.sharing == nil || !l.sharing.may(q.cmd, q.args) {
		return nil, final, nil, false
	}
	epoch := n.epoch.Load()
	ctx, cancel := q.waitBounds()
	defer cancel()
	limited := ctx
	if wait := q.cluster.PoolWaitTime; wait > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(ctx, wait)
		defer stop()
	}
	sent := q.cluster.slots.Now()
	m := l.sharing.mux
	if replica {
		m = l.sharing.reads
	}
	reply, end, err := l.sharing.doOver(m, q.howToShare(), limited, q.cmd, q.args)
	if err == nil {
		return reply, final, nil, true
	}
	if end.outcome == multiplex.NotOpened {
		if limited.Err() != nil && ctx.Err() == nil {
			err = ErrWaitTimeout
		}
		v, err := q.judgeBind(err)
		return nil, v, err, true
	}
	at := &binding{node: n, epoch: epoch, sent: sent} // not as a replica: nobody can have sent READWRITE
	if end.outcome == multiplex.Lost || errors.Is(err, context.DeadlineExceeded) {
		at.failure = err
	}
	reply, v, err = q.afterShared(at, replica, reply, err)
	return reply, v, err, true
}

// howToShare returns how to make the call on a shared connection. There the bounds of the
// call can always hold: a caller that leaves costs the others nothing.
func (q *clusterCall) howToShare() calling {
	if q.by.how != withTimeout && q.by.ctx == nil && q.bounds().Done() != nil {
		return calling{how: withContext, ctx: q.bounds()}
	}
	return q.by
}

// afterShared decides what follows from an error on a shared connection.
func (q *clusterCall) afterShared(at *binding, replica bool, reply any, err error) (any, nextStep, error) {
	v := q.judge(at, err)
	switch v {
	case asked:
		return q.ask(at, err)
	case elsewhere, elsewhereLater:
		if replica { // it does not replicate the slot any more
			q.replica = false
			q.cluster.requestRefresh()
		}
	}
	return reply, v, err
}
