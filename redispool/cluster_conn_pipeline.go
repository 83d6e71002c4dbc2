package redispool

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
)

// heldCommand is a command that Send has kept back.
type heldCommand struct {
	cmd  string
	args []any
}

// doNothing flushes, and reads the replies that are outstanding.
func (cc *ClusterConn) doNothing(q *clusterCall) (any, error) {
	at, err := cc.bound(q, false)
	if at == nil || err != nil {
		return nil, err
	}
	reply, err := at.rc.do(q.by, "", nil)
	at.noteError(err)
	if list, ok := reply.([]any); ok {
		for _, r := range list {
			if e, ok := r.(redis.Error); ok {
				at.noteError(e)
			}
		}
	}
	return reply, err
}

// Send puts a command into the connection's buffer. If no command has had a key yet and
// this one has none, Send keeps it back. The caller must not change the arguments then. The
// error is a [*CrossSlotError], or that of the connection. The error of an EXEC after a command
// of the transaction was refused is that of all further calls, too.
func (cc *ClusterConn) Send(cmd string, args ...any) error {
	q := cc.call(plainly, cmd, args)
	if err := q.findKeys(); err != nil {
		return cc.refuse(err)
	}
	cc.mu.Lock()
	if err := cc.admit(&q); err != nil {
		defer cc.mu.Unlock()
		return cc.refuseLocked(err)
	}
	if err := cc.aborts(&q); err != nil {
		defer cc.mu.Unlock()
		cc.err = err // the program may await a reply to the EXEC
		return err
	}
	if cc.at == nil && q.slot < 0 && !cc.hasSlot {
		cc.queue = append(cc.queue, heldCommand{cmd, q.args})
		cc.mu.Unlock()
		return nil
	}
	if cc.at == nil {
		if q.slot < 0 {
			q.slot, q.key = cc.slot, cc.key
		}
		if err := cc.bind(&q); err != nil {
			defer cc.mu.Unlock()
			return cc.refuseLocked(err)
		}
	}
	at := cc.at
	cc.mu.Unlock()
	return at.rc.Send(cmd, q.args...)
}

// Flush sends the buffered commands. Its error is that of the connection.
func (cc *ClusterConn) Flush() error {
	q := cc.call(plainly, "Flush", nil)
	at, err := cc.bound(&q, false)
	if at == nil || err != nil {
		return err
	}
	err = at.rc.Flush()
	at.noteError(err)
	return err
}

// Receive waits for the next reply, and returns it. The error is an error reply, or that of
// the connection. Receive and its variants may run on another goroutine than Send and Flush.
func (cc *ClusterConn) Receive() (any, error) { return cc.receive(plainly) }

// ReceiveContext is Receive, and ends with ctx.
func (cc *ClusterConn) ReceiveContext(ctx context.Context) (any, error) {
	return cc.receive(calling{how: withContext, ctx: ctx})
}

// ReceiveWithTimeout is Receive with a read timeout of its own. Zero: no timeout.
func (cc *ClusterConn) ReceiveWithTimeout(timeout time.Duration) (any, error) {
	return cc.receive(calling{how: withTimeout, timeout: timeout})
}

func (cc *ClusterConn) receive(by calling) (any, error) {
	q := cc.call(by, "Receive", nil)
	at, err := cc.bound(&q, true)
	if err != nil {
		return nil, err
	}
	reply, err := at.rc.receive(by)
	at.noteError(err)
	return reply, err
}
