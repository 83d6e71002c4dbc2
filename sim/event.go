package sim

import "github.com/respool/respool/resource/ledger"

// Event is something that was said to the ledger, and what it answered.
type Event struct {
	Name    string // the ledger's method, as stories write it
	At      Instant
	Request *request // nil for what nobody waits for
	Handle  ledger.Handle
	Verdict ledger.Verdict
	Waits   bool // acquire: the request would wait
	Answer  ledger.Answer
}

// seen counts an event, and shows it to whoever watches. It comes before the
// event's work is taken.
func (e *engine) seen(ev Event) {
	e.events++
	if e.watch != nil && e.err == nil {
		ev.At = e.now
		e.err = e.watch(ev)
	}
}
