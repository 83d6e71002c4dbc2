package oracle

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// reasonOracle: the reason for which a resource is closed is true. Of several resources
// that could be closed for it, those that have been idle longest are.
func reasonOracle() oracle {
	return oracle{
		name: "reason",
		effect: func(w *Witness, f *story.Effect) string {
			p := w.byID[f.Slot]
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

// untrue returns why a reason is not true. Limits on the number of idle resources are
// checked when the event is over.
func untrue(w *Witness, p *slot, why ledger.Reason) string {
	switch why {
	case ledger.IdleTooLong:
		if w.pool.IdleTimeout == 0 || w.now.Sub(p.idled) <= w.pool.IdleTimeout {
			return fmt.Sprintf("it is idle since %v, the limit is %v", p.idled, w.pool.IdleTimeout)
		}
	case ledger.TooOld:
		if !w.mayBeOld(p) && !w.isReplaced(p) {
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
	case ledger.Retired:
		if !p.retired {
			return "nobody has retired it"
		}
	case ledger.FailedTest, ledger.Discarded:
		if p.tainted == "" {
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

// longestFirst checks the idle resources that were closed because there were too many. No
// more than necessary were closed, and they were the ones that had been idle longest.
func longestFirst(w *Witness) string {
	n := len(w.evicted)
	idle := len(w.idle) + w.begunTests() + n // before any of them was closed
	for _, p := range w.evicted {
		soft := p.why == ledger.IdleTooLong && w.pool.Keep > 0
		switch {
		case !soft && p.why != ledger.Surplus:
			continue
		case soft && idle <= w.pool.Keep:
			return fmt.Sprintf("slot %d is closed (%v), but only %d were idle and %d are to stay", p.id, p.why, idle, w.pool.Keep)
		case !soft && idle <= w.maxIdle && w.active()-w.count(ledger.Closing)+n <= w.maxActive:
			return fmt.Sprintf("slot %d is closed (%v), but %d were idle of %d, and %d active of %d", p.id, p.why,
				idle, w.maxIdle, w.active()-w.count(ledger.Closing)+n, w.maxActive)
		}
		if i := slices.IndexFunc(w.idle, func(q *slot) bool { return q.turns < p.turns }); i >= 0 {
			return fmt.Sprintf("slot %d, idle since %v, is closed (%v), and slot %d stays, idle since %v",
				p.id, p.idled, p.why, w.idle[i].id, w.idle[i].idled)
		}
	}
	return ""
}

// closedOracle: every opened resource is closed exactly once, or detached (I9), and every
// slot is opened exactly once. WhyNotIdle checks that nothing is left over in the end.
func closedOracle() oracle {
	return oracle{
		name: "closed",
		effect: func(w *Witness, f *story.Effect) string {
			p := w.byID[f.Slot]
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
		after: func(w *Witness) string {
			for _, p := range w.mayBeUnfit() {
				switch {
				case p.tainted != "":
					return fmt.Sprintf("slot %d is kept, though %s", p.id, p.tainted)
				case p.retired:
					return fmt.Sprintf("slot %d is kept, though it was retired", p.id)
				case p.epoch < w.resets:
					return fmt.Sprintf("slot %d is kept, though it began to be opened before the last reset", p.id)
				}
			}
			return ""
		},
	}
}

// mayBeUnfit returns the idle slots that the present event may have made unfit. Most
// events can do that only to the slot that comes back in them.
func (w *Witness) mayBeUnfit() []*slot {
	switch w.event.Verb {
	case story.Acquire, story.Try, story.Background, story.Release, story.Discard, story.Opened, story.Closed:
		i := len(w.idle) - 1 // what comes back is the last
		if i >= 0 && w.idle[i] == w.came {
			return w.idle[i:]
		}
		return nil
	}
	return w.idle
}

// errandOracle: an acquirer waits for a close only if it needs the capacity. If there is
// room, or another idle resource is good, others close, however long that takes. Under a
// limit an acquirer first closes the resource that has failed its test, so that no
// acquirer occupies more than one slot.
func errandOracle() oracle {
	return oracle{name: "errand", effect: func(w *Witness, f *story.Effect) string {
		c := w.clients[f.Client]
		if f.Kind != story.Answered || f.Do != ledger.Close || c == nil || !c.asking || w.shut {
			return ""
		}
		if w.event.Verb == story.Tested && w.maxActive != ledger.NoLimit {
			return ""
		}
		if w.mayOpen() {
			return fmt.Sprintf("%s has to close slot %d before it goes on, and %d of %d places are taken", c.name, f.Slot, w.active(), w.maxActive)
		}
		another := slices.IndexFunc(w.idle, func(p *slot) bool { return w.pastLimit(p) == "" && !w.mayBeOld(p) })
		if another >= 0 && (asks(w.event.Verb) || w.event.Verdict == ledger.Failed) {
			return fmt.Sprintf("%s has to close slot %d before it goes on, and %v is good", c.name, f.Slot, w.idle[another])
		}
		return ""
	}}
}

// shutOracle: after Shut nothing is lent, opened or kept, and there is no deadline (I6).
func shutOracle() oracle {
	return oracle{
		name: "shut",
		effect: func(w *Witness, f *story.Effect) string {
			if w.shut && (givesSlot(f) || f.Do == ledger.Open || f.Kind == story.Opens) {
				return fmt.Sprintf("the pool is shut, and %v gives out slot %d: %v", w.event, f.Slot, f)
			}
			return ""
		},
		after: func(w *Witness) string {
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
