package multiplex

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// The phases of a link.
const (
	closed   uint32 = iota // it has no connection
	reserved               // a caller opens a connection that was idle; nobody else uses the link
	opening                // a connection is being opened; calls wait in the queue
	open                   // it has a connection
	closing                // the connection is being given back; calls wait in the queue

	// The phases of a call that is alone on the link: see doAlone.
	aloneOpening
	aloneSending
	aloneReading
	aloneClosing
)

// link is a place for one shared connection.
type link struct {
	mux   *Mux
	phase atomic.Uint32 // changed under mu; see doAlone for the phases of a lone call

	retiring atomic.Bool // nothing more is sent on the connection; changed under mu
	broken   atomic.Bool // failure is set

	waitsSince atomic.Int64 // in nanoseconds since Mux.begin; zero: the link waits for nothing. See takesMore

	watch watch
	goOn  chan struct{} // ends the wait of the reader for the writer: see awaitSent

	startWrite, startRead func() // made once: a go statement for a method would allocate

	lone      *call // of doAlone
	loneWire  Wire
	loneCalls atomic.Uint64 // that were alone when they were sent
	spare     *call         // for the next lone call; nil: there is none

	_ apart

	mu      sync.Mutex
	wire    Wire
	queue   []*call // not sent yet
	flight  []*call // sent, or about to be
	writing bool    // a goroutine is the writer
	reading bool    // a goroutine is the reader
	reaping bool    // the reader has more replies at hand: see reap
	failure error   // that has broken the connection

	flying      int // calls in flight and with the reader
	flyingBytes int

	calls, flushes uint64    // see Stats
	nextCheck      time.Time // when to ask whether the connection is outdated

	_ apart

	load      atomic.Int64  // calls in the queue and in flight, without a lone one
	lastBatch atomic.Int64  // its calls; changed under mu
	received  atomic.Uint64 // replies; the reader counts
	lastReply atomic.Uint64 // the value of Mux.answered at the last reply

	replies             replySizes
	pending             []*call // the reader's: what it has taken out of flight
	landed, landedBytes int     // the reader's: calls of pending that are over
	reapingNow          bool    // the reader's copy of reaping
	sentBefore          uint64  // the reader's: a value that sent has had

	_ apart

	batch   []*call       // the writer's: what it sends
	sent    atomic.Uint64 // calls; the writer counts
	awaited atomic.Bool   // the reader waits for the writer: see awaitSent

	_ apart
}

// apart keeps what different processors write in different cache lines.
type apart [64]byte

func (l *link) isAlone() bool { return l.phase.Load() >= aloneOpening }

func (l *link) init(m *Mux) {
	l.mux = m
	l.goOn = make(chan struct{}, 1)
	l.startWrite = func() { l.write(nil) }
	l.startRead = l.read
}

// reserve takes a link that is closed.
func (l *link) reserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phase.CompareAndSwap(closed, reserved)
}

// openIdle gets an idle connection for a link that its caller has reserved, or gives the link free.
func (l *link) openIdle(ctx context.Context) (w Wire) {
	defer func() {
		if w == nil {
			l.mu.Lock()
			l.phase.Store(closed)
			l.mu.Unlock()
		}
	}()
	return l.mux.source.OpenIdle(ctx)
}

// join brings a call into the queue. If nobody else can go on with it, the caller does. own is the connection for a link
// that the caller has reserved. join returns false if the caller is to try again: the link was just reserved by another
// caller, or the call was changed for a wait that it may leave.
func (l *link) join(c *call, own Wire) bool {
	l.mu.Lock()
	if own != nil {
		l.attachLocked(own)
	} else {
		switch l.toManyLocked() {
		case reserved:
			l.mu.Unlock()
			return false
		case closed:
			l.enqueueLocked(c)
			l.mu.Unlock()
			l.openAs(c)
			return true
		}
		if l.phase.Load() != open && c.opensWithin() {
			l.mu.Unlock()
			c.leaveIfNotOpened()
			return false
		}
	}
	l.enqueueLocked(c)
	if l.mayWriteLocked() {
		l.writing = true
		l.writeAsUnlock(c)
	} else {
		l.mu.Unlock()
	}
	return true
}

func (l *link) enqueueLocked(c *call) {
	l.queue = append(l.queue, c)
	l.load.Add(1)
}

// mayWriteLocked reports whether there is work for a writer, and none is there.
func (l *link) mayWriteLocked() bool {
	return !l.writing && l.phase.Load() == open && len(l.queue) > 0 && l.hasRoomLocked(l.queue[0]) &&
		l.failure == nil && !l.retiring.Load() && !l.reaping && len(l.queue)*inFlightAtMost >= l.flying
}

// inFlightAtMost bounds what is in flight when a batch begins, as a multiple of the calls in the queue. Without a bound,
// many callers get into a state in which each batch is small: its replies come one by one, and so do the next calls. A call
// waits for it no longer than the replies in flight take.
const inFlightAtMost = 4

// takeWriterLocked makes the writer of a goroutine that the caller starts, if there is work for one.
func (l *link) takeWriterLocked() bool {
	may := l.mayWriteLocked()
	l.writing = l.writing || may
	return may
}

// hasRoomLocked reports whether the bounds allow to send a call.
func (l *link) hasRoomLocked(c *call) bool {
	b := &l.mux.bounds
	return l.flying == 0 || l.flying < b.Calls && l.flyingBytes+c.size <= b.Bytes
}

func (l *link) attachLocked(w Wire) {
	l.wire = w
	l.nextCheck = time.Time{}
	if l.failure != nil {
		l.failure = nil
		l.broken.Store(false)
		l.received.Store(l.sent.Load())
		l.sentBefore = l.received.Load()
	}
	if l.retiring.Load() {
		l.retiring.Store(false)
	}
	l.touch()
	l.phase.Store(open)
}

// touch notes that the server answers.
func (l *link) touch() {
	if len(l.mux.links) > 1 {
		l.lastReply.Store(l.mux.answered())
	}
}

// writeAsUnlock has the writer's work done: by the caller of c, or by a goroutine of its own if c is nil or its caller may
// leave.
func (l *link) writeAsUnlock(c *call) {
	if c == nil || c.mayLeave {
		l.mu.Unlock()
		go l.startWrite()
	} else {
		l.writeUnlock(c)
	}
}
