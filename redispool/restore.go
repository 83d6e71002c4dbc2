package redispool

import (
	"strings"
	"time"
)

// restore undoes what the borrower has changed on the connection. It reports whether
// the connection is fit for the next borrower, and the first error. If the pool does
// not know that the connection is as before, the connection is not fit.
func (pc *pooled) restore() (fit bool, err error) {
	pc.settle()
	pc.decideFate()
	if e := pc.c.Err(); e != nil {
		// The pool's commands would not arrive, and redigo may have left a goroutine that
		// still writes. The error is returned in the cases where redigo's pool returns it.
		if pc.asSent != 0 || pc.replies.owed() {
			err = e
		}
		return false, err
	}
	if pc.isClean() {
		return !pc.buffer.hasMore(), nil
	}
	inTime := pc.boundCleanup(pc.core.cleanup)
	switch {
	case pc.midCall, pc.isLost() && (pc.genuine() || pc.asSent&^monitoring == 0):
		// The connection is closed in any case, but the commands that were sent must
		// arrive.
		if pc.replies.owed() {
			err = pc.c.Flush()
		}
	case pc.genuine():
		fit, err = pc.undo()
	default:
		fit, err = pc.undoAsRedigo()
	}
	if !inTime() {
		return false, err
	}
	return fit && pc.c.Err() == nil && !pc.buffer.hasMore(), err
}

// isClean reports whether there is nothing to undo and no reply to read.
func (pc *pooled) isClean() bool {
	return pc.state|pc.asSent == 0 && !pc.replies.owed() && !pc.replies.any.Load() && pc.doubts == (doubts{}) &&
		pc.session.changed == 0 && pc.fate() == keeps
}

// isLost reports whether the connection must be closed, whatever the server answers.
func (pc *pooled) isLost() bool {
	return pc.tainted || (pc.state|pc.asSent)&monitoring != 0 || pc.fate()&useless != 0
}

// boundCleanup closes the connection after d, unless inTime is called earlier. inTime
// reports whether it was called in time. Zero: no bound.
func (pc *pooled) boundCleanup(d time.Duration) (inTime func() bool) {
	if d == 0 {
		return func() bool { return true }
	}
	t := time.AfterFunc(d, func() { pc.close() })
	return t.Stop
}

// mostRounds is how often the pool tries to restore the connection. The first round
// assumes that the server has obeyed the borrower's commands. If the replies show
// otherwise, there may be more to undo.
const mostRounds = 3

// undo leaves the borrower's transaction and subscriptions, restores the session, and
// reads the outstanding replies.
func (pc *pooled) undo() (fit bool, err error) {
	for range mostRounds {
		owed, state, changed := pc.replies.owed(), pc.state, pc.session.changed
		e := pc.undoRoundTrip()
		if err == nil {
			err = e
		}
		switch {
		case pc.isLost():
			return false, err
		case pc.isClean():
			return true, err
		case e != nil, !owed && state == pc.state && changed == pc.session.changed:
			return false, err
		}
	}
	return false, err
}

// undoRoundTrip is one round, in redigo's order, with one exception: the server refuses
// UNWATCH within a subscription, so the subscription ends first.
func (pc *pooled) undoRoundTrip() (err error) {
	inDoubt := false // whether the DISCARD that is sent here has a transaction to end
	note := func(e error) {
		if err == nil && !(inDoubt && isRefusedDiscard(e)) {
			err = e
		}
	}
	left := pc.state
	switch {
	case !pc.genuine():
		left = pc.asSent
	case pc.listens():
		left |= pc.asSent
	case pc.replies.owed():
		left = pc.asSent
	}
	if left&inMulti != 0 {
		inDoubt = pc.asSent&inMulti == 0
		note(pc.send(effect{kind: discard}, "DISCARD"))
	}
	if pc.listens() {
		if e := pc.unsubscribe(inDoubt); e != nil {
			note(e)
			return err
		}
	}
	if left&(watching|inMulti) == watching {
		note(pc.send(effect{kind: unwatch}, "UNWATCH"))
	}
	_, e := pc.sendUndo()
	note(e)
	note(pc.readAll())
	return err
}

// readAll reads the outstanding replies, and notes the outcomes of their commands.
func (pc *pooled) readAll() error {
	reply, err := pc.c.Do("")
	if err != nil {
		pc.settleAll(nobodyKnows)
	} else {
		pc.noteReply(reply)
		pc.settleAll(pc.replies.findAmong(reply))
		pc.decideFate()
	}
	pc.asSent, pc.maybeUnread = 0, false
	return err
}

// undoAsRedigo sends only the commands that redigo's pool sends, because a mock expects
// no others. It also sends a SELECT, if Pool.Database is set. If that is not enough, the
// connection is closed.
func (pc *pooled) undoAsRedigo() (fit bool, err error) {
	if pc.session.changed&^dbMoved != 0 || pc.session.changed != 0 && pc.core.database == nil {
		pc.tainted, pc.session.changed = true, 0
	}
	err = pc.undoRoundTrip()
	return pc.isClean(), err
}

// isRefusedDiscard reports whether err is the server's refusal of a DISCARD outside a
// transaction or within a subscription.
func isRefusedDiscard(err error) bool {
	e, isReply := serverError(err)
	return isReply && (strings.Contains(string(e), "DISCARD without MULTI") || strings.Contains(string(e), "execute 'discard'"))
}

// unsubscribe ends all subscriptions. Then it sends an ECHO, and reads until the server
// answers it. With inDoubt it is not certain that the connection was in a transaction, so
// a refused DISCARD is not a failure.
func (pc *pooled) unsubscribe(inDoubt bool) error {
	commands := []string{"UNSUBSCRIBE", "PUNSUBSCRIBE"}
	if (pc.state|pc.asSent)&shardSubscribed != 0 {
		commands = append(commands, "SUNSUBSCRIBE")
	}
	for _, cmd := range commands {
		if err := pc.send(effect{}, cmd); err != nil {
			return err
		}
	}
	if err := pc.send(effect{}, "ECHO", pc.core.endMark); err != nil {
		return err
	}
	if err := pc.c.Flush(); err != nil {
		return err
	}
	for {
		reply, err := pc.c.Receive()
		switch {
		case inDoubt && isRefusedDiscard(err):
			continue
		case err != nil:
			return err
		}
		if b, ok := reply.([]byte); ok && string(b) == pc.core.endMark {
			break
		}
	}
	pc.settleAll(nobodyKnows)
	pc.state &^= listening
	pc.asSent &^= listening
	return nil
}
