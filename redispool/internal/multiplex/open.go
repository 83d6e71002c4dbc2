package multiplex

import (
	"context"
	"errors"
	"fmt"
)

// openAs opens a connection for a call that waits in the queue, with others or alone.
func (l *link) openAs(c *call) {
	ctx := c.openingContext()
	returned := false
	defer func() {
		if !returned { // the source panicked: the panic goes on, and the others get an error
			l.openFailed(c, errOpenPanicked)
		}
	}()
	w, err := l.mux.open(ctx)
	returned = true
	l.openEnded(c, w, err)
}

var errOpenPanicked = errors.New("redispool: the opening of a shared connection panicked")

// openEnded goes on after an opening for a call that waits in the queue.
func (l *link) openEnded(c *call, w Wire, err error) {
	switch {
	case err == nil:
		l.opened(w, c)
	case c.openingContext().Err() != nil:
		l.leaveOpening(c, err)
	default:
		l.openFailed(nil, err)
	}
}

func (m *Mux) open(ctx context.Context) (Wire, error) {
	if err := m.closed.Load(); err != nil {
		return nil, *err
	}
	return m.source.Open(ctx)
}

// opened begins to use a connection. c is the call of the caller, or nil.
func (l *link) opened(w Wire, c *call) {
	l.mu.Lock()
	l.goesOn()
	l.attachLocked(w)
	l.writing = true
	l.writeAsUnlock(c)
}

// leaveOpening is called when the context of a call has ended while it opened a connection. Another call of the queue goes
// on with its own context.
func (l *link) leaveOpening(c *call, err error) {
	l.mu.Lock()
	l.removeLocked(c)
	next := l.nextOpenerLocked()
	if next == nil && len(l.queue) > 0 {
		l.dropQueueLocked()
	}
	if next == nil {
		l.restLocked()
	}
	l.mu.Unlock()
	if next != nil {
		go l.reopen()
	}
	c.settle(nil, err, NotOpened)
}

// nextOpenerLocked returns the first call whose caller has not left.
func (l *link) nextOpenerLocked() *call {
	for _, c := range l.queue {
		if !c.isAbandoned() {
			return c
		}
	}
	return nil
}

// removeLocked takes a call out of the queue.
func (l *link) removeLocked(c *call) {
	for i, q := range l.queue {
		if q == c {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			l.load.Add(-1)
			return
		}
	}
}

// dropQueueLocked recycles the calls of the queue, whose callers have left.
func (l *link) dropQueueLocked() {
	for i, c := range l.queue {
		l.queue[i] = nil
		l.load.Add(-1)
		c.settle(nil, nil, Over)
	}
	l.queue = l.queue[:0]
}

// reopen opens a connection for the calls that wait in the queue, with the context of the first.
func (l *link) reopen() {
	for {
		l.mu.Lock()
		c := l.nextOpenerLocked()
		if c == nil {
			l.dropQueueLocked()
			l.restLocked()
			l.mu.Unlock()
			return
		}
		ctx := c.openingContext()
		l.mu.Unlock()
		w, err := l.openSafely(ctx)
		switch {
		case err == nil:
			l.opened(w, nil)
			return
		case ctx.Err() == nil:
			l.openFailed(nil, err)
			return
		}
		l.mu.Lock()
		l.removeLocked(c)
		l.mu.Unlock()
		c.settle(nil, err, NotOpened)
	}
}

// openSafely makes an error of a panic: there is no caller on this goroutine who could get it.
func (l *link) openSafely(ctx context.Context) (w Wire, err error) {
	returned := false
	defer func() {
		if !returned {
			err = fmt.Errorf("redispool: the opening of a shared connection panicked: %v", recover())
		}
	}()
	w, err = l.mux.open(ctx)
	returned = true
	return w, err
}

// openFailed gives an error to all calls of the queue, except to one that has a panic already.
func (l *link) openFailed(except *call, err error) {
	l.mu.Lock()
	failed := l.queue
	l.queue = nil
	l.load.Add(-int64(len(failed)))
	l.restLocked()
	l.mu.Unlock()
	for _, c := range failed {
		if c != except {
			c.settle(nil, err, NotOpened)
		}
	}
}
