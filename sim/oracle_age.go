package sim

import (
	"fmt"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// ageOracle: nothing past its age, idle limit or number of uses is lent (I10).
// It computes the limits from the pool's numbers, not from the ledger's deadlines.
func ageOracle() oracle {
	return oracle{name: "age", effect: func(w *witness, f *story.Effect) string {
		p := w.places[f.Slot]
		if !hands(f) || p == nil || p.state == ledger.Opening {
			return ""
		}
		if why := w.past(p); why != "" {
			return fmt.Sprintf("slot %d is lent to %s, but %s", p.id, f.Client, why)
		}
		return ""
	}}
}

// past says which limit a place is certainly beyond.
func (w *witness) past(p *place) string {
	age, idle := w.now.Sub(p.opened), w.now.Sub(p.idled)
	switch {
	case w.pool.MaxAge > 0 && age >= w.pool.MaxAge:
		return fmt.Sprintf("it is %v old, the limit is %v", age, w.pool.MaxAge)
	case w.hardIdle() > 0 && idle > w.hardIdle():
		return fmt.Sprintf("it has been idle for %v, the limit is %v", idle, w.pool.IdleTimeout)
	case w.pool.MaxUses > 0 && p.uses >= w.pool.MaxUses:
		return fmt.Sprintf("it has been lent %d times, the limit is %d", p.uses, w.pool.MaxUses)
	}
	return ""
}

// mayBeOld reports whether a place may be beyond its lifetime: with jitter only
// the pool knows.
func (w *witness) mayBeOld(p *place) bool {
	return w.pool.MaxAge > 0 && w.now.Sub(p.opened) >= w.pool.MaxAge-w.pool.Jitter
}

// hardIdle is the time after which an idle resource is not lent any more. Zero:
// there is none.
func (w *witness) hardIdle() time.Duration {
	if w.pool.Keep > 0 {
		return 0
	}
	return w.pool.IdleTimeout
}
