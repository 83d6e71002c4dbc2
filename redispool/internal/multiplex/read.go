package multiplex

import (
	"errors"
	"runtime"
)

// errUnexpected is the error of a connection on which the server has sent more than one reply to a command. Nobody knows
// then which reply belongs to which call.
var errUnexpected = errors.New("redispool: a shared connection has received a reply without a command")

// read is the work of the reader's own goroutine. It ends when nothing is in flight.
func (l *link) read() {
	returned := false
	defer func() {
		if !returned {
			l.readerFailed(panicked(recover()))
		}
	}()
	for idle := false; ; {
		switch n := l.takeFlight(idle); {
		case n < 0:
			returned = true
			return
		case n == 0:
			idle = true
			runtime.Gosched() // the callers that have just got their replies may call again
		default:
			idle = false
			if err := l.readPending(); err != nil {
				returned = true
				l.readerFailed(err)
				return
			}
		}
	}
}

// takeFlight takes what is in flight, and returns the number of calls. If there are none and the reader was idle before,
// the role ends, and the result is negative.
func (l *link) takeFlight(idle bool) int {
	l.mu.Lock()
	l.landLocked()
	l.pending = l.pending[:0]
	if l.flying == 0 && l.failure == nil && l.wire.Unread() {
		l.failLocked(errUnexpected)
	}
	if l.failure != nil || len(l.flight) == 0 && idle {
		l.reading = false
		l.leaveRoleUnlock()
		return -1
	}
	l.pending, l.flight = l.flight, l.pending
	startWrite := l.takeWriterLocked()
	n := len(l.pending)
	l.mu.Unlock()
	if startWrite {
		go l.startWrite()
	}
	return n
}

// landLocked counts the calls that the reader has dealt with.
func (l *link) landLocked() {
	l.flying -= l.landed
	l.flyingBytes -= l.landedBytes
	l.landed, l.landedBytes = 0, 0
	l.touch()
}

// readPending receives the replies of the calls that were taken out of flight. After an error the rest is still pending.
func (l *link) readPending() error {
	for i, c := range l.pending {
		size := c.size
		reply, err, lost := l.receive(c)
		if lost != nil {
			l.pending = l.pending[i:]
			return lost
		}
		last := i+1 == len(l.pending)
		if last && l.wire.Unread() {
			l.refuseSurplus()
		}
		c.settle(reply, err, Over)
		l.pending[i] = nil
		l.landed++
		l.landedBytes += size
		more := !last && l.wire.AtHand()
		switch {
		case last && !l.reapingNow: // takeFlight comes next
		case more && (l.reapingNow || len(l.pending) < manyReplies):
		default:
			l.reap(more)
		}
	}
	return nil
}

// refuseSurplus breaks the connection if more was received than the reply to the last call in flight. That is known only
// before this call is over: its caller may call at once, and would get the surplus for a reply.
func (l *link) refuseSurplus() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.flight) == 0 && l.failure == nil {
		l.failLocked(errUnexpected)
	}
}

// manyReplies is the number of calls from which on a goroutine reads them, and it pays to wait for the callers that call
// again.
const manyReplies = 8

// reap is called when the reader has many replies at hand, and again when it has no more and is about to wait. In between nobody
// begins to write: the callers that get these replies are about to call again, and one batch can have all of their calls.
func (l *link) reap(more bool) {
	l.reapingNow = more
	l.mu.Lock()
	l.reaping = more
	l.landLocked()
	startWrite := l.takeWriterLocked()
	l.mu.Unlock()
	if startWrite {
		go l.startWrite()
	}
}

