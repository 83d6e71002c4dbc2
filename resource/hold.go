package resource

import (
	"context"
	"errors"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// With Config.OpenBackoff the ledger holds openings after one has failed. Here an acquire
// that may open nothing learns whether to wait or to leave.

// openHold is what the pool needs to hold openings.
type openHold struct {
	on      bool  // Config.OpenBackoff is set
	timeout bool  // Config.WaitTimeout bounds every wait
	failure error // of the last opening that failed: see newHeldError; guarded by the pool's mu
}

// acquiring is what an acquire remembers from one step to the next.
type acquiring struct {
	waits    bool // it is willing to wait
	urgent   bool // before others
	waited   time.Duration
	deadline policy.Instant // of its wait since openings are held; zero: it has not waited
	tests    testTime
	seen     *seen
}

// unbounded reports whether nothing bounds a wait with this context. It calls the user's
// code, so the lock must not be held.
func (p *Pool[T]) unbounded(ctx context.Context) bool {
	if p.openHold.timeout {
		return false
	}
	_, bounded := ctx.Deadline()
	return !bounded
}

// errNoOpen is the failure of an opening that ended without an error: it panicked, for
// example.
var errNoOpen = errors.New("the call of Open did not return")

// openFailedLocked reports to the ledger that an opening has failed. Without an error Open
// has not returned, and the acquire that was opening is over.
func (p *core[T]) openFailedLocked(now policy.Instant, h ledger.Handle, err error) ledger.Answer {
	held := p.ledger.OpensHeld()
	a := p.ledger.OpenFailed(now, h)
	p.openFailure = openFailure{true, err, p.clock.read(), p.ledger.OpenedCount()}
	if p.watch != nil && !held && p.ledger.OpensHeld() {
		p.watch.noteLocked(EventOpensHeld)
	}
	if p.openHold.on {
		p.openHold.failure = err
	}
	if a.Do == ledger.Held && err == nil {
		p.ledger.Withdraw()
		return ledger.Answer{}
	}
	return a
}

// newHeldError returns the error of an acquire that found openings held. failure is that of the
// last opening: nil if Open did not return. The lock must not be held, since an error of Open may
// have methods of the user's, which errors.Is calls.
func newHeldError(err, failure error) *HeldError {
	return &HeldError{Err: err, Open: forOthers(failure)}
}

// forOthers returns an open's error in the form that other acquires get. They must not
// take the end of another caller's context for that of their own.
func forOthers(err error) error {
	switch {
	case err == nil:
		return &OpenError{errNoOpen}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		var open *OpenError
		if errors.As(err, &open) {
			err = open.Err
		}
		return &OpenError{errors.New(err.Error())}
	}
	return err
}

// acquireHeldUnlock serves a caller that finds no resource at once while openings are held.
// It may have to wait though there is room. So the lane must be empty.
func (p *Pool[T]) acquireHeldUnlock(ctx context.Context, m acquireMode, s *seen) (Lease[T], error) {
	now := p.advanceClockLocked(p.clock.read())
	p.emptyLaneLocked(now)
	if m.waits {
		return p.acquireWaitingUnlock(ctx, now, m, s)
	}
	return p.acquireNoWaitUnlock(ctx, now, m, s)
}

// heldUp goes on with an acquire that was answered Held. openErr is the error of its own
// open, if that has just failed.
func (p *Pool[T]) heldUp(ctx context.Context, done <-chan struct{}, x *acquiring, openErr error) (ledger.Answer, error) {
	settled, unbounded := false, false
	defer func() {
		if !settled { // the context has panicked
			p.withdraw()
		}
	}()
	if x.waits {
		unbounded = p.unbounded(ctx)
	}
	settled = true
	switch {
	case isClosed(done) && openErr == nil:
		p.withdraw()
		return ledger.Answer{}, p.gaveUp(ended(ctx), x.waited)
	case !x.waits, unbounded && openErr != nil, isClosed(done):
		failure := p.withdraw()
		if openErr == nil {
			openErr = p.explain(newHeldError(nil, failure), x.waited)
		}
		return ledger.Answer{}, openErr
	}
	return p.rejoin(ctx, done, x, unbounded, openErr)
}

// rejoin waits before others of its class for a resource, or for the turn to open one.
func (p *Pool[T]) rejoin(ctx context.Context, done <-chan struct{}, x *acquiring, unbounded bool, openErr error) (ledger.Answer, error) {
	w := p.waiters.Get().(*waiter)
	w.Unbounded, w.Urgent = unbounded, x.urgent
	begin := p.lock()
	a := p.ledger.Rejoin(begin, &w.Waiter, x.deadline)
	p.member.countLateLocked()
	if a.Do == ledger.Wait {
		x.deadline = w.Deadline()
	}
	p.performAsync(p.unlock())
	if a.Do != ledger.Wait {
		p.waiters.Put(w)
		if a.Do == ledger.Refused && a.Why == ledger.QueueFull && openErr != nil {
			return ledger.Answer{}, openErr // it says more
		}
		return a, nil
	}
	w.began.Store(int64(max(begin, 1)))
	if done == nil {
		<-w.ready
	} else if !w.wait(done) {
		_, err := p.cancel(ctx, w, begin, x.waited, x.seen)
		return ledger.Answer{}, err
	}
	waited := p.waited(begin, w)
	x.waited += waited
	x.seen.wait(waited)
	a = w.Answer()
	p.waiters.Put(w)
	return a, nil
}

// withdraw ends an acquire that was answered Held. It returns the failure of the last opening
// that failed.
func (p *core[T]) withdraw() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ledger.Withdraw()
	p.member.countLateLocked()
	return p.openHold.failure
}
