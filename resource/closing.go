package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// close closes a resource and reports the close, whether the user's function returns
// or not. The answer is for an acquirer that closes a resource on its way.
func (p *core[T]) close(h ledger.Handle) (a ledger.Answer) {
	returned := false
	defer func() {
		now := p.lock()
		a = p.closedLocked(now, h, returned)
		p.performAsync(p.unlock())
	}()
	p.callClose(h)
	returned = true
	return a
}

func (p *core[T]) callClose(h ledger.Handle) {
	if p.userClose == nil {
		return
	}
	if err := p.userClose(entryOf[T](h.Slot).val); err != nil {
		p.closeErrors.Add(1)
	}
}

// closedLocked reports a close. An acquirer whose close has panicked goes no
// further.
func (p *core[T]) closedLocked(now policy.Instant, h ledger.Handle, returned bool) ledger.Answer {
	if !returned {
		p.ledger.Abandon(now, h)
	}
	return p.ledger.Closed(now, h)
}

// closeFor closes a resource for an acquirer, whose context ends with done. A
// caller that leaves does not get the place: it goes to the first waiter when the
// close has returned.
func (p *core[T]) closeFor(ctx context.Context, done <-chan struct{}, h ledger.Handle) (ledger.Answer, error) {
	if isClosed(done) { // before the close begins, so that it is no matter of chance
		p.abandonAnswer(ledger.Answer{Do: ledger.Close, Handle: h})
		return ledger.Answer{}, ended(ctx)
	}
	if done == nil {
		return p.close(h), nil
	}
	e := p.start(
		func() error { p.callClose(h); return nil },
		func(now policy.Instant, ok bool) ledger.Answer { return p.closedLocked(now, h, ok) },
	)
	if p.await(done, h, e) {
		return ledger.Answer{}, ended(ctx)
	}
	return e.answer, nil
}
