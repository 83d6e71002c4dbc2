package resource

import (
	"context"
	"runtime"

	"github.com/respool/respool/resource/ledger"
)

// open opens a resource for an acquirer.
func (p *Pool[T]) open(ctx context.Context, h ledger.Handle) (ledger.Answer, error) {
	if p.cfg.OpenDetached && ctx.Done() != nil {
		return p.openDetached(ctx, h)
	}
	if err := p.callOpen(ctx, h); err != nil {
		return ledger.Answer{}, err
	}
	return p.opened(h), nil
}

// callOpen calls the user's function. If there is no resource afterwards, for
// whatever reason, the place is free again.
func (p *Pool[T]) callOpen(ctx context.Context, h ledger.Handle) error {
	ok := false
	defer func() {
		if !ok {
			now := p.lock()
			p.ledger.OpenFailed(now, h)
			p.delegate(p.unlock())
		}
	}()
	v, err := p.cfg.Open(ctx)
	if err != nil {
		return &OpenError{err}
	}
	entryOf[T](h.Slot).val = v
	ok = true
	return nil
}

func (p *Pool[T]) opened(h ledger.Handle) ledger.Answer {
	now := p.lock()
	a := p.ledger.Opened(now, h)
	p.delegate(p.unlock())
	return a
}

// fill opens a resource that nobody waits for.
func (p *Pool[T]) fill(h ledger.Handle) {
	if p.callOpen(context.WithValue(p.alive, inAdvance{}, true), h) == nil {
		p.finish(p.opened(h), ledger.Work{})
	}
}

// detached is an opening on a goroutine of its own, and its caller.
type detached struct {
	done chan struct{} // closed when the fields below are settled

	answer   ledger.Answer
	err      error
	panicked any
	exited   bool // by runtime.Goexit

	left bool // the caller has; guarded by the pool's mu
	over bool // the opening is; guarded by the pool's mu
}

// openDetached waits for an opening that cannot be interrupted, or leaves it to
// others.
func (p *Pool[T]) openDetached(ctx context.Context, h ledger.Handle) (ledger.Answer, error) {
	d := &detached{done: make(chan struct{})}
	go p.runDetached(context.WithoutCancel(ctx), h, d)
	select {
	case <-d.done:
	case <-ctx.Done():
		if p.leaveDetached(h, d) {
			return ledger.Answer{}, ctx.Err()
		}
		<-d.done
	}
	if d.panicked != nil {
		panic(d.panicked)
	}
	if d.exited {
		runtime.Goexit()
	}
	return d.answer, d.err
}

// leaveDetached reports whether the caller could leave before the opening was
// over.
func (p *Pool[T]) leaveDetached(h ledger.Handle, d *detached) bool {
	now := p.lock()
	if d.over {
		p.mu.Unlock()
		return false
	}
	d.left = true
	p.ledger.Abandon(now, h)
	p.delegate(p.unlock())
	return true
}

func (p *Pool[T]) runDetached(ctx context.Context, h ledger.Handle, d *detached) {
	d.exited = true
	ok := false
	defer func() {
		if d.exited {
			d.panicked = recover()
		}
		now := p.lock()
		d.over = true
		if ok {
			d.answer = p.ledger.Opened(now, h)
		} else {
			p.ledger.OpenFailed(now, h)
		}
		left := d.left
		work := p.unlock()
		close(d.done)
		p.delegate(work)
		switch {
		case !left:
		case d.panicked != nil:
			panic(d.panicked)
		case ok:
			p.finish(d.answer, ledger.Work{})
		}
	}()
	v, err := p.cfg.Open(ctx)
	d.exited = false
	if err != nil {
		d.err = &OpenError{err}
		return
	}
	entryOf[T](h.Slot).val = v
	ok = true
}
