package sim

import (
	"fmt"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// minIdleOracle: what nobody asked for is opened only for MinIdle, one at a time,
// and not within the pause that answers openings which came to nothing.
func minIdleOracle() oracle {
	return oracle{name: "min-idle", effect: func(w *witness, f *story.Effect) string {
		switch {
		case f.Kind != story.Opens:
		case !w.wants():
			return fmt.Sprintf("slot %d is opened for MinIdle: %d are idle, %d should be, %d of %d places are taken, %d wait",
				f.Slot, len(w.idle), w.minIdle(), w.active(), w.maxActive, len(w.line))
		case w.now < w.filling.at:
			return fmt.Sprintf("slot %d is opened for MinIdle, but %d openings have failed and %d were in vain, so none is due before %v",
				f.Slot, w.filling.failures, w.filling.vain, w.filling.at)
		}
		return ""
	}}
}

// minIdle is how many should be idle, as far as the limits leave room for them.
func (w *witness) minIdle() int { return min(w.pool.MinIdle, w.maxIdle, w.maxActive) }

// wants reports whether a resource should be opened for MinIdle.
func (w *witness) wants() bool {
	return len(w.idle) < w.minIdle() && w.lastFilled && w.room() && len(w.line) == 0
}

// filling is when a resource may be opened for MinIdle again, and how long the
// next pause will be.
type filling struct {
	failures int     // openings that have failed, in a row
	vain     int     // resources that were closed and never lent, in a row
	at       Instant // not before
}

// longestPause bounds the pause. What has lasted for so long was not opened in
// vain.
const longestPause = 10 * time.Second

func (f *filling) failed(now Instant) {
	f.failures++
	f.pause(now)
}

// useless is for what was closed and never lent. What comes within a pause does
// not make it longer.
func (f *filling) useless(now, opened Instant, why ledger.Reason) {
	switch why {
	case ledger.Discarded, ledger.WasReset, ledger.PoolShut:
		return
	}
	if now >= f.at && now.Sub(opened) < longestPause {
		f.vain++
		f.pause(now)
	}
}

// pause begins one of 0.1 s, 0.2 s, 0.4 s and so on.
func (f *filling) pause(now Instant) {
	length := 50 * time.Millisecond
	for range f.failures + f.vain {
		length = min(2*length, longestPause)
	}
	f.at = now.Add(length)
}

// used is for a lease of what was opened for MinIdle.
func (f *filling) used() {
	f.vain = 0
	if f.failures == 0 {
		f.at = 0
	}
}
