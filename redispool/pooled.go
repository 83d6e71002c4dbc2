package redispool

import (
	"reflect"
	"strconv"
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

	state    state // what may be in force
	asSent   state // what is, if the server has obeyed every command that was sent
	unsure   bool  // Dial, or a test, may have left replies unread
	spoilt   bool  // a command was sent that cannot be undone
	askEarly bool  // the first borrower's first command is the time to ask
	session  session
	replies  outstanding

	isGenuine bool // see genuine
	buffer    buffer

	handles []conn // for the next leases
	stock   int    // how many were made the last time

	mustAsk bool // the server is asked before the connection is lent
	leaving bool // it is closed, since its server was demoted
	resets  bool // the pool is reset when it is

	probe *probe // for the next test; nil until the first

	said     atomic.Uint32                 // of type fate: what the server said
	farewell atomic.Pointer[redis.Error]   // the last answer, if it was a refusal of the pool's question
	talk     atomic.Pointer[chan struct{}] // closed when the pool has talked: see alone
	closing  atomic.Bool
	closed   chan struct{}
}

func newPooled(k *core, c redis.Conn, era uint64) *pooled {
	pc := &pooled{c: c, core: k, era: era, unsure: true, askEarly: k.askEarly.Load(), closed: make(chan struct{})}
	if own := redigoIn(reflect.ValueOf(c), 5); own.IsValid() {
		pc.isGenuine, pc.buffer = true, bufferOf(own)
	}
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

// standing is what is believed of a connection before a command.
type standing struct {
	noted         bool
	state, asSent state
	spoilt        bool
	moved         moves
	certain       bool // no reply was outstanding that its own could be taken for
}

// expect says what a command will do to the connection. If that could be undone
// only by one who knows what the connection is like, ask has the server say so
// before. The error is that of a connection which did not survive the question.
func (c *conn) expect(pc *pooled, cmd string, args []any, ask func() (any, error)) (e effect, err error) {
	if k := kindOf(cmd); k != ordinary {
		e = pc.effectOf(k, args)
	}
	if e.kind == ordinary && !pc.askEarly {
		pc.session.moved &^= isAsking
		return e, nil
	}
	if (pc.askEarly || pc.session.needs(e)) && pc.mayAsk() {
		c.alone(pc, func() {
			pc.askEarly = false
			e.refusal, err = pc.learn(ask())
		})
		if err != nil {
			return e, err
		}
		if e.kind != ordinary {
			refusal := e.refusal
			e = pc.effectOf(e.kind, args)
			e.refusal = refusal
		}
	}
	return e, nil
}

// presume notes what a command may do that is about to be sent by Do.
func (pc *pooled) presume(e effect) (before standing) {
	if e.kind == ordinary {
		pc.session.moved &^= isAsking
		return before
	}
	pc.settle()
	before = standing{true, pc.state, pc.asSent, pc.spoilt, pc.session.moved, !pc.listens()}
	pc.apply(e, unknown, "")
	pc.asSent = pc.asSent.after(e.kind)
	pc.session.moved.set(isAsking, e.bit == isAsking)
	return before
}

// after notes what has become of a command that Do has sent.
func (pc *pooled) after(cmd string, e effect, before standing, reply any, err error) (any, error) {
	_, isReply := serverError(err)
	if err != nil && !isReply {
		pc.settleAll(nobodyKnows)
		return pc.seen(reply, pc.orFarewell(err))
	}
	pc.answered()
	alone := !pc.replies.owed() && !pc.unsure
	if before.certain {
		pc.state, pc.asSent, pc.spoilt, pc.session.moved = before.state, before.asSent, before.spoilt, before.moved
	}
	pc.settleAll(pc.outcomes(cmd, reply, err))
	pc.unsure = false
	if before.certain {
		pc.conclude(e, alone, reply, err)
	}
	if err == nil && pc.fate()&unproved != 0 && kindOf(cmd) == auth {
		pc.proved()
	}
	if err == nil && !before.noted && cmd != "" {
		return reply, nil
	}
	return pc.seen(reply, err)
}

// outcomes finds out about the commands before it, whose replies Do has read.
func (pc *pooled) outcomes(cmd string, reply any, err error) func(*sentCommand) (outcome, string) {
	switch {
	case cmd == "" && err == nil:
		return pc.replies.among(reply)
	case err == nil:
		return allObeyed
	}
	return nobodyKnows
}

// conclude applies the command itself. An error that Do returns may be that of a
// command before it; redigo then returns the reply as well.
func (pc *pooled) conclude(e effect, alone bool, reply any, err error) {
	o, text := judge(reply, err)
	switch {
	case err != nil && reply == nil && !alone:
		o = unknown
	case err != nil && reply != nil && o == unknown && reply != "QUEUED":
		o = obeyed
	}
	pc.apply(e, o, text)
	switch {
	case o != refused, e.kind == exec, e.kind == discard, e.kind == monitor, !pc.genuine():
		pc.asSent = pc.asSent.after(e.kind)
	}
	pc.session.moved.set(isAsking, e.bit == isAsking && o != refused)
}
