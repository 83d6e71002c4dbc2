package redispool

import (
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
)

// pooled is a connection of the pool. Its holder owns the fields that are not
// atomic: the one goroutine that may send on a connection, and after it Close.
type pooled struct {
	c    redis.Conn
	core *core
	era  uint64 // the core's when it was dialled

	state   state
	pending bool // the borrower has sent what it may not have read
	unsure  bool // so may have Dial, or a test
	spoilt  bool // a command was sent that cannot be undone
	session session

	handles []conn // for the next leases
	stock   int    // how many were made the last time

	probe *probe // for the next test; nil until the first

	demoted atomic.Bool                   // the server answered READONLY
	talk    atomic.Pointer[chan struct{}] // closed when the pool has talked: see alone
	closing atomic.Bool
	closed  chan struct{}
}

func newPooled(k *core, c redis.Conn, era uint64) *pooled {
	pc := &pooled{c: c, core: k, era: era, unsure: true, closed: make(chan struct{})}
	if k.database != nil {
		pc.session.db, pc.session.dbKnown = strconv.Itoa(*k.database), true
	}
	return pc
}

// handle returns a handle that was never used before. Handles are made in bulk,
// more and more of them where the connection is lent often, so that one costs no
// allocation of its own. One that is kept by a borrower keeps its neighbours in
// memory, less than two kilobytes.
func (pc *pooled) handle(lease resource.Lease[*pooled]) *conn {
	if len(pc.handles) == 0 {
		pc.stock = min(2*pc.stock+1, mostHandles)
		pc.handles = make([]conn, pc.stock)
	}
	c := &pc.handles[0]
	pc.handles = pc.handles[1:]
	c.lease = lease
	return c
}

const mostHandles = 64

// close closes the connection, once: if clean-up that took too long is doing it,
// close waits, for until then the connection counts.
func (pc *pooled) close() error {
	if pc.closing.Swap(true) {
		<-pc.closed
		return nil
	}
	defer close(pc.closed)
	return pc.c.Close()
}

// effects is what a command can change and its refusal undoes.
type effects struct {
	session session
	spoilt  bool
	alone   bool // no reply was outstanding that its own could be taken for
}

// before notes what a command will do to the connection. What it returns goes to
// after: how things stood, in case the command turns out to have had no effect,
// or nil if it is an ordinary command. ask has the server describe the
// connection.
func (c *conn) before(pc *pooled, cmd string, args []any, ask func() (any, error)) *effects {
	k := kindOf(cmd)
	if k == ordinary {
		pc.session.moved &^= isAsking
		return nil
	}
	if pc.core.hygiene && pc.mustLearn(k, args) {
		c.alone(pc, func() { pc.learn(ask()) })
	}
	had := &effects{pc.session, pc.spoilt, !pc.pending}
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
	_, refused := err.(redis.Error)
	if err == nil || refused {
		pc.pending, pc.unsure = false, false // Do reads all replies
	}
	if err == nil {
		if had != nil || cmd == "" {
			pc.look(reply)
		}
		return reply, nil
	}
	if refused && had != nil && had.alone {
		pc.session, pc.spoilt = had.session, had.spoilt
	}
	return pc.seen(reply, err)
}

// seen looks at what the server has answered.
func (pc *pooled) seen(reply any, err error) (any, error) {
	if err != nil {
		pc.look(err)
	} else {
		pc.look(reply)
	}
	return reply, err
}

// look looks for the answer of a replica to a write, also among the replies of a
// transaction or a pipeline.
func (pc *pooled) look(reply any) {
	switch r := reply.(type) {
	case redis.Error:
		if isReadOnly(string(r)) {
			pc.demoted.Store(true)
		}
	case []any:
		for _, r := range r {
			pc.look(r)
		}
	}
}

// isReadOnly recognises that answer plain, from within a script, and as the
// reason for which a transaction was not executed.
func isReadOnly(e string) bool {
	return strings.HasPrefix(e, "READONLY ") || strings.Contains(e, "-READONLY ") ||
		strings.HasPrefix(e, "EXECABORT ") && strings.Contains(e, ": READONLY ")
}
