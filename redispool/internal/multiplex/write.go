package multiplex

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// checkEvery is how often a busy link asks whether its connection is outdated.
const checkEvery = 100 * time.Millisecond

// write is the work of a writer that has the role already, but not the lock. self is the call of the goroutine, or nil if
// the goroutine has none.
func (l *link) write(self *call) {
	l.mu.Lock()
	l.writeUnlock(self)
}

// writeUnlock is write for a goroutine that holds the lock.
func (l *link) writeUnlock(self *call) {
	ownReply := false
	returned := false
	defer func() {
		if !returned {
			var value any
			if self == nil { // the panic of a caller goes on
				value = recover()
			}
			l.writerPanicked(ownReply, value)
		}
	}()
	for {
		if l.lastBatch.Load() > 1 || l.mux.othersBusy(l) {
			l.gatherUnlockLock()
		}
		ownReply = l.beginBatchUnlock(self)
		err := l.sendBatch()
		l.mu.Lock()
		more := l.endBatchLocked(err)
		if !more || self != nil {
			returned = true
			l.leaveWriterUnlock(self, more, ownReply)
			return
		}
	}
}

// leaveWriterUnlock is called when a goroutine gives up the role of the writer. more reports whether it leaves work to another
// one.
func (l *link) leaveWriterUnlock(self *call, more, ownReply bool) {
	switch {
	case more:
		l.mu.Unlock()
		go l.startWrite()
	case ownReply && l.failure == nil:
		l.readOwnUnlock(self)
		return
	default:
		l.leaveRoleUnlock()
	}
	if ownReply {
		l.readOwn(self)
	}
}

// gatherUnlockLock lets others run that are about to call, so that their calls can be in the batch: as long as the queue grows.
func (l *link) gatherUnlockLock() {
	for misses := 0; misses < 2; {
		before := len(l.queue)
		l.mu.Unlock()
		runtime.Gosched()
		l.mu.Lock()
		if len(l.queue) <= before {
			misses++
		}
	}
}

// beginBatchUnlock takes calls from the queue, and sees to it that there is a reader. It reports whether the caller is the
// reader. A goroutine of its own reads many replies faster: their callers can run at the same time.
func (l *link) beginBatchUnlock(self *call) (ownReply bool) {
	l.checkOutdatedLocked()
	l.takeLocked()
	needsReader := !l.reading && len(l.batch) > 0
	l.reading = l.reading || needsReader
	ownReply = needsReader && self != nil && len(l.batch) < manyReplies && slices.Contains(l.batch, self)
	if ownReply {
		l.noteLargeWrite(l.flyingBytes)
	}
	l.mu.Unlock()
	if needsReader && !ownReply {
		go l.startRead()
	}
	return ownReply
}

// takeLocked moves calls from the queue to the batch and to flight, as far as the bounds allow. It drops those whose
// callers have left.
func (l *link) takeLocked() {
	if l.retiring.Load() || l.failure != nil {
		return
	}
	n := 0
	for _, c := range l.queue {
		if c.isAbandoned() {
			l.load.Add(-1)
			c.recycle()
		} else if l.hasRoomLocked(c) {
			l.flying++
			l.flyingBytes += c.size
			l.batch = append(l.batch, c)
			l.flight = append(l.flight, c)
		} else {
			break
		}
		n++
	}
	kept := copy(l.queue, l.queue[n:])
	clear(l.queue[kept:])
	l.queue = l.queue[:kept]
	if n := len(l.batch); n > 0 {
		l.calls += uint64(n)
		l.flushes++
		l.lastBatch.Store(int64(n))
	}
}

// checkOutdatedLocked asks now and then whether the connection is outdated. A link that is quiet in between gives its
// connection back, and nobody has to ask.
func (l *link) checkOutdatedLocked() {
	if l.flying == 0 || l.retiring.Load() {
		return
	}
	now := time.Now()
	switch {
	case l.nextCheck.IsZero():
	case now.Before(l.nextCheck):
		return
	case l.wire.Outdated():
		l.retiring.Store(true)
		return
	}
	l.nextCheck = now.Add(checkEvery)
}

// sendBatch sends the calls of the batch.
func (l *link) sendBatch() error {
	if len(l.batch) == 0 {
		return nil
	}
	for _, c := range l.batch {
		if c.timed && c.timeout > 0 {
			c.sentAt.Store(int64(time.Since(l.mux.begin)) + 1)
		}
		err := l.wire.Send(c.cmd, c.args)
		if err != nil {
			return err
		}
		l.sent.Add(1)
		if l.awaited.Load() {
			l.endAwait()
		}
	}
	return l.wire.Flush()
}

// endBatchLocked ends the batch. It reports whether there is more to write. If not, the role is free.
func (l *link) endBatchLocked(err error) (more bool) {
	clear(l.batch)
	l.batch = l.batch[:0]
	if err != nil {
		l.failLocked(err)
	}
	l.writing = false
	return l.takeWriterLocked()
}

// writerPanicked ends the writer's role after a panic of the connection, or of a wrapper of it. isReader reports whether the
// goroutine was to be the reader, too.
func (l *link) writerPanicked(isReader bool, value any) {
	l.mu.Lock()
	clear(l.batch)
	l.batch = l.batch[:0]
	l.failLocked(panicked(value))
	l.writing = false
	l.reading = l.reading && !isReader
	l.leaveRoleUnlock()
}

func panicked(value any) error {
	if value == nil {
		return fmt.Errorf("redispool: a shared connection panicked")
	}
	return fmt.Errorf("redispool: a shared connection panicked: %v", value)
}
