package resource

import (
	"github.com/respool/respool/resource/ledger"
)

// perform does the work of an event. It returns when all closes have returned.
func (p *core[T]) perform(w ledger.Work) {
	p.wakeAndOpen(&w)
	if !w.Empty() {
		p.closeAll(w, true)
	}
}

// performAsync does the work of an event for a caller that must not be delayed by
// closes: they run on a new goroutine.
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
		wake(next)
	}
	if h, ok := w.NextOpen(); ok {
		p.startFill(h)
	}
	for h, due, ok := w.NextTest(); ok; h, due, ok = w.NextTest() {
		go p.testIdle(h, due)
	}
}
