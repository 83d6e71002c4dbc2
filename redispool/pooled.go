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
	c     redis.Conn
	core  *core
	epoch uint64 // the core's when it was dialed

	state        state // what may be in force
	asSent       state // what is, if the server has obeyed every command that was sent
	maybeUnread  bool  // Dial, or a test, may have left replies unread
	tainted      bool  // a command was sent that cannot be undone
	askInfoEarly bool  // the first borrower's first command is the time to ask
	session      session
	replies      outstanding

	isGenuine bool // see genuine
	buffer    buffer

	freshHandles []conn // for the next leases
	batchSize    int    // how many were made the last time

	confirmFirst bool // the server is asked before the connection is lent
	isDemoted    bool // it is closed, since its server was demoted
	resetsPool   bool // the pool is reset when it is

	probe *probe // for the next test; nil until the first

	fateBits  atomic.Uint32                 // of type fate: what the server said
	farewell  atomic.Pointer[redis.Error]   // the last answer, if it was a refusal of the pool's question
	poolTalks atomic.Pointer[chan struct{}] // closed when the pool has talked: see alone
	closing   atomic.Bool
	closed    chan struct{}
}

func newPooled(k *core, c redis.Conn, epoch uint64) *pooled {
	pc := &pooled{c: c, core: k, epoch: epoch, maybeUnread: true, askInfoEarly: k.askInfoEarly.Load(), closed: make(chan struct{})}
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
// allocation of its own. One that is kept by a borrower keeps its neighbors in
// memory, less than two kilobytes.
func (pc *pooled) handle(lease resource.Lease[*pooled]) *conn {
	if len(pc.freshHandles) == 0 {
		pc.batchSize = min(2*pc.batchSize+1, maxBatch)
		pc.freshHandles = make([]conn, pc.batchSize)
	}
	c := &pc.freshHandles[0]
	pc.freshHandles = pc.freshHandles[1:]
	c.lease = lease
	return c
}

const maxBatch = 64

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
