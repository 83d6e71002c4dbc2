package redispool

import (
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"
)

// RetryConn returns a connection that goes to another node for each command that needs one,
// so the keys of different commands may be in different slots. It has only Do, Close and Err;
// the other methods return an error. c must be a [*ClusterConn]. After the call it belongs to
// the result.
//
// It tries at most maxAtt times to execute a command; zero or less: until
// Cluster.RetryTimeout. After a TRYAGAIN it pauses for tryAgainDelay; zero or less: for
// growing times. [Cluster.Do] does the same without a connection.
func RetryConn(c redis.Conn, maxAtt int, tryAgainDelay time.Duration) (redis.Conn, error) {
	cc, ok := c.(*ClusterConn)
	if !ok {
		return nil, errors.New("redispool: RetryConn needs a connection of a Cluster")
	}
	return &retryConn{cc, max(maxAtt, 0), max(tryAgainDelay, 0)}, nil
}

type retryConn struct {
	cc       *ClusterConn
	attempts int
	tryAgain time.Duration
}

func (r *retryConn) Do(cmd string, args ...any) (any, error) {
	q := r.cc.call(plainly, cmd, args)
	if err := q.findKeys(); err != nil {
		return nil, r.cc.refuse(err)
	}
	q.attempts, q.tryAgain = r.attempts, r.tryAgain
	r.cc.leaveSlot(q.slot)
	return r.cc.run(&q)
}

// leaveSlot makes the connection serve another slot, unless commands must stay together.
func (cc *ClusterConn) leaveSlot(slot int) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if slot < 0 || !cc.hasSlot || slot == cc.slot || cc.at != nil && !cc.at.isPlain() {
		return
	}
	cc.hasSlot = false
}

func (r *retryConn) Err() error              { return r.cc.Err() }
func (r *retryConn) Close() error            { return r.cc.Close() }
func (*retryConn) Send(string, ...any) error { return errSimpleOnly }
func (*retryConn) Flush() error              { return errSimpleOnly }
func (*retryConn) Receive() (any, error)     { return nil, errSimpleOnly }
