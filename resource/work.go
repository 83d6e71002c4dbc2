package resource

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// perform does the work of an event. It returns when all closes have returned.
func (p *core[T]) perform(w ledger.Work) {
	p.wakeAndOpen(&w)
	if !w.Empty() {
		p.closeAll(w, true)
	}
}

// performAsync does the work of an event for a caller who must not be held up by
// closing what is others'.
func (p *core[T]) performAsync(w ledger.Work) {
	if w.Empty() {
		return
	}
	p.wakeAndOpen(&w)
	if !w.Empty() {
		go p.closeAll(w, false)
	}
}

func (p *core[T]) wakeAndOpen(w *ledger.Work) {
	for next := w.NextWake(); next != nil; next = w.NextWake() {
		next.Tag.(*waiter).ready <- struct{}{}
	}
	if h, ok := w.NextOpen(); ok {
		p.startFill(h)
	}
}

// close closes a resource and reports it, whether the user's function returns or
// not. The answer is for an acquirer that closes on its way.
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
