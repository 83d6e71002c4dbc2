package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// close closes a resource and reports the close to the ledger, even if the user's
// function panics. The answer is for an acquirer that needs the place of the
// resource.
//
// If p is one of a Keyed, the resource may be that of another key: an acquirer may
// need its place, and a release may exceed MaxIdle over all keys.
func (p *core[T]) close(h ledger.Handle) (a ledger.Answer) {
	p = coreOf[T](h)
	end := closePanicked
	defer func() {
		now := p.lock()
		a = p.closedLocked(now, h, end)
		p.unlockAfterClose()
	}()
	end, _ = p.callClose(h)
	return a
}

// closeEnd is how a call of Config.Close ended.
type closeEnd uint8

const (
	closePanicked closeEnd = iota // or called Goexit
	closeReturned
	closeTimedOut
)

// callClose calls Config.Close, and waits for it no longer than Config.CloseTimeout.
func (p *core[T]) callClose(h ledger.Handle) (closeEnd, error) {
	entryOf[T](h.Slot).callBegins()
	if p.watch != nil {
		return p.callCloseWatched(h)
	}
	return p.endResource(entryOf[T](h.Slot))
}

// endResource is callClose without an observer.
func (p *core[T]) endResource(e *entry[T]) (closeEnd, error) {
	switch {
	case p.userClose == nil:
		return closeReturned, nil
	case p.closeTimeout > 0:
		return p.closeBounded(e)
	}
	return closeReturned, p.closeValue(e)
}

func (p *core[T]) closeValue(e *entry[T]) error {
	err := p.userClose(e.val)
	if err != nil {
		p.closeErrors.Add(1)
		if p.member != nil {
			p.member.shared.closeErrors.Add(1)
		}
	}
	return err
}

// closedLocked reports a close to the ledger. If the close panicked, it also ends
// the acquire that the close was for.
func (p *core[T]) closedLocked(now policy.Instant, h ledger.Handle, end closeEnd) ledger.Answer {
	switch end {
	case closeTimedOut:
		return p.ledger.CloseTimedOut(now, h)
	case closePanicked:
		p.ledger.Abandon(now, h)
	}
	return p.ledger.Closed(now, h)
}

// closeFor closes a resource for an acquirer. done is the Done channel of its
// context. If the caller leaves, the place goes to the first waiter when the close
// has returned or timed out. failed is the error of the test after which the resource is
// closed, or nil.
func (*core[T]) closeFor(ctx context.Context, done <-chan struct{}, h ledger.Handle, failed error) (ledger.Answer, error) {
	p := coreOf[T](h)   // not always the acquirer's: see close
	if isClosed(done) { // before the close begins, so that the outcome does not depend on chance
		p.abandonAnswer(ledger.Answer{Do: ledger.Close, Handle: h})
		if failed != nil {
			return ledger.Answer{}, p.explainDuring("testing", ended(ctx))
		}
		return ledger.Answer{}, p.explainDuring("closing", ended(ctx))
	}
	if done == nil {
		return p.close(h), nil
	}
	end := closePanicked
	e := p.start(
		func() error { end, _ = p.callClose(h); return nil },
		func(now policy.Instant, _ bool, _ error) ledger.Answer { return p.closedLocked(now, h, end) },
	)
	if p.await(done, h, e) {
		return ledger.Answer{}, p.explainDuring("closing", ended(ctx))
	}
	return e.answer, nil
}
