package redispool

import "fmt"

// A server that has refused a command of a transaction answers the EXEC with EXECABORT. A
// ClusterConn refuses commands itself, and does not send them, so the server would execute
// the rest. So the connection does as the server does.

// refuse is called with the error of a command that is not sent.
func (cc *ClusterConn) refuse(err error) error {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	return cc.refuseLocked(err)
}

func (cc *ClusterConn) refuseLocked(err error) error {
	if cc.inTransaction() && cc.refused == nil {
		cc.refused = err
	}
	return err
}

// inTransaction is called with the lock held.
func (cc *ClusterConn) inTransaction() bool {
	if cc.at != nil {
		pc, ok := cc.at.rc.lease.ValueOK()
		return ok && (pc.state|pc.asSent)&inMulti != 0
	}
	begun := state(0)
	for _, held := range cc.queue {
		begun = begun.after(kindOf(held.cmd))
	}
	return begun&inMulti != 0
}

// aborts returns the error of an EXEC whose transaction must not be executed, or nil. It is
// called with the lock held, before a command is sent.
func (cc *ClusterConn) aborts(q *clusterCall) error {
	if cc.refused == nil {
		return nil
	}
	if !cc.inTransaction() { // it has ended, or its connection has broken
		cc.refused = nil
		return nil
	}
	if kindOf(q.cmd) != exec {
		return nil
	}
	return fmt.Errorf("redispool: EXEC: the transaction is discarded, because a command of it was refused: %w", cc.refused)
}
