package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger/story"
)

// minIdleOracle: what nobody asked for is opened only for MinIdle, and one at a
// time.
func minIdleOracle() oracle {
	return oracle{name: "min-idle", effect: func(w *witness, f *story.Effect) string {
		if f.Kind != story.Opens || w.wants() {
			return ""
		}
		return fmt.Sprintf("slot %d is opened for MinIdle: %d are idle, %d should be, %d of %d places are taken, %d wait",
			f.Slot, len(w.idle), w.minIdle(), w.active(), w.maxActive, len(w.line))
	}}
}

// minIdle is how many should be idle, as far as the limits leave room for them.
func (w *witness) minIdle() int { return min(w.pool.MinIdle, w.maxIdle, w.maxActive) }

// wants reports whether a resource should be opened for MinIdle.
func (w *witness) wants() bool {
	return len(w.idle) < w.minIdle() && w.lastFilled && w.room() && len(w.line) == 0
}
