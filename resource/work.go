package resource

import "github.com/respool/respool/resource/ledger"

// perform does the work of an event on this goroutine.
func (p *core[T]) perform(w ledger.Work) {
	p.wakeAndOpen(&w)
	if !w.Idle() {
		p.closeAll(&w)
	}
}

// delegate does the work of an event for a caller who must not be held up by
// closing what is others'.
func (p *core[T]) delegate(w ledger.Work) {
	if w.Idle() {
		return
	}
	p.wakeAndOpen(&w)
	if !w.Idle() {
		closes := w // a copy, since what a goroutine has goes to the heap
		go p.closeAll(&closes)
	}
}

func (p *core[T]) wakeAndOpen(w *ledger.Work) {
	for next := w.Wake(); next != nil; next = w.Wake() {
		next.Tag.(*waiter).ready <- struct{}{}
	}
	if h, ok := w.Open(); ok {
		p.startFill(h)
	}
}

// closeAll closes what is to be closed. If one close panics the others are done
// nevertheless, on the way out.
func (p *core[T]) closeAll(w *ledger.Work) {
	defer func() {
		if !w.Idle() {
			p.closeAll(w)
		}
	}()
	for h, ok := w.Close(); ok; h, ok = w.Close() {
		p.close(h)
	}
}

// close closes a resource and reports it, whether the user's function returns or
// not. The answer is for an acquirer that closes on its way.
func (p *core[T]) close(h ledger.Handle) (a ledger.Answer) {
	returned := false
	defer func() {
		now := p.lock()
		if !returned {
			p.ledger.Abandon(now, h)
		}
		a = p.ledger.Closed(now, h)
		p.delegate(p.unlock())
	}()
	if p.userClose != nil {
		if err := p.userClose(entryOf[T](h.Slot).val); err != nil {
			p.closeErrors.Add(1)
		}
	}
	returned = true
	return a
}
