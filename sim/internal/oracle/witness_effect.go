package oracle

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// note notes an effect of the present event.
func (w *Witness) note(f *story.Effect) {
	w.noteRareEffect(f)
	switch f.Kind {
	case story.Opens:
		w.opensAhead(f)
	case story.Closes:
		w.closes(nil, f)
	case story.Enters:
		w.enters(f)
	case story.Tests:
		w.beginsTest(f)
	case story.Wakes:
		c := w.client(f.Client)
		served := f.Do != ledger.Refused
		if served {
			w.counts.toServe++
			w.wasServed(c)
		}
		w.leaves(c)
		w.load.overloaded = w.load.overloaded || f.Do == ledger.Refused && f.Why == ledger.Shed
		w.queueChanged(c, served)
		if served {
			w.servedBefore()
		}
		w.answered(c, f)
		c.Woken = true
	case story.Answered:
		c := w.client(f.Client)
		w.answered(c, f)
		if c != nil {
			c.Woken = false
		}
	}
}

func (w *Witness) answered(c *client, f *story.Effect) {
	if f.Do == ledger.Close {
		w.closes(c, f)
		return
	}
	if c == nil || f.Do == ledger.Stale {
		return
	}
	c.Doing = f.Do
	switch f.Do {
	case ledger.Granted:
		c.asking = false
		w.counts.granted++
		p := w.lent(c, f, ledger.Leased)
		p.uses++
		w.used = w.used || p.stock
		p.stock = false
		if w.event.Verb == story.Turn {
			w.lane.holder = c
		}
	case ledger.Test:
		w.lent(c, f, ledger.Testing).due = f.Due
	case ledger.Open:
		c.slot, c.gen, c.Former = w.addSlot(f.Slot, c), f.Gen, false
	case ledger.Wait:
		c.since, c.again, c.came = w.now, w.event.Verb == story.Rejoin, w.now
		w.joins(c, c.again)
		if c.again && c.deadline == 0 {
			c.deadline = w.now.Add(w.pool.WaitTimeout)
		}
		w.queueChanged(c, false)
	case ledger.Refused:
		if c.asking {
			w.counts.refused[f.Why]++
		}
		c.asking, c.Doing = false, ledger.Done
	}
}

func (w *Witness) lent(c *client, f *story.Effect, to ledger.State) *slot {
	p := w.byID[f.Slot]
	if p == nil {
		p = w.addSlot(f.Slot, c)
	}
	w.setState(p, to)
	p.client, c.slot, c.gen, c.Former, c.since = c, p, f.Gen, false, w.now
	return p
}

// closes notes that a slot is to be closed: by a client that acquires, or by the caller of
// the event.
func (w *Witness) closes(c *client, f *story.Effect) {
	p := w.byID[f.Slot]
	if p == nil {
		p = w.addSlot(f.Slot, nil)
	}
	if p.state == ledger.Idle && p != w.came {
		w.evicted = append(w.evicted, p)
	}
	if p.stock {
		w.refill.useless(w.now, p.opened, f.Reason)
	}
	if f.Reason == ledger.TooOld {
		w.closesAhead(p)
	}
	w.setState(p, ledger.Closing)
	p.client, p.why = nil, f.Reason
	if c == nil {
		return
	}
	if c.asking {
		p.client, c.slot, c.gen, c.Former, c.Doing = c, p, f.Gen, false, ledger.Close
	} else {
		c.Doing = ledger.Done
	}
}

func (w *Witness) leaves(c *client) {
	switch i := slices.Index(w.queue, c); {
	case i == 0:
		w.queue = w.queue[1:] // nothing moves, however many wait
	case i > 0:
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	w.classLeft()
}

// noteStay notes that the slot which came back has become idle, if no client got it, and
// that a resource opened for MinIdle was used. It comes after all effects, since an event
// decides on closes before it lends.
func (w *Witness) noteStay() {
	if w.used {
		w.refill.used()
	}
	if w.came != nil && w.came.state == ledger.Idle {
		w.came.idled = w.now
		if w.event.Verb == story.Leave {
			w.came.idled = w.came.returned
		}
		w.came.checked = max(w.came.checked, w.came.idled)
	}
}

// Look notes what the ledger shows of itself after an event. The error says which of
// its invariants is broken, if one is.
func (w *Witness) Look(l *ledger.Ledger, broken error) {
	w.next, w.stats, w.broken = l.NextDeadline(), l.Stats(), broken
}

// endEvent ends an event: what is above a lowered limit only shrinks.
func (w *Witness) endEvent() {
	w.mayActive = max(w.maxActive, min(w.mayActive, w.active()))
	w.mayIdle = max(w.maxIdle, min(w.mayIdle, len(w.idle)))
}
