package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// shutOracle: after Shut nothing is lent, opened or kept, and nothing falls due
// (I6).
func shutOracle() oracle {
	return oracle{
		name: "shut",
		effect: func(w *witness, f *story.Effect) string {
			if w.shut && (hands(f) || f.Do == ledger.Open || f.Kind == story.Opens) {
				return fmt.Sprintf("the pool is shut, and %v gives out slot %d: %v", w.event, f.Slot, f)
			}
			return ""
		},
		after: func(w *witness) string {
			switch {
			case !w.shut:
			case len(w.idle) > 0:
				return fmt.Sprintf("the pool is shut, and kept is %s", list(w.idle))
			case w.next != ledger.Never:
				return fmt.Sprintf("the pool is shut, and next is %v", w.next)
			}
			return ""
		},
	}
}
