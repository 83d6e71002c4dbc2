package resource

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// WaitReady returns when the pool is ready: MinIdle resources are open, idle or in use, or
// one if MinIdle is zero. A program calls it before it says that it can serve. If MinIdle is
// zero and there is no resource yet, WaitReady acquires one and gives it back.
//
// A failed opening does not end the call: WaitReady tries again with pauses that grow from 0.1 s
// to 10 s, as the pool does for MinIdle. So it can wait for a server that starts later. If
// ctx ends first, the error is a [*PoolError] that wraps ctx.Err() and says what is missing
// and why the last opening failed. If the pool is closed, it wraps [ErrClosed]. Several callers
// may wait at a time. WaitReady panics if ctx is nil.
func (p *Pool[T]) WaitReady(ctx context.Context) error {
	refuseNil(ctx)
	done := ctx.Done()
	begin := p.clock.read()
	for pause := firstReadyPause; ; pause = min(2*pause, longestReadyPause) {
		ready, opensByItself := p.readiness()
		if ready == nil {
			return nil
		}
		var retry chan struct{}
		if !opensByItself {
			err := p.openOne(ctx)
			if err == nil || errors.Is(err, ErrClosed) {
				return err
			}
			retry = make(chan struct{})
			defer after(pause, func() { close(retry) }).Stop()
		}
		select {
		case <-ready:
		case <-retry:
		case <-done:
			return p.explain(ended(ctx), p.clock.read().Sub(begin))
		}
		runtime.KeepAlive(p) // the collector does not close a pool while a caller waits for it
		if p.isShut() {
			return p.explain(ErrClosed, p.clock.read().Sub(begin))
		}
	}
}

// The pauses of WaitReady are those of MinIdle.
const (
	firstReadyPause   = 100 * time.Millisecond
	longestReadyPause = 10 * time.Second
)

// readiness returns nil if the pool is ready. If not, it returns a channel that is closed
// when the pool may be ready, and whether the pool opens the missing resources by itself.
func (p *core[T]) readiness() (ready <-chan struct{}, opensByItself bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isReadyLocked() {
		return nil, false
	}
	if p.readyCalls == nil {
		p.readyCalls = make(chan struct{})
	}
	return p.readyCalls, p.ledger.MinIdle() > 0 && !p.ledger.IsShut()
}

func (p *core[T]) isReadyLocked() bool {
	l := &p.ledger
	return !l.IsShut() && l.Count(ledger.Idle)+l.Count(ledger.Testing)+l.Count(ledger.Leased) >= max(1, l.MinIdle())
}

// noteReadyLocked wakes the callers of WaitReady, if there is news for them.
func (p *core[T]) noteReadyLocked() {
	if p.readyCalls != nil && (p.isReadyLocked() || p.ledger.IsShut()) {
		close(p.readyCalls)
		p.readyCalls = nil
	}
}

func (p *core[T]) isShut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ledger.IsShut()
}

// openOne shows that the pool can lend.
func (p *Pool[T]) openOne(ctx context.Context) error {
	lease, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	lease.Release()
	return nil
}
