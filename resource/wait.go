package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// waiter is a goroutine in line. It is woken once by whoever settles its answer.
type waiter struct {
	ledger.Waiter
	ready chan struct{}
}

func newWaiter() *waiter {
	w := &waiter{ready: make(chan struct{}, 1)}
	w.Tag = w
	return w
}

// wait sleeps until the waiter has its answer or the context ends.
func (p *Pool[T]) wait(ctx context.Context, w *waiter) (ledger.Answer, error) {
	begin := p.clock.read()
	if done := ctx.Done(); done == nil {
		<-w.ready
	} else {
		select {
		case <-w.ready:
		case <-done:
			return p.cancel(ctx, w, begin)
		}
	}
	p.waited(begin)
	a := w.Answer()
	p.waiters.Put(w)
	return a, nil
}

// cancel leaves the line. What the waiter was given in the meantime is passed on
// by the ledger; if it was refused, that is the outcome.
func (p *Pool[T]) cancel(ctx context.Context, w *waiter, begin policy.Instant) (ledger.Answer, error) {
	now := p.lock()
	a := p.ledger.Cancel(now, &w.Waiter)
	work := p.unlock()
	p.waited(begin)
	if w.Answer().Do != ledger.Wait {
		<-w.ready // the wake is on its way, and must not meet the next user of w
	}
	p.waiters.Put(w)
	if !work.Idle() {
		p.delegate(work)
	}
	switch a.Do {
	case ledger.Refused:
		return a, nil
	case ledger.Close:
		go p.close(a.Handle) // the caller's time is up: it waits for no close
	}
	return a, ctx.Err()
}

// waited counts a wait that has ended, in whatever way.
func (p *Pool[T]) waited(begin policy.Instant) {
	p.waits.Add(1)
	p.waitTime.Add(int64(p.clock.read() - begin))
}
