package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// close closes a resource and reports the close to the ledger, even if the user's
// function panics. The answer is for an acquirer that needs the place of the
// resource.
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

// closedLocked reports a close to the ledger. If the close panicked, it also ends
// the acquire that the close was for.
func (p *core[T]) closedLocked(now policy.Instant, h ledger.Handle, returned bool) ledger.Answer {
	if !returned {
		p.ledger.Abandon(now, h)
	}
	return p.ledger.Closed(now, h)
}

// closeFor closes a resource for an acquirer. done is the Done channel of its
// context. If the caller leaves, the place goes to the first waiter when the close
// has returned.
func (p *core[T]) closeFor(ctx context.Context, done <-chan struct{}, h ledger.Handle) (ledger.Answer, error) {
	if isClosed(done) { // before the close begins, so that the outcome does not depend on chance
		p.abandonAnswer(ledger.Answer{Do: ledger.Close, Handle: h})
		return ledger.Answer{}, ended(ctx)
	}
	if done == nil {
		return p.close(h), nil
	}
	e := p.start(
		func() error { p.callClose(h); return nil },
		func(now policy.Instant, ok bool, _ error) ledger.Answer { return p.closedLocked(now, h, ok) },
	)
	if p.await(done, h, e) {
		return ledger.Answer{}, ended(ctx)
	}
	return e.answer, nil
}
