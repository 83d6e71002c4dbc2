package sim

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// reasonOracle: what is closed is closed for a reason, and the reason is true.
// Of several that could go for it those go that have been idle longest.
func reasonOracle() oracle {
	return oracle{
		name: "reason",
		effect: func(w *witness, f *story.Effect) string {
			p := w.places[f.Slot]
			if p == nil || f.Kind != story.Closes && f.Do != ledger.Close {
				return ""
			}
			if why := untrue(w, p, f.Reason); why != "" {
				return fmt.Sprintf("slot %d is closed (%v), but %s", p.id, f.Reason, why)
			}
			return ""
		},
		after: longestFirst,
	}
}

// untrue says why a reason is none. Limits on how many are idle are looked at
// when the event is over.
func untrue(w *witness, p *place, why ledger.Reason) string {
	switch why {
	case ledger.IdleTooLong:
		if w.pool.IdleTimeout == 0 || w.now.Sub(p.idled) <= w.pool.IdleTimeout {
			return fmt.Sprintf("it is idle since %v, the limit is %v", p.idled, w.pool.IdleTimeout)
		}
	case ledger.TooOld:
		if !w.mayBeOld(p) {
			return fmt.Sprintf("it was opened at %v, the limit is %v", p.opened, w.pool.MaxAge)
		}
	case ledger.WornOut:
		if w.pool.MaxUses == 0 || p.uses < w.pool.MaxUses {
			return fmt.Sprintf("it has been lent %d times, the limit is %d", p.uses, w.pool.MaxUses)
		}
	case ledger.WasReset:
		if p.epoch == w.resets {
			return "there was no reset since it began to be opened"
		}
	case ledger.FailedTest, ledger.Discarded:
		if p.spoilt == "" {
			return "nobody has said so"
		}
	case ledger.PoolShut:
		if !w.shut {
			return "the pool is not shut"
		}
	case ledger.Surplus:
		if p == w.came && w.maxIdle > 0 && w.active()-w.count(ledger.Closing) <= w.maxActive {
			return "it has just come back, and another has been idle longer"
		}
	default:
		return "that is no reason"
	}
	return ""
}

// longestFirst is about those that were idle and had to go since there were too
// many: not more than had to, and none that has been idle for less time than one
// that stays.
func longestFirst(w *witness) string {
	n := len(w.evicted)
	for _, p := range w.evicted {
		soft := p.why == ledger.IdleTooLong && w.pool.Keep > 0
		switch {
		case !soft && p.why != ledger.Surplus:
			continue
		case soft && len(w.idle)+n <= w.pool.Keep:
			return fmt.Sprintf("slot %d is closed (%v), but only %d were idle and %d are to stay", p.id, p.why, len(w.idle)+n, w.pool.Keep)
		case !soft && len(w.idle)+n <= w.maxIdle && w.active()-w.count(ledger.Closing)+n <= w.maxActive:
			return fmt.Sprintf("slot %d is closed (%v), but %d were idle of %d, and %d active of %d", p.id, p.why,
				len(w.idle)+n, w.maxIdle, w.active()-w.count(ledger.Closing)+n, w.maxActive)
		}
		if i := slices.IndexFunc(w.idle, func(q *place) bool { return q.turns < p.turns }); i >= 0 {
			return fmt.Sprintf("slot %d, idle since %v, is closed (%v), and slot %d stays, idle since %v",
				p.id, p.idled, p.why, w.idle[i].id, w.idle[i].idled)
		}
	}
	return ""
}
