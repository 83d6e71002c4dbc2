package oracle

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// hold is what the witness knows of openings that are held because one has failed.
type hold struct {
	failures int
	until    policy.Instant // no probe begins earlier
	probe    *slot          // under way
}

// failed notes that an opening has failed. An opening that was under way when the first
// one failed says nothing new.
func (h *hold) failed(w *Witness, p *slot) {
	b := w.pool.OpenBackoff
	if b == 0 || h.failures > 0 && h.probe != p {
		return
	}
	h.failures++
	h.until = w.now.Add(min(b/10*time.Duration(1<<min(h.failures-1, 20)), b))
}

// holds reports whether nothing may be opened now.
func (h *hold) holds(now policy.Instant) bool {
	return h.failures > 0 && (h.probe != nil || now < h.until)
}

// mayOpen reports whether there is room, and openings are not held.
func (w *Witness) mayOpen() bool { return w.room() && !w.hold.holds(w.now) }

// waitEnds returns the instant at which a client in the queue has waited too long, if the
// pool has a wait timeout.
func (w *Witness) waitEnds(c *client) policy.Instant {
	if c.again {
		return c.deadline
	}
	return c.since.Add(w.pool.WaitTimeout)
}

// holdOracle: while openings are held, only a probe is opened, and no probe before the pause
// is over (I11). A client gets this answer only if openings are held.
func holdOracle() oracle {
	return oracle{name: "hold", effect: func(w *Witness, f *story.Effect) string {
		h := &w.hold
		opens := f.Kind == story.Opens || f.Do == ledger.Open
		switch {
		case opens && h.holds(w.now) && h.probe != nil:
			return fmt.Sprintf("slot %d is opened, but openings have failed, and slot %d is the probe", f.Slot, h.probe.id)
		case opens && h.holds(w.now):
			return fmt.Sprintf("slot %d is opened, but openings have failed, and there is a pause until %v", f.Slot, h.until)
		case f.Do == ledger.Held && !h.holds(w.now) && (w.event.Verb != story.OpenFailed || h.failures == 0):
			return fmt.Sprintf("%v is answered held, but openings are not held", w.event)
		}
		return ""
	}, after: func(w *Witness) string {
		if w.event.Verb != story.OpenFailed || w.hold.failures == 0 {
			return ""
		}
		for _, c := range w.queue {
			if w.mayBeServed(c) == "" {
				return fmt.Sprintf("an open has failed and nothing can come back, but %s waits, and nothing bounds its wait", c.name)
			}
		}
		return ""
	}}
}
