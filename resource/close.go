package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Close closes the pool. The pool lends nothing any more, waiters get [ErrClosed],
// and idle resources are closed before Close returns. Leased resources stay usable
// and are closed when they come back; [Pool.Shutdown] waits for them. Close is
// idempotent and always returns nil; a second call does not wait for the first.
// Closes are independent of one another, see Config.Close. If one of them panics,
// Close panics after all have ended.
func (p *Pool[T]) Close() error {
	p.perform(p.shut())
	return nil
}

// Shutdown closes the pool as Close does, and then waits until all resources
// have come back and are closed. If ctx ends first, Shutdown returns a
// [*ShutdownError] that counts the resources still in use. The pool is closed all the
// same, and each of those resources is closed when it comes back. Shutdown may be
// called after Close, and more than once. It panics if ctx is nil. If ctx can end,
// resources are closed on goroutines of the pool, where a panic ends the program.
func (p *Pool[T]) Shutdown(ctx context.Context) error {
	refuseNil(ctx)
	done := ctx.Done() // before the pool is shut, because Done may panic
	work := p.shut()
	if done == nil {
		p.perform(work)
	} else {
		p.performAsync(work) // a close may take longer than ctx
	}
	return awaitDrained(ctx, done, p.drained, p.Stats)
}

// awaitDrained waits until nothing of a closed pool is left, or ctx has ended. done is the
// Done channel of ctx.
func awaitDrained(ctx context.Context, done, drained <-chan struct{}, stats func() Stats) error {
	if isClosed(drained) {
		return nil
	}
	select {
	case <-drained:
		return nil
	case <-done:
		st := stats()
		if st.Active == 0 {
			return nil
		}
		return &ShutdownError{Leased: st.Leased, Opening: st.Opening, Testing: st.Testing, Closing: st.Closing, Err: ended(ctx)}
	}
}

func (p *core[T]) shut() ledger.Work {
	p.bgCancel()
	now := p.lock()
	p.shutLocked(now)
	return p.unlock()
}

func (p *core[T]) shutLocked(now policy.Instant) {
	if p.watch != nil && !p.ledger.IsShut() {
		p.watch.noteLocked(EventShutDown)
	}
	p.ledger.Shut(now)
	if p.member != nil {
		p.member.shared.dropKey(p.member)
	}
	if p.drained == nil {
		p.drained = make(chan struct{})
	}
	p.noteReadyLocked()
	p.stopTicksLocked()
	if p.timer != nil {
		p.timer.Stop()
	}
}

// drainLocked lets Shutdown return: no resource is left.
func (p *core[T]) drainLocked() {
	select {
	case <-p.drained:
	default:
		close(p.drained)
	}
}

// Reset replaces all resources. Idle ones are closed before Reset returns, all
// others when they come back. Until then they count toward MaxActive, so a Reset
// never leads to more resources than that. Use it when the other end has changed,
// for example after a failover. After Close it does nothing.
func (p *Pool[T]) Reset() {
	begin := p.begins()
	now := p.lock()
	shut := p.ledger.IsShut()
	p.ledger.Reset(now)
	p.perform(p.unlock())
	if !shut {
		p.poolEvent(EventResetDone, begin)
	}
}

// Resize changes MaxActive and MaxIdle. The values have the same meaning as in [Config].
// A higher limit serves waiters at once. Above a lowered limit idle resources are closed
// soon, and leased ones when they come back. While there are more than the limit, a
// resource is opened only in the place of one that was just found to be stale or broken.
// MinIdle does not change, but neither limit is exceeded for it. Resize returns an error
// and changes nothing if maxActive is negative or maxIdle is below KeepNone. After Close
// it does nothing.
func (p *Pool[T]) Resize(maxActive, maxIdle int) error {
	c := Config[T]{Open: p.opener.open, MaxActive: maxActive, MaxIdle: maxIdle}
	if err := c.validate(); err != nil {
		return err
	}
	idle := idleLimit(maxIdle)
	if p.member != nil {
		idle = p.member.idleLimit(idle)
	}
	begin := p.begins()
	now := p.lock()
	shut := p.ledger.IsShut()
	p.ledger.Resize(now, limit(maxActive), idle)
	p.noteReadyLocked()
	p.perform(p.unlock())
	if !shut {
		p.poolEvent(EventResized, begin)
	}
	return nil
}
