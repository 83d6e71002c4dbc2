package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// orderOracle: of the idle resources the one that came back last is lent, or the
// one that has been idle longest, as the pool's order says. Those past a limit do
// not count.
func orderOracle() oracle {
	return oracle{name: "order", effect: func(w *witness, f *story.Effect) string {
		p := w.places[f.Slot]
		if !hands(f) || p == nil || p.state != ledger.Idle || p == w.came {
			return ""
		}
		for i := range w.idle {
			q := w.idle[i]
			if !w.pool.FIFO {
				q = w.idle[len(w.idle)-1-i]
			}
			if q == p {
				break
			}
			if w.past(q) == "" && !w.mayBeOld(q) {
				return fmt.Sprintf("slot %d, idle since %v, is lent to %s; in turn was slot %d, idle since %v",
					p.id, p.idled, f.Client, q.id, q.idled)
			}
		}
		return ""
	}}
}
