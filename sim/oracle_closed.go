package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// closedOracle: what is opened is closed exactly once, or detached (I9), and a
// slot is opened exactly once. That nothing is left over in the end is part of
// coming to rest.
func closedOracle() oracle {
	return oracle{
		name: "closed",
		effect: func(w *witness, f *story.Effect) string {
			p := w.places[f.Slot]
			switch {
			case f.Kind == story.Opens || f.Do == ledger.Open:
				if f.Slot != w.last+1 {
					return fmt.Sprintf("slot %d is to be opened, the next new one is %d", f.Slot, w.last+1)
				}
			case f.Kind != story.Closes && f.Do != ledger.Close:
			case p == nil:
				return fmt.Sprintf("slot %d is to be closed (%v), but is gone", f.Slot, f.Reason)
			case p.state == ledger.Closing:
				return fmt.Sprintf("%v is to be closed a second time (%v)", p, f.Reason)
			case p.state == ledger.Leased:
				return fmt.Sprintf("%v is to be closed (%v) while it is in use", p, f.Reason)
			case !p.open:
				return fmt.Sprintf("%v is to be closed (%v) before it is open", p, f.Reason)
			}
			return ""
		},
		after: func(w *witness) string {
			for _, p := range w.idle {
				switch {
				case p.spoilt != "":
					return fmt.Sprintf("slot %d is kept, though %s", p.id, p.spoilt)
				case p.epoch < w.resets:
					return fmt.Sprintf("slot %d is kept, though it began to be opened before the last reset", p.id)
				}
			}
			return ""
		},
	}
}
