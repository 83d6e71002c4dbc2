package redispool

import (
	"context"
	"errors"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// attemptShared sends the command over a shared connection of the node that serves it. It
// returns false if the command needs a connection of its own: the node's pool shares none,
// or a replica is to serve it, since READONLY is a matter of the connection.
func (q *clusterCall) attemptShared(n *clusterNode, replica bool) (reply any, v nextStep, err error, ok bool) {
	if replica || q.unpooled || q.sticky || n.answers.failing() {
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
		var end context.CancelFunc
		limited, end = context.WithTimeout(ctx, wait)
		defer end()
	}
	by := q.by
	if by.how != withTimeout && by.ctx == nil && q.bounds().Done() != nil {
		by = calling{how: withContext, ctx: q.bounds()}
	}
	sent := q.cluster.slots.Now()
	reply, outcome, err := l.sharing.do(by, limited, q.cmd, q.args)
	if err == nil {
		return reply, final, nil, true
	}
	at := &binding{node: n, epoch: epoch, sent: sent}
	switch {
	case outcome == multiplex.NotOpened:
		if limited.Err() != nil && ctx.Err() == nil {
			err = ErrWaitTimeout
		}
		v, err := q.judgeBind(err)
		return nil, v, err, true
	case outcome == multiplex.Lost, errors.Is(err, context.DeadlineExceeded):
		at.failure = err
	}
	if v = q.judge(at, err); v == asked {
		reply, v, err = q.ask(at, err)
	}
	return reply, v, err, true
}
