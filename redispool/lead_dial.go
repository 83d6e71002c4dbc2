package redispool

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// When a server dies, the callers of all connections dial at the same moment, before any dial
// has failed. So while dials are held back after a failure, and a connection has broken, one
// dial leads. The others wait until the server has answered on its connection, and share its
// failure without dialing.

// leadPatience is how long a dial waits for the one that leads. One address may lead to
// several servers, so one dial that hangs must not keep the others from dialing.
const leadPatience = 500 * time.Millisecond

// leadDial lets one dial at a time go ahead while the server is in doubt.
type leadDial struct {
	mu      sync.Mutex
	current *leading // nil: no dial leads
}

// leading is a dial that others wait for.
type leading struct {
	over chan struct{}
	err  error // set before over is closed; nil also if the dial says nothing about the server
}

type openFunc = func(context.Context) (*pooled, error)

// open opens a connection. It waits for the dial that leads, if the server is in doubt.
func (l *leadDial) open(ctx context.Context, k *core, open openFunc) (*pooled, error) {
	if !k.inDoubt() {
		return open(ctx)
	}
	patience := time.NewTimer(leadPatience)
	defer patience.Stop()
	for k.inDoubt() {
		first, mine := l.enter()
		if mine {
			return l.lead(ctx, first, open)
		}
		select {
		case <-first.over:
		case <-patience.C:
			return open(ctx)
		case <-ctx.Done():
			return nil, endOf(ctx)
		}
		if first.err != nil {
			return nil, first.err
		}
	}
	return open(ctx)
}

// enter returns the dial that leads, and whether that is the caller's.
func (l *leadDial) enter() (first *leading, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != nil {
		return l.current, false
	}
	l.current = &leading{over: make(chan struct{})}
	return l.current, true
}

// lead opens a connection for the caller, and reports the outcome to the others. If it panics,
// or its own context ends, another dial leads.
func (l *leadDial) lead(ctx context.Context, first *leading, open openFunc) (pc *pooled, err error) {
	defer func() {
		if ctx.Err() == nil {
			first.err = err
		}
		l.mu.Lock()
		l.current = nil
		l.mu.Unlock()
		close(first.over)
	}()
	return open(ctx)
}

// inDoubt reports whether a connection has broken and the server has not answered on a new one
// since.
func (k *core) inDoubt() bool { return k.holdsDials && k.greeted.Load() < k.breaks.Load() }

// raise sets a number to a later value. The values may come in any order.
func raise(number *atomic.Uint64, to uint64) {
	for old := number.Load(); old < to && !number.CompareAndSwap(old, to); old = number.Load() {
	}
}
