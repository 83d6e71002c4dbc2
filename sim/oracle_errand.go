package sim

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// errandOracle: an acquirer closes only what it needs the place of. Where there is
// room, or where another idle resource will do, a close is left to others, and may
// take as long as it likes. What has failed its test is closed first where there is
// a limit, so that each acquirer takes one place at most.
func errandOracle() oracle {
	return oracle{name: "errand", effect: func(w *witness, f *story.Effect) string {
		c := w.clients[f.Client]
		if f.Kind != story.Answered || f.Do != ledger.Close || c == nil || !c.asking || w.shut {
			return ""
		}
		if w.event.Verb == story.Tested && w.maxActive != ledger.NoLimit {
			return ""
		}
		if w.room() {
			return fmt.Sprintf("%s has to close slot %d before it goes on, and %d of %d places are taken", c.name, f.Slot, w.active(), w.maxActive)
		}
		another := slices.IndexFunc(w.idle, func(p *place) bool { return w.past(p) == "" && !w.mayBeOld(p) })
		if another >= 0 && (asks(w.event.Verb) || w.event.Verdict == ledger.Failed) {
			return fmt.Sprintf("%s has to close slot %d before it goes on, and %v is good", c.name, f.Slot, w.idle[another])
		}
		return ""
	}}
}
