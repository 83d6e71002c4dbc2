package redispool

import (
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/alive"
)

// pooled is a connection of the pool. Its holder owns the fields that are not atomic.
// The holder is the one goroutine that may send on the connection, and then the one
// that calls Close.
type pooled struct {
	c     redis.Conn
	core  *core
	epoch uint64 // the current one when the dial began

	server string // the address that a Sentinel has dialed; empty: not known

	state        state // what may be in force
	asSent       state // the state if the server has obeyed every command
	doubts             // none is true when the connection is idle
	askInfoEarly bool  // the pool sends CLIENT INFO before the first borrower's first command
	session      session
	replies      outstanding

	isGenuine    bool // see genuine
	errIsRedigos bool // no wrapper's method can panic in Err
	buffer       buffer
	socket       *alive.Socket // for TestAlive; nil: not known
	arrivals     *arrivals     // for Arrived; nil: it cannot tell

	handles     []conn // of this lease, of those before, and of the next ones
	handlesUsed int

	readsReplica bool      // a Cluster has sent READONLY
	sharedSince  time.Time // when callers began to share it, with Pool.LeakAfter

	confirmFirst bool   // the pool asks the server before it lends the connection
	closersSeen  uint64 // the core's closers when the server last confirmed the connection
	isDemoted    bool   // the connection is closed because its server was demoted
	resetsPool   bool   // closing this connection also resets the pool

	probe    *probe    // for the next test; nil until the first
	provedAt time.Time // when it passed a test whose caller had left: see outlast.go

	fateBits  atomic.Uint32                 // a replyFate: the fates of all replies together
	farewell  atomic.Pointer[redis.Error]   // the last answer, if it was a refusal of the pool's CLIENT INFO
	poolTalks atomic.Pointer[chan struct{}] // closed when the pool has finished talking: see exclusively
	closing   atomic.Bool
	closed    chan struct{}
}

// doubts are reasons not to lend a connection as it is.
type doubts struct {
	maybeUnread bool // Dial, or a test, may have left replies unread
	tainted     bool // a command was sent that cannot be undone
	midCall     bool // a call runs, or a panic has ended one: half a command may be in the buffer
}

func newPooled(k *core, c redis.Conn, epoch uint64) *pooled {
	pc := &pooled{c: c, core: k, epoch: epoch, doubts: doubts{maybeUnread: true}, askInfoEarly: k.askInfoEarly.Load(), closed: make(chan struct{})}
	if own := redigoIn(reflect.ValueOf(c), 5); own.IsValid() {
		pc.isGenuine, pc.buffer = true, bufferOf(own)
		pc.errIsRedigos = reflect.TypeOf(c) == redigoConn
		if k.polls {
			pc.arrivals = arrivalsOn(own)
		}
	}
	if k.database != nil {
		pc.session.db, pc.session.dbKnown = strconv.Itoa(*k.database), true
	}
	return pc
}

// handle returns a handle that was never used before. Handles are made in batches, so
// that a handle costs no allocation of its own. The batches grow with the number of
// leases. A borrower that keeps a handle keeps its whole batch in memory, which is
// about three kilobytes.
func (pc *pooled) handle(lease resource.Lease[*pooled]) *conn {
	if pc.core.reclaim {
		return &conn{lease: lease} // not with others in one allocation, which the connection keeps
	}
	if pc.handlesUsed == len(pc.handles) {
		pc.handles, pc.handlesUsed = make([]conn, min(2*len(pc.handles)+1, maxBatch)), 0
	}
	c := &pc.handles[pc.handlesUsed] // not a shorter slice: to store a pointer costs more while the collector runs
	pc.handlesUsed++
	c.lease = lease
	return c
}

const maxBatch = 128

// close closes the connection once. If another goroutine is closing it, such as the
// timer of the cleanup, close waits for that one, because the pool counts the
// connection until close returns.
func (pc *pooled) close() error {
	if pc.closing.Swap(true) {
		<-pc.closed
		return nil
	}
	defer close(pc.closed)
	return pc.c.Close()
}