// receive receives the reply of a call. lost is not nil if the connection is broken.
func (l *link) receive(c *call) (reply any, err, lost error) {
	if c.mayLeave {
		l.watch.head.Store(c)
	} else if l.watch.head.Load() != nil {
		l.watch.head.Store(nil) // this caller waits, whatever happens
	}
	reply, err = l.receiveFrom(l.wire, c.timed)
	verdict := Keep
	if err != nil {
		if verdict = l.wire.Judge(err); verdict == Broken {
			return nil, nil, err
		}
	}
	if err := l.awaitSent(); err != nil {
		return nil, nil, err
	}
	if verdict == Retire {
		l.mu.Lock()
		l.retiring.Store(true)
		l.mu.Unlock()
	}
	l.load.Add(-1)
	return reply, err, nil
}

// awaitSent waits until the call whose reply was received has been sent. A server can be that fast: a part of a batch goes
// out before its end. Until then the writer may read the call's arguments, which belong to the caller again after the call.
func (l *link) awaitSent() error {
	n := l.received.Add(1)
	if l.sentBefore >= n {
		return nil
	}
	for l.sentBefore = l.sent.Load(); l.sentBefore < n; l.sentBefore = l.sent.Load() {
		l.awaited.Store(true)
		switch {
		case l.broken.Load():
			l.awaited.Store(false)
			return errUnexpected // nobody gets it: the link has its failure
		case l.sent.Load() >= n:
			if l.awaited.Swap(false) {
				return nil
			}
		}
		<-l.goOn
	}
	return nil
}

// endAwait is called after a call was sent, or the connection has failed.
func (l *link) endAwait() {
	if l.awaited.Swap(false) {
		l.goOn <- struct{}{}
	}
}

// stopReapingLocked is called when the reader ends.
func (l *link) stopReapingLocked() { l.reaping, l.reapingNow = false, false }

// readerFailed ends the reader's role after an error of the connection.
func (l *link) readerFailed(err error) {
	l.mu.Lock()
	l.failLocked(err)
	l.stopReapingLocked()
	l.reading = false
	l.leaveRoleUnlock()
}

// readOwn is the work of a caller that is the reader. It ends with the caller's own reply, and with what else is at hand then.
func (l *link) readOwn(self *call) {
	l.mu.Lock()
	l.readOwnUnlock(self)
}

// readOwnUnlock is readOwn for a caller that holds the lock.
func (l *link) readOwnUnlock(self *call) {
	returned := false
	defer func() {
		if !returned {
			l.readerFailed(panicked(nil))
		}
	}()
	for more := 0; !self.ownRead || more < manyReplies && len(l.flight) > 0 && l.wire.AtHand(); {
		if self.ownRead {
			more++
		}
		c, startWrite := l.flight[0], len(l.queue) > 0 && !l.wire.AtHand() && l.takeWriterLocked()
		l.mu.Unlock()
		if startWrite {
			go l.startWrite()
		}
		size := c.size
		reply, err, lost := l.receive(c)
		if lost != nil {
			returned = true
			l.readerFailed(lost)
			return
		}
		l.mu.Lock()
		l.landFirstLocked(size)
		if c == self {
			c.settleOwn(reply, err)
		} else {
			c.settle(reply, err, Over)
		}
	}
	returned = true
	l.passReaderUnlock()
}

// landFirstLocked takes the first call out of flight.
func (l *link) landFirstLocked(size int) {
	l.flight = l.flight[:copy(l.flight, l.flight[1:])]
	l.flying--
	l.flyingBytes -= size
}

// passReaderUnlock has somebody else read what is in flight. If there are only a few calls, the caller of the first one reads.
func (l *link) passReaderUnlock() {
	if l.flying == 0 && l.failure == nil && l.wire.Unread() {
		l.failLocked(errUnexpected)
	}
	startWrite := l.takeWriterLocked()
	switch {
	case len(l.flight) == 0:
		l.reading = false
		if startWrite {
			l.mu.Unlock()
		} else {
			l.leaveRoleUnlock()
		}
	case len(l.flight) < manyReplies && !l.flight[0].mayLeave:
		next := l.flight[0]
		l.mu.Unlock()
		next.ready <- becomes
	default:
		l.mu.Unlock()
		go l.startRead()
	}
	if startWrite {
		go l.startWrite()
	}
}
