package redispool

import (
	"strings"
	"sync/atomic"

	"github.com/gomodule/redigo/redis"
)

// pooled is a connection of the pool. Its holder owns the fields that are not
// atomic: the one goroutine that may send on a connection, and after it Close.
type pooled struct {
	c    redis.Conn
	core *core

	state   state
	pending bool // the borrower has sent what it may not have read
	unsure  bool // so may have Dial, or a test
	spoilt  bool // a command was sent that cannot be undone
	session session

	demoted atomic.Bool // the server answered READONLY
	closed  atomic.Bool
}

func newPooled(k *core, c redis.Conn) *pooled {
	pc := &pooled{c: c, core: k, unsure: true}
	if k.database != nil {
		pc.session.db, pc.session.dbKnown = *k.database, true
	}
	return pc
}

// close closes the connection, once: clean-up that takes too long may have done
// it already.
func (pc *pooled) close() error {
	if pc.closed.Swap(true) {
		return nil
	}
	return pc.c.Close()
}

// effects is what a command can change.
type effects struct {
	state   state
	session session
	spoilt  bool
}

// before notes what a command will do to the connection. What it returns goes to
// after: how things stood, in case the command turns out to have had no effect,
// or nil if it is an ordinary command.
func (pc *pooled) before(cmd string, args []any) *effects {
	k := kindOf(cmd)
	if k == ordinary {
		pc.session.asking = false
		return nil
	}
	had := &effects{pc.state, pc.session, pc.spoilt}
	if pc.core.hygiene {
		pc.track(k, args)
	}
	if k == client && is(args, 0, "REPLY") {
		pc.spoilt = true // replies will not come as expected
	}
	pc.state = pc.state.after(k)
	return had
}

// after notes what has become of a command that Do has sent.
func (pc *pooled) after(cmd string, had *effects, reply any, err error) (any, error) {
	pc.pending, pc.unsure = false, false // Do reads all replies, or the connection is broken
	if err == nil {
		if had != nil || cmd == "" {
			pc.look(reply)
		}
		return reply, nil
	}
	if _, refused := err.(redis.Error); refused && had != nil {
		pc.session, pc.spoilt = had.session, had.spoilt
	}
	return reply, pc.seen(err)
}

// seen looks at the error of a reply.
func (pc *pooled) seen(err error) error {
	if err != nil && isReadOnly(err) {
		pc.demoted.Store(true)
	}
	return err
}

// look looks for errors among the replies of a transaction or a pipeline.
func (pc *pooled) look(reply any) {
	all, ok := reply.([]any)
	if !ok {
		return
	}
	for _, r := range all {
		if err, ok := r.(redis.Error); ok {
			pc.seen(err)
		}
	}
}

// isReadOnly recognises the answer of a replica to a write, plain or from within
// a script.
func isReadOnly(err error) bool {
	e, ok := err.(redis.Error)
	return ok && (strings.HasPrefix(string(e), "READONLY ") || strings.Contains(string(e), "-READONLY "))
}
