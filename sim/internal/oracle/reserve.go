package oracle

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// reserveOracle: an acquire in the background gets nothing while a client waits, and leaves
// the reserved places (I17).
func reserveOracle() oracle {
	return oracle{
		name: "reserve",
		effect: func(w *Witness, f *story.Effect) string {
			if w.event.Verb != story.Background || f.Kind != story.Answered || f.Do == ledger.Refused || len(w.queue) == 0 {
				return ""
			}
			return fmt.Sprintf("%s acquires in the background and is answered %v, and %s waits", f.Client, f.Do, w.queue[0].name)
		},
		after: func(w *Witness) string {
			c := w.clients[w.event.What.Client]
			if w.event.Verb != story.Background || c.Doing == ledger.Done {
				return ""
			}
			if left := w.maxActive - w.inUse(); left < w.pool.Reserve {
				return fmt.Sprintf("%s acquires in the background, and leaves %d places, %d are reserved", c.name, left, w.pool.Reserve)
			}
			return ""
		},
	}
}

// inUse returns how many places are neither free nor idle.
func (w *Witness) inUse() int { return w.active() - len(w.idle) - w.underTest() }

// staleIdle returns how many idle slots may be past a limit. The acquire may have them
// closed, and then they are in use.
func (w *Witness) staleIdle() (n int) {
	for _, p := range w.idle {
		if w.pastLimit(p) != "" || w.mayBeOld(p) {
			n++
		}
	}
	return n
}

// mayBeReserved returns why an acquire must not be refused for the reserve.
func (w *Witness) mayBeReserved() string {
	switch {
	case w.event.Verb != story.Background:
		return "it is not in the background"
	case len(w.queue) == 0 && w.inUse()+w.staleIdle() < w.maxActive-w.pool.Reserve:
		return fmt.Sprintf("nobody waits, %d of %d places are in use, and %d are reserved", w.inUse(), w.maxActive, w.pool.Reserve)
	}
	return ""
}
