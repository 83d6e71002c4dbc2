package oracle

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// ownerOracle: a resource has one user at a time, who alone has a handle that works (I8),
// and no client gets a resource that should be closed.
func ownerOracle() oracle {
	return oracle{name: "owner", effect: func(w *Witness, f *story.Effect) string {
		if f.Kind == story.Answered {
			if detail := staleAnswer(w, f); detail != "" {
				return detail
			}
		}
		if !givesSlot(f) {
			return ""
		}
		if why := unlendable(w, f); why != "" {
			return fmt.Sprintf("%s gets slot %d.%d, but %s", f.Client, f.Slot, f.Gen, why)
		}
		return ""
	}}
}

func unlendable(w *Witness, f *story.Effect) string {
	p := w.byID[f.Slot]
	fresh := false // the slot has just been opened for this client
	if p != nil && p.client != nil {
		fresh = p.state == ledger.Opening && p.client.name == f.Client && p.open
	}
	switch {
	case p == nil && f.Slot <= w.last:
		return "the slot is gone"
	case p == nil:
		return "no client was to open it"
	case fresh || w.lends(p):
		return ""
	case !p.open:
		return "it is not open yet"
	case p.client != nil && p.client.name != f.Client || p.state == ledger.Leased || p.state == ledger.Closing:
		return fmt.Sprintf("%v is not free", p)
	case p.tainted != "":
		return p.tainted
	case p.retired:
		return "it was retired"
	case p.epoch < w.resets:
		return "it began to be opened before the last reset"
	case p.gen == f.Gen:
		return "that handle was given up before"
	}
	return ""
}

// staleAnswer checks that the end of a lease is stale if and only if the lease had ended
// before.
func staleAnswer(w *Witness, f *story.Effect) string {
	switch w.event.Verb {
	case story.Release, story.Discard, story.Detach:
		switch {
		case w.stale && f.Do != ledger.Stale:
			return fmt.Sprintf("%v ends a lease that had ended before: -> %v", w.event, f.Do)
		case !w.stale && f.Do == ledger.Stale:
			return fmt.Sprintf("%v is stale, but the lease had not ended", w.event)
		}
	}
	return ""
}

// orderOracle: of the idle resources the pool lends the one that came back last, or the
// one that has been idle longest, by the pool's order. Resources past a limit do not
// count.
func orderOracle() oracle {
	return oracle{name: "order", effect: func(w *Witness, f *story.Effect) string {
		p := w.byID[f.Slot]
		if !givesSlot(f) || p == nil || p.state != ledger.Idle || p == w.came {
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
			if w.pastLimit(q) == "" && !w.mayBeOld(q) {
				return fmt.Sprintf("slot %d, idle since %v, is lent to %s; in turn was slot %d, idle since %v",
					p.id, p.idled, f.Client, q.id, q.idled)
			}
		}
		return ""
	}}
}

// testOracle: a resource that is lent again is tested with exactly the tests that are due.
func testOracle() oracle {
	return oracle{name: "test", effect: func(w *Witness, f *story.Effect) string {
		p := w.byID[f.Slot]
		if !givesSlot(f) || p == nil || p.state != ledger.Idle && !w.lends(p) {
			return ""
		}
		if w.testedInBackground() {
			return "" // that was the test
		}
		if due := w.testsDue(p); due != f.Due || (f.Do == ledger.Test) != (due != 0) {
			return fmt.Sprintf("slot %d is lent to %s with tests %b, due are %b: returned at %v, tested at %v",
				p.id, f.Client, f.Due, due, p.returned, p.tested)
		}
		return ""
	}}
}

func (w *Witness) testsDue(p *slot) (due uint64) {
	for i, t := range w.pool.Tests {
		from := policy.Instant(0)
		switch {
		case t.IfIdleFor > 0:
			from = p.returned.Add(t.IfIdleFor)
		case t.AtMostEvery > 0:
			from = p.tested[i].Add(t.AtMostEvery)
		}
		if w.now >= from {
			due |= 1 << i
		}
	}
	return due
}

// ageOracle: nothing past its age, idle limit or number of uses is lent (I10).
// It computes the limits from the pool's numbers, not from the ledger's deadlines.
func ageOracle() oracle {
	return oracle{name: "age", effect: func(w *Witness, f *story.Effect) string {
		p := w.byID[f.Slot]
		if !givesSlot(f) || p == nil || p.state == ledger.Opening {
			return ""
		}
		if why := w.pastLimit(p); why != "" {
			return fmt.Sprintf("slot %d is lent to %s, but %s", p.id, f.Client, why)
		}
		return ""
	}}
}

// pastLimit returns which limit a slot is certainly past.
func (w *Witness) pastLimit(p *slot) string {
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

// mayBeOld reports whether a slot may be past its lifetime. With jitter only the pool
// knows the lifetime.
func (w *Witness) mayBeOld(p *slot) bool {
	return w.pool.MaxAge > 0 && w.now.Sub(p.opened) >= w.pool.MaxAge-w.pool.Jitter
}

// hardIdle is the time after which an idle resource is not lent any more, or zero.
func (w *Witness) hardIdle() time.Duration {
	if w.pool.Keep > 0 {
		return 0
	}
	return w.pool.IdleTimeout
}
