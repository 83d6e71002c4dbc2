package redispool

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// clusterCall is a command on its way to the node that serves it.
type clusterCall struct {
	cluster *Cluster
	ctx     context.Context // bounds the call
	by      calling
	cmd     string
	args    []any
	keys

	replica  bool          // a replica may serve it
	unpooled bool          // over connections that no pool keeps
	sticky   bool          // it has no key, and the node is given: another one would not do
	soft     bool          // a connection that cannot be called with a context is called without
	attempts int           // the most; 0: no limit
	tryAgain time.Duration // the pause after TRYAGAIN; 0: the usual one
	deadline time.Time     // of waiting, besides the context's; zero: none

	at *binding // where the command is sent; nil: not known yet

	addr      string    // the node that a MOVED has named
	end       time.Time // of retries; zero before the first failure
	last      error     // of the attempt before
	hungSince time.Time // when the call found a node that does not answer; zero: it has not
	failures  int
	redirects int
	misled    int    // redirections to the address that was dialed
	misledTo  string // that address
	timeouts  int
}

// run sends the command until there is an outcome.
func (q *clusterCall) run() (reply any, err error) {
	q.cluster.refreshIfOld()
	for tries := 1; ; tries++ {
		var v nextStep
		if reply, v, err = q.attempt(); v == final {
			return reply, err
		}
		if q.attempts > 0 && tries >= q.attempts {
			return reply, fmt.Errorf("redispool: %d attempts: %w", tries, q.gaveUp(err))
		}
		if v != again {
			q.drop()
		}
		if v == later {
			q.addr = ""
		}
		if v != elsewhere {
			if e := q.pause(err); e != nil {
				return reply, e
			}
		}
	}
}

// attempt sends the command once.
func (q *clusterCall) attempt() (reply any, v nextStep, err error) {
	if q.at == nil {
		n, replica, err := q.route()
		if err == nil {
			if reply, v, err, ok := q.attemptShared(n, replica); ok {
				return reply, v, err
			}
			err = q.bindTo(n, replica)
		}
		if err != nil {
			v, err := q.judgeBind(err)
			return nil, v, err
		}
	}
	q.at.sent = q.cluster.slots.Now()
	reply, err = q.at.rc.do(q.howToCall(q.at.rc), q.cmd, q.args)
	if err == nil {
		return reply, final, nil
	}
	if v = q.judge(q.at, err); v == asked {
		return q.ask(q.at, err)
	}
	return reply, v, err
}

func (q *clusterCall) howToCall(rc *conn) calling {
	if q.soft && !q.by.works(rc.lease.Value().c) {
		return plainly
	}
	return q.by
}

// waitBounds returns a context for waiting and dialing. It ends with the call's
// context, and not later than the time for retries.
func (q *clusterCall) waitBounds() (context.Context, context.CancelFunc) {
	ctx, end := q.bounds(), q.end
	if end.IsZero() {
		end = q.deadline
	}
	if end.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end)
}

// route finds the node that serves the command.
func (q *clusterCall) route() (n *clusterNode, replica bool, err error) {
	c := q.cluster
	if q.addr != "" {
		n, err = c.redirectedTo(q.addr)
		return n, false, err
	}
	if err := q.ready(); err != nil {
		return nil, false, err
	}
	if q.slot < 0 {
		n, err = c.pick(c.slots.Masters())
		return n, false, err
	}
	shard := c.slots.Shard(q.slot)
	if shard == nil {
		return nil, false, fmt.Errorf("redispool: %s: no node serves slot %d of key %q", q.cmd, q.slot, short(q.key))
	}
	if q.replica && len(shard.Replicas) > 0 && q.failures < 2 {
		n, err := c.pick(shard.Replicas)
		if err != nil || !n.failing() {
			return n, true, err
		}
	}
	n, err = c.node(shard.Master)
	return n, false, err
}

// pick returns any of the nodes, if possible one that can be dialed.
func (c *Cluster) pick(addrs []string) (n *clusterNode, err error) {
	first := rand.IntN(len(addrs))
	for i := range addrs {
		n, err = c.node(addrs[(first+i)%len(addrs)])
		if err != nil || !n.failing() {
			break
		}
	}
	return n, err
}

const (
	firstRetryPause = 4 * time.Millisecond
	maxRetryPause   = 256 * time.Millisecond
	lastRetryBefore = 20 * time.Millisecond // the end of the time for retries
)

// pause waits before the next attempt. It returns early if the map changes. It returns
// an error if there is no time for another attempt: last, or if the context has ended
// an error that wraps both.
func (q *clusterCall) pause(last error) error {
	now := time.Now()
	q.last = last
	if q.cluster.RetryTimeout < 0 {
		return last
	}
	if q.end.IsZero() {
		q.end = now.Add(orDefault(q.cluster.RetryTimeout, defaultRetryTimeout))
		if !q.deadline.IsZero() && q.deadline.Before(q.end) {
			q.end = q.deadline
		}
	}
	d := growing(firstRetryPause, maxRetryPause, q.failures+1)
	if q.tryAgain > 0 && IsTryAgain(last) {
		d = q.tryAgain
	}
	if left := q.end.Sub(now); d > left {
		d = left - lastRetryBefore
		if d < firstRetryPause || q.tryAgain > 0 {
			return q.gaveUp(last)
		}
	}
	var changed <-chan struct{}
	if q.failures++; q.failures > 1 {
		var stop func()
		changed, stop = q.cluster.refreshes.awaitChange()
		defer stop()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-q.bounds().Done():
		return q.withLast(q.bounds().Err())
	case <-q.cluster.ctx.Done():
		return ErrClusterClosed
	}
	return nil
}
