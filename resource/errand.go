package resource

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// errand is a call of a user's function on another goroutine, for a caller that leaves
// when its context ends.
type errand struct {
	done chan struct{} // closed when the fields of the first group are settled

	answer ledger.Answer
	err    error
	end    ending

	callerGone bool // the caller has left; guarded by the pool's mu
	finished   bool // the call is over; guarded by the pool's mu
}

// start begins an errand. reportLocked reports to the ledger how the call ended; it runs
// with mu held. The errand refers only to the core, so it does not keep the Pool
// alive when its caller has left.
func (p *core[T]) start(call func() error, reportLocked func(now policy.Instant, ok bool, err error) ledger.Answer) *errand {
	e := &errand{done: make(chan struct{})}
	go p.run(e, call, reportLocked)
	return e
}

func (p *core[T]) run(e *errand, call func() error, reportLocked func(now policy.Instant, ok bool, err error) ledger.Answer) {
	returned := false
	defer func() {
		now := p.lockAt(p.clock.read())
		a := reportLocked(now, returned && e.err == nil, e.err)
		e.finished = true
		left := e.callerGone
		work := p.unlock()
		if !left {
			e.answer = a
			if !returned {
				e.end.note(recover())
			}
		}
		close(e.done)
		p.performAsync(work)
		if left && returned {
			p.finish(a, ledger.Work{})
		}
	}()
	e.err = call()
	returned = true
}

// grace bounds how long an acquirer waits for a call that it need not wait for: a
// close in a pool without a limit, or an opening after its context has ended. A quick call
// has returned by then, so what the user sees next does not depend on chance.
const grace = 10 * time.Millisecond

// await waits for an errand, but not after done is closed. It reports whether the
// caller has left: then others get the outcome of the errand.
func (p *core[T]) await(done <-chan struct{}, h ledger.Handle, e *errand) (left bool) {
	if isClosed(done) {
		p.linger(e.done)
	}
	select {
	case <-e.done:
	case <-done:
		if p.leave(h, e) {
			return true
		}
		<-e.done
	}
	e.end.pass()
	return false
}

// linger waits until over is closed, but no longer than grace. In virtual time it
// does not wait: there a quick call takes no time at all, and tests would see the
// grace.
func (p *core[T]) linger(over <-chan struct{}) {
	if p.clock.virtual() {
		return
	}
	late := make(chan struct{})
	defer after(grace, func() { close(late) }).Stop()
	select {
	case <-over:
	case <-late:
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// leave reports whether the caller could leave before the errand was over.
func (p *core[T]) leave(h ledger.Handle, e *errand) bool {
	now := p.lock()
	left := !e.finished
	if left {
		e.callerGone = true
		p.ledger.Abandon(now, h)
	}
	p.performAsync(p.unlock())
	return left
}

// ended returns the error of a context that has ended. Some contexts close Done and
// yet have no error.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Canceled
}

// doneOf returns ctx.Done() for an acquirer that goes on with a. A context is the
// user's code. If it panics, doneOf abandons a.
func (p *core[T]) doneOf(ctx context.Context, a ledger.Answer) <-chan struct{} {
	if a.Do == ledger.Granted || a.Do == ledger.Refused {
		return nil
	}
	returned := false
	defer func() {
		if !returned {
			p.abandonAnswer(a)
		}
	}()
	done := ctx.Done()
	returned = true
	return done
}

// abandonAnswer settles the answer to an acquire whose caller has gone.
func (*core[T]) abandonAnswer(a ledger.Answer) {
	h := a.Handle
	p := coreOf[T](h) // not always the acquirer's: see close
	if a.Do == ledger.Open {
		p.notOpened(h)
	}
	now := p.lock()
	switch a.Do {
	case ledger.Open:
		a = p.openFailedLocked(now, h, nil)
	case ledger.Test:
		a = p.ledger.Abandon(now, h)
	case ledger.Close:
		p.ledger.Abandon(now, h)
	case ledger.Held:
		p.ledger.Withdraw()
	}
	p.performAsync(p.unlock())
	if a.Do == ledger.Close {
		go p.close(h)
	}
}
