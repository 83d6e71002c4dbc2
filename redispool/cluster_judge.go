package redispool

import (
	"context"
	"errors"
	"fmt"
	"time"
)

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
	return fmt.Errorf("redispool: %w; the last attempt: %w", err, q.gaveUp(q.last))
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
