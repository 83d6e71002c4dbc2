package multiplex

import (
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// wait waits until the call is over, or its caller leaves. The call must not be used afterwards.
func (l *link) wait(c *call) (reply any, o Outcome, err error) {
	if c.mayLeave {
		if o, err := l.waitOrLeave(c); err != nil {
			l.mux.left.Add(1)
			l.watch.start(l)
			return nil, o, err
		}
	} else {
		for !c.ownRead && <-c.ready == becomes {
			l.readOwn(c)
		}
	}
	reply, o, err = c.reply, c.kind, c.err
	c.recycle()
	return reply, o, err
}

// waitOrLeave returns an error if the caller has left. The call then belongs to the link.
func (l *link) waitOrLeave(c *call) (Outcome, error) {
	opening := c.opening
	ended, notOpened, timeout := c.reasonsToLeave()
	for {
		err := errTimeout
		select {
		case <-c.ready:
			c.stopTimer()
			return Over, nil
		case <-notOpened:
			if l.leaveQueue(c) {
				return NotOpened, opening.Err()
			}
			notOpened = nil // the call was sent, or is over
			continue
		case <-ended:
			err = c.ctx.Err()
		case <-timeout:
			if rest := c.rest(); rest > 0 {
				c.startTimer(rest)
				continue
			}
		}
		c.stopTimer() // before the call belongs to somebody else
		if c.outcome.CompareAndSwap(undecided, abandoned) {
			return Over, err
		}
		<-c.ready
		return Over, nil
	}
}

// reasonsToLeave starts the timer, if the call has a timeout.
func (c *call) reasonsToLeave() (ended, notOpened <-chan struct{}, timeout <-chan time.Time) {
	if c.ctx != nil {
		ended = c.ctx.Done()
	}
	if c.opens {
		notOpened = c.opening.Done()
	}
	if c.timed && c.timeout > 0 {
		c.startTimer(c.timeout)
		timeout = c.timer.C
	}
	return ended, notOpened, timeout
}

// leaveQueue has the caller of a call leave, if the call is still in the queue.
func (l *link) leaveQueue(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.queue, c) || c.outcome.Load() != undecided {
		return false
	}
	c.stopTimer()
	return c.outcome.CompareAndSwap(undecided, abandoned)
}

// errTimeout is the error after a timeout of the call's own. It has the form of redigo's.
var errTimeout error = &net.OpError{Op: "read", Net: "redis", Err: os.ErrDeadlineExceeded}

func (c *call) startTimer(d time.Duration) {
	if c.timer == nil {
		c.timer = time.NewTimer(d)
	} else {
		c.timer.Reset(d)
	}
}

func (c *call) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// rest is what is left of the call's timeout. The time counts from the sending.
func (c *call) rest() time.Duration {
	at := c.sentAt.Load()
	if at == 0 {
		return max(c.timeout, time.Millisecond) // and not again and again while a connection is opened
	}
	return time.Duration(at-1) + c.timeout - time.Since(c.mux.begin)
}

// watch finds a server that does not answer although nobody waits for its answer any more. Without it a link would keep
// such a connection for as long as the connection's own timeout allows, which may have no bound.
type watch struct {
	timer *time.Timer
	runs  bool                 // guarded by the link's lock
	seen  uint64               // the replies received when the timer was started
	head  atomic.Pointer[call] // whose reply the reader receives; nil: of a call whose caller cannot leave
}

// start is called after a caller has left.
func (w *watch) start(l *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !w.runs && l.flying > 0 && l.failure == nil {
		w.startLocked(l)
	}
}

func (w *watch) startLocked(l *link) {
	if l.mux.grace <= 0 {
		return
	}
	w.runs, w.seen = true, l.received.Load()
	if w.timer == nil {
		w.timer = time.AfterFunc(l.mux.grace, func() { w.look(l) })
	} else {
		w.timer.Reset(l.mux.grace)
	}
}

func (w *watch) stopLocked() {
	if w.runs {
		w.runs = false
		w.timer.Stop()
	}
}

// look breaks the connection if there was no reply since the timer was started, and the caller of the first call has left.
// A caller that waits decides by itself how long.
func (w *watch) look(l *link) {
	l.mu.Lock()
	if !w.runs { // it was stopped at this moment
		l.mu.Unlock()
		return
	}
	w.runs = false
	head := w.head.Load()
	hangs := head != nil && l.received.Load() == w.seen && head.isAbandoned() && l.received.Load() == w.seen
	if !hangs {
		if l.flying > 0 && l.failure == nil {
			w.startLocked(l)
		}
		l.mu.Unlock()
		return
	}
	l.failLocked(errTimeout)
	wire := l.wire
	l.mu.Unlock()
	wire.Break()
}
