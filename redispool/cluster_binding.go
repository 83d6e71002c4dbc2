package redispool

// binding is a connection to a node, borrowed from the node's pool. A shared connection has
// no rc.
type binding struct {
	node    *clusterNode
	rc      *conn
	failure error  // that has broken a shared connection
	epoch   uint64 // the node's when the connection was borrowed
	sent    uint64 // the map's Now before a command was sent, or before its connection was borrowed
	replica bool
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
	epoch, sent := n.epoch.Load(), q.cluster.slots.Now()
	ctx, cancel := q.waitBounds()
	defer cancel()
	rc, err := n.borrow(ctx, replica, q.unpooled)
	if err != nil {
		return err
	}
	q.at = &binding{node: n, rc: rc, epoch: epoch, sent: sent, replica: replica}
	return nil
}

// drop gives the connection back.
func (q *clusterCall) drop() {
	if q.at == nil {
		return
	}
	if err := q.at.rc.closeFor(q.bounds()); err != nil && q.cluster.BgError != nil {
		q.cluster.BgError(RetryCloseConn, err)
	}
	q.at = nil
}

// release gives the connection back after the call.
func (q *clusterCall) release() {
	if q.at != nil {
		q.at.rc.closeFor(q.bounds())
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

// isPlain reports whether the connection may be replaced by one to another node. It may
// not during a transaction or a subscription, or while a reply is outstanding.
func (b *binding) isPlain() bool {
	pc, ok := b.rc.lease.ValueOK()
	return ok && (pc.state|pc.asSent) == 0 && !pc.tainted && !pc.replies.owed()
}

// noteError corrects the map by what an error says about it. The caller gets the error.
func (b *binding) noteError(err error) {
	if err == nil {
		return
	}
	e, ok := serverError(err)
	if !ok {
		if b.rc.Err() != nil {
			b.node.noteBroken(b.epoch, err)
		}
		return
	}
	switch firstWord(string(e)) {
	case "MOVED":
		b.noteMoved(string(e))
	case "CLUSTERDOWN", "MASTERDOWN", "READONLY":
		b.node.cluster.requestRefresh()
	}
}
