package oracle

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// laneState is the slot in the lane. Like the ledger, the witness counts it as leased.
type laneState struct {
	slot   *slot
	gen    int
	until  policy.Instant
	holder *client // nil: it is idle
}

// enters notes what the lane takes.
func (w *Witness) enters(f *story.Effect) {
	p := w.byID[f.Slot]
	w.setState(p, ledger.Leased)
	w.lane = &laneState{slot: p, gen: f.Gen, until: f.Until}
}

// turned notes that a client takes the slot in the lane, or gives it back there. Its handle
// stays good until the slot leaves the lane, since the next holder has the same one.
func (w *Witness) turned(c *client) {
	if w.lane.holder != c {
		w.counts.acquires++
		c.asking, c.since = true, w.now
		return
	}
	p := w.lane.slot
	w.lane.holder, p.client = nil, nil
	p.returned, p.idled, p.checked = w.now, w.now, w.now
	c.Doing, c.Former = ledger.Done, false
}

// left notes that the lane is emptied.
func (w *Witness) left() {
	x := w.lane
	w.lane = nil
	if x.holder != nil {
		return
	}
	x.slot.gen = x.gen
	for _, c := range w.clientList {
		if c.slot == x.slot && c.gen == x.gen && c.Doing == ledger.Done {
			c.Former = true
		}
	}
	w.setState(x.slot, ledger.Idle)
}

// lends reports whether the present event lends a place from the lane.
func (w *Witness) lends(p *slot) bool {
	return w.event.Verb == story.Turn && w.lane != nil && w.lane.slot == p && w.lane.holder == nil
}
