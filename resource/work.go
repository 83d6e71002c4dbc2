package resource

import "github.com/respool/respool/resource/ledger"

// perform does the work of an event. It returns when all closes have returned.
func (p *core[T]) perform(w ledger.Work) {
	if p.wakeAndOpen(&w) {
		p.closeAll(w, true)
	}
}

// performAsync does the work of an event for a caller that must not be delayed by
// closes: they run on a new goroutine.
func (p *core[T]) performAsync(w ledger.Work) {
	if p.wakeAndOpen(&w) {
		go p.closeAll(w, false)
	}
}

// wakeAndOpen does the work that takes no time. It reports whether closes are left.
func (p *core[T]) wakeAndOpen(w *ledger.Work) (closes bool) {
	for next := w.NextWake(); next != nil; next = w.NextWake() {
		wake(next)
	}
	if h, ok := w.NextOpen(); ok {
		p.startFill(h)
	}
	for h, due, ok := w.NextTest(); ok; h, due, ok = w.NextTest() {
		go p.testIdle(h, due)
	}
	return !w.Empty()
}
