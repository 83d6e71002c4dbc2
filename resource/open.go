package resource

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// opener is the part of Config that opens resources. It refers to the user's
// functions, which may refer to the pool: see Pool.
type opener[T any] struct {
	open     func(context.Context) (T, error)
	detached bool
	budget   time.Duration // of an opening that no caller waits for
}

// open opens a resource for an acquirer. done is the Done channel of its context.
func (p *Pool[T]) open(ctx context.Context, done <-chan struct{}, h ledger.Handle) (ledger.Answer, error) {
	if p.opener.detached && done != nil {
		return p.openDetached(ctx, done, h)
	}
	if a, err := p.callOpen(ctx, p.opener, h); err != nil {
		return a, err
	}
	return p.opened(h), nil
}

// callOpen calls the user's function. If that gives no resource, for whatever
// reason, the place is free again, and the answer is the ledger's.
func (p *core[T]) callOpen(ctx context.Context, o opener[T], h ledger.Handle) (a ledger.Answer, err error) {
	ok := false
	defer func() {
		if !ok {
			now := p.lockAt(p.clock.read())
			a = p.openFailedLocked(now, h, err)
			p.performAsync(p.unlock())
		}
	}()
	err = p.into(ctx, o, h)
	ok = err == nil
	return a, err
}

// into opens a resource in a slot.
func (o opener[T]) into(ctx context.Context, h ledger.Handle) error {
	e := entryOf[T](h.Slot)
	e.callBegins()
	v, err := o.open(ctx)
	if err != nil {
		return &OpenError{err}
	}
	e.val = v
	return nil
}

func (p *core[T]) opened(h ledger.Handle) ledger.Answer {
	now := p.lockAt(p.clock.read())
	a := p.openedLocked(now, h)
	p.performAsync(p.unlock())
	return a
}

// startFill begins to open a resource in advance, for MinIdle or ReplaceAhead. In a pool that the program has
// dropped nothing is opened any more.
func (p *core[T]) startFill(h ledger.Handle) {
	if owner := p.owner.Value(); owner != nil {
		go p.fill(owner.opener, h)
		return
	}
	p.notOpened(h)
	now := p.lock()
	p.openFailedLocked(now, h, nil)
	p.performAsync(p.unlock())
}

// fill opens a resource in advance: no caller waits for it. If the program drops the pool
// meanwhile, the context ends.
func (p *core[T]) fill(o opener[T], h ledger.Handle) {
	ctx := p.beforeOpen(context.WithValue(p.bgCtx, inAdvance{}, true), nil)
	if o.budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.budget)
		defer cancel()
	}
	if _, err := p.callOpen(ctx, o, h); err == nil {
		p.finish(p.opened(h), ledger.Work{})
	}
}

// openDetached opens a resource on its own goroutine. If the caller leaves, others
// get the resource.
func (p *Pool[T]) openDetached(ctx context.Context, done <-chan struct{}, h ledger.Handle) (ledger.Answer, error) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	if isClosed(done) { // the caller's time is up, so Open need not begin anything
		cancel(nil)
	}
	o, c := p.opener, p.core
	e := c.start(
		func() error {
			defer cancel(nil)
			return c.into(inner, o, h)
		},
		func(now policy.Instant, ok bool, err error) ledger.Answer {
			if ok {
				return c.openedLocked(now, h)
			}
			return c.openFailedLocked(now, h, err)
		},
	)
	if c.await(done, h, e) {
		c.boundOpen(inner, cancel, o.budget)
		return ledger.Answer{}, c.explainDuring("opening", ended(ctx))
	}
	return e.answer, e.err
}

// boundOpen bounds an opening that its caller has left: the context ends when the
// pool is closed, or after the budget.
func (p *core[T]) boundOpen(ctx context.Context, cancel context.CancelCauseFunc, budget time.Duration) {
	stop := context.AfterFunc(p.bgCtx, func() { cancel(ErrClosed) })
	var timer *time.Timer
	if budget > 0 {
		timer = after(budget, func() { cancel(context.DeadlineExceeded) })
	}
	context.AfterFunc(ctx, func() { // the opening is over, or should be
		stop()
		if timer != nil {
			timer.Stop()
		}
	})
}

// inAdvance is the key of a context's value.
type inAdvance struct{}

// InAdvance reports whether a call of Config.Open opens a resource in advance, for MinIdle or
// ReplaceAhead. The pool makes such a call on a goroutine of its own, and no acquirer waits for it.
// ctx is the context that Open was called with. Such an Open has time to find out whether the resource
// is good.
func InAdvance(ctx context.Context) bool { return ctx.Value(inAdvance{}) != nil }
