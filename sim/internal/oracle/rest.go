package oracle

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// NextStep returns the next move if nothing goes wrong any more, and false if every client
// waits for the pool.
func (w *Witness) NextStep() (Move, bool) {
	m := Move{At: w.now, Verdict: ledger.Passed}
	if w.lane != nil {
		m.Verb = story.Leave
		return m, true
	}
	for _, c := range w.clientList {
		if c.Doing == ledger.Done {
			continue // it may only use a handle that it has given up
		}
		if next := c.Reports(); len(next) > 0 {
			m.Client, m.Verb = c.name, next[0]
			return m, true
		}
	}
	for _, p := range w.slots {
		if p.unattended() {
			m.Verb = story.Reports(p.state, false)[0]
			return m, true
		}
	}
	return m, false
}

// WhyNotIdle returns why a pool without clients is not at rest: a client waits, a slot that
// is not idle is left, or fewer are idle than should be. It is empty for a pool at rest.
func (w *Witness) WhyNotIdle() string {
	if len(w.queue) > 0 {
		c := w.queue[0]
		return fmt.Sprintf("%s still waits, since %v, and next is %v; %d of %d places are taken: %s",
			c.name, c.since, w.next, w.active(), w.maxActive, list(w.slots))
	}
	for _, c := range w.clientList {
		if c.asking {
			return fmt.Sprintf("the acquire of %s has no outcome, since %v: it was answered %v", c.name, c.since, c.Doing)
		}
	}
	for _, p := range w.slots {
		switch {
		case w.shut:
			return fmt.Sprintf("the pool is shut, and left is %v, opened at %v", p, p.opened)
		case p.state == ledger.Idle || p.state == ledger.Testing && p.client == nil: // it is tested in the background
		case w.replaces() && (p.state == ledger.Opening || p.state == ledger.Closing):
		default:
			return fmt.Sprintf("left is %v, and nobody has anything to do about it", p)
		}
	}
	// A resource that a soft idle limit would close at once is not missing.
	if w.wantsIdle() && (w.pool.Keep == 0 || len(w.idle) < w.pool.Keep) {
		return fmt.Sprintf("%d are idle and %d should be; next is %v", len(w.idle), w.minIdle(), w.next)
	}
	return ""
}

// replaces reports whether the pool replaces idle resources for as long as it is open, so
// that a slot may be opening or closing at any time.
func (w *Witness) replaces() bool {
	return w.minIdle() > 0 && (w.pool.MaxAge > 0 || w.pool.IdleTimeout > 0)
}
