package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// testOracle: a resource that is lent again is tested if a test is due, with
// those that are, and only then.
func testOracle() oracle {
	return oracle{name: "test", effect: func(w *witness, f *story.Effect) string {
		p := w.places[f.Slot]
		if !hands(f) || p == nil || p.state != ledger.Idle && !w.lends(p) {
			return ""
		}
		if due := w.testsDue(p); due != f.Due || (f.Do == ledger.Test) != (due != 0) {
			return fmt.Sprintf("slot %d is lent to %s with tests %b, due are %b: returned at %v, tested at %v",
				p.id, f.Client, f.Due, due, p.returned, p.tested)
		}
		return ""
	}}
}

func (w *witness) testsDue(p *place) (due uint64) {
	for i, t := range w.pool.Tests {
		from := Instant(0)
		switch {
		case t.IfIdleFor > 0:
			from = p.returned.Add(t.IfIdleFor)
		case t.AtMostEvery > 0:
			from = p.tested[i].Add(t.AtMostEvery)
		}
		if w.now >= from {
			due |= 1 << i
		}
	}
	return due
}
