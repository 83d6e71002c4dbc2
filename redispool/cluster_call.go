package redispool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/respool/respool/redispool/internal/slotmap"
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
	timeouts  int
}

// binding is a connection to a node, borrowed from the node's pool. A shared connection has
// no rc.
type binding struct {
	node    *clusterNode
	rc      *conn
	failure error  // that has broken a shared connection
	epoch   uint64 // the node's when the connection was borrowed
	replica bool
}

// nextStep says how a call goes on after an attempt.
type nextStep uint8

const (
	final          nextStep = iota // the caller gets the outcome
	elsewhere                      // the next attempt goes to the node that q.addr names
	elsewhereLater                 // the same, after a pause
	asked                          // the next attempt goes to another node, once, with ASKING
	again                          // the next attempt goes to the same node, after a pause
	later                          // the next attempt goes where the map says, after a pause
)

// run sends the command until there is an outcome.
func (q *clusterCall) run() (reply any, err error) {
	q.cluster.refreshIfOld()
	for tries := 1; ; tries++ {
		var v nextStep
		if reply, v, err = q.attempt(); v == final {
			return reply, err
		}
		if q.attempts > 0 && tries >= q.attempts {
			return reply, fmt.Errorf("redispool: %d attempts: %w", tries, err)
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

// bind gets a connection to the node that serves the command.
func (q *clusterCall) bind() error {
	n, replica, err := q.route()
	if err != nil {
		return err
	}
	return q.bindTo(n, replica)
}

func (q *clusterCall) bindTo(n *clusterNode, replica bool) error {
	epoch := n.epoch.Load()
	ctx, cancel := q.waitBounds()
	defer cancel()
	rc, err := n.borrow(ctx, replica, q.unpooled)
	if err != nil {
		return err
	}
	q.at = &binding{node: n, rc: rc, epoch: epoch, replica: replica}
	return nil
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
		n, err = c.node(q.addr)
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

// judgeBind decides what follows if there is no connection to the node. It returns the
// error for the caller.
func (q *clusterCall) judgeBind(err error) (nextStep, error) {
	switch {
	case q.cluster.closed.Load():
		return final, ErrClusterClosed
	case q.bounds().Err() != nil:
		return final, q.withLast(q.bounds().Err())
	case isFinalDial(err):
		return final, err
	case errors.Is(err, ErrPoolClosed): // the node has left the cluster just now
		return later, err
	case !q.end.IsZero() && !time.Now().Before(q.end), !q.deadline.IsZero() && !time.Now().Before(q.deadline):
		return final, q.withLast(err) // there was no time to wait longer
	}
	q.cluster.requestRefresh()
	if isHung(err) && q.outOfPatience() {
		return final, err
	}
	return later, err
}

// hungPatience is the time that a call waits for a node that does not answer. It is
// short, so that a program whose goroutines all come to that node can go on with the
// other nodes.
const hungPatience = 500 * time.Millisecond

func (q *clusterCall) outOfPatience() bool {
	if q.hungSince.IsZero() {
		q.hungSince = time.Now()
	}
	return time.Since(q.hungSince) > hungPatience
}

// withLast adds the error of the attempt before to that of a context.
func (q *clusterCall) withLast(err error) error {
	if q.last == nil || errors.Is(err, q.last) {
		return err
	}
	return fmt.Errorf("redispool: %w; the last attempt: %w", err, q.last)
}

// judge decides what follows from an error.
func (q *clusterCall) judge(at *binding, err error) nextStep {
	if e, ok := serverError(err); ok {
		return q.judgeReply(at, string(e))
	}
	if at.err() == nil {
		return final // the error is not the connection's
	}
	if q.isOver() {
		if isTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
			at.node.answers.note(err)
		}
		return final
	}
	at.node.noteBroken(at.epoch, err)
	switch {
	case q.sticky:
		return final
	case isUnwritten(err):
		return later
	case !q.readOnly && !q.cluster.RepeatWrites:
		return final
	case isTimeout(err):
		if q.timeouts++; q.timeouts > 1 {
			return final
		}
	}
	return later
}

// isOver reports whether the call's context has ended. redigo's read timeout for it may
// come a moment earlier.
func (q *clusterCall) isOver() bool {
	ctx := q.bounds()
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// judgeReply decides what follows from an error reply.
func (q *clusterCall) judgeReply(at *binding, text string) nextStep {
	switch firstWord(text) {
	case "MOVED":
		return q.moved(at, text)
	case "ASK":
		if kindOf(q.cmd) != ordinary {
			return final // its effect would be lost with the other node's connection
		}
		return asked
	case "TRYAGAIN":
		return again
	case "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY":
		q.cluster.requestRefresh()
		if q.sticky {
			return final
		}
		return later
	}
	return final
}

// mostRedirects is the number of redirections that are followed without a pause.
const mostRedirects = 4

func (q *clusterCall) moved(at *binding, text string) nextStep {
	addr, ok := at.noteMoved(text)
	if !ok {
		return final
	}
	q.redirects++
	if at.replica {
		q.replica = false
	}
	if at.replica && q.readOnly {
		at.discard() // an earlier borrower may have sent READWRITE
		q.cluster.requestRefresh()
	}
	if addr == at.node.addr {
		at.discard() // a proxy has led it to another node
		return later
	}
	q.addr = addr
	if q.redirects > mostRedirects {
		return elsewhereLater
	}
	return elsewhere
}

// noteMoved corrects the map by a MOVED, and returns the address. If the map changes, it
// is also renewed.
func (b *binding) noteMoved(text string) (addr string, ok bool) {
	r, ok := slotmap.ParseRedirect(text)
	if !ok {
		return "", false
	}
	addr, err := slotmap.Address(r.Addr, slotmap.Host(b.node.addr))
	if err != nil {
		return "", false
	}
	c := b.node.cluster
	news := c.slots.Moved(r.Slot, addr)
	if news {
		c.refreshes.noteChange()
	}
	if news || addr == b.node.addr {
		c.requestRefresh()
	}
	return addr, true
}

// ask sends the command to the node that an ASK names, once. The map stays as it is.
func (q *clusterCall) ask(from *binding, redirection error) (reply any, v nextStep, err error) {
	r := ParseRedir(redirection)
	if r == nil {
		return nil, final, redirection
	}
	addr, err := slotmap.Address(r.Addr, slotmap.Host(from.node.addr))
	if err != nil {
		return nil, final, redirection
	}
	n, err := q.cluster.node(addr)
	if err != nil {
		return nil, final, err
	}
	if q.cluster.total != nil && q.at.isPlain() {
		q.drop() // callers that each hold one connection and want another would wait for each other
	}
	ctx, cancel := q.waitBounds()
	defer cancel()
	epoch := n.epoch.Load()
	rc, err := n.borrow(ctx, false, q.unpooled)
	if err != nil {
		v, err := q.judgeBind(err)
		return nil, v, err
	}
	at := &binding{node: n, rc: rc, epoch: epoch}
	defer rc.Close()
	// The command is an ordinary one, so there is nothing to undo, and the pool need not
	// know about it.
	pc := rc.lease.Value()
	if err = pc.c.Send("ASKING"); err == nil {
		reply, err = q.howToCall(rc).do(pc.c, q.cmd, q.args...)
	}
	if err == nil {
		return reply, final, nil
	}
	if v = q.judge(at, err); v == asked || v == again {
		v = later // the node that the map names may know more by then
	}
	return reply, v, err
}

// drop gives the connection back.
func (q *clusterCall) drop() {
	if q.at == nil {
		return
	}
	if err := q.at.rc.Close(); err != nil && q.cluster.BgError != nil {
		q.cluster.BgError(RetryCloseConn, err)
	}
	q.at = nil
}

// release gives the connection back after the call.
func (q *clusterCall) release() {
	if q.at != nil {
		q.at.rc.Close()
		q.at = nil
	}
}

// err returns the error that has broken the connection.
func (b *binding) err() error {
	if b.rc == nil {
		return b.failure
	}
	return b.rc.Err()
}

// discard makes the pool close the connection when it is given back.
func (b *binding) discard() {
	if b.rc == nil {
		b.node.broken(b.epoch)
		return
	}
	b.rc.lease.Value().tainted = true
}

const (
	firstRetryPause = 4 * time.Millisecond
	maxRetryPause   = 256 * time.Millisecond
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
	if now.Add(d).After(q.end) {
		return last
	}
	var changed <-chan struct{}
	if q.failures++; q.failures > 1 {
		changed = q.cluster.mapChanged()
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
