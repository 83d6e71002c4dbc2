package oracle

import (
	"fmt"
	"slices"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// replaceOracle: a resource is opened ahead of another's end only if that one was lent and
// is near its end, no client waits, no other opening in advance is under way, and no pause
// is on (I15). No more old ones go before their end than successors came.
func replaceOracle() oracle {
	return oracle{name: "replace", effect: func(w *Witness, f *story.Effect) string {
		if f.Kind != story.Opens || !w.replacesNow() {
			return ""
		}
		switch {
		case w.pool.ReplaceAhead == 0:
			return fmt.Sprintf("slot %d is opened to replace another, and none is to be replaced", f.Slot)
		case !w.lastFilled:
			return fmt.Sprintf("slot %d is opened to replace another, and another opening in advance is under way", f.Slot)
		case !w.room():
			return fmt.Sprintf("slot %d is opened to replace another, and %d of %d places are taken", f.Slot, w.active(), w.maxActive)
		case len(w.queue) > 0:
			return fmt.Sprintf("slot %d is opened to replace another, and %s waits", f.Slot, w.queue[0].name)
		case w.hold.probe != nil:
			return fmt.Sprintf("slot %d is opened to replace another, and slot %d is the probe", f.Slot, w.hold.probe.id)
		case w.now < w.refill.at:
			return fmt.Sprintf("slot %d is opened to replace another, and none is to be opened in advance before %v", f.Slot, w.refill.at)
		case w.event.Verb == story.Advance && !w.anyToReplace():
			return fmt.Sprintf("slot %d is opened to replace another, and no slot that was lent is near its end", f.Slot)
		}
		return ""
	}, after: func(w *Witness) string {
		p := w.slotOf(&w.event)
		if w.event.Verb == story.Opened && p != nil && p.replaces != nil {
			if p.replaces.state == ledger.Idle {
				return fmt.Sprintf("%v is kept, and its successor, slot %d, is open", p.replaces, p.id)
			}
			p.replaces.superseded = true
		}
		if q := w.keptBeside(); q != nil {
			return fmt.Sprintf("%v is idle, and its successor is open", q)
		}
		if q := w.placeMade(); q != nil && q.makes && w.pool.Jitter == 0 && !w.opensOne && w.mayOpenAhead() {
			return fmt.Sprintf("slot %d was closed to make place for its successor, and none is opened", q.id)
		}
		return ""
	}}
}

// keptBeside returns a slot that is idle although its successor is open, or nil.
func (w *Witness) keptBeside() *slot {
	if w.pool.ReplaceAhead == 0 {
		return nil
	}
	for _, p := range w.slots {
		if p.superseded && p.state == ledger.Idle {
			return p
		}
	}
	return nil
}

// mayOpenAhead reports whether a resource may be opened in advance now.
func (w *Witness) mayOpenAhead() bool {
	return w.mayOpen() && len(w.queue) == 0 && w.lastFilled && w.now >= w.refill.at
}

// replacesNow reports whether an opening that no client asked for, in the present event, is
// to replace a slot. Advance opens for MinIdle first.
func (w *Witness) replacesNow() bool {
	if w.event.Verb == story.Advance {
		return w.pool.ReplaceAhead > 0 && (!w.wantsIdle() || w.now < max(w.refill.at, w.hold.until))
	}
	p := w.placeMade()
	return p != nil && p.makes
}

// opensAhead notes that a resource is opened that no client asked for.
func (w *Witness) opensAhead(f *story.Effect) {
	heir := w.replacesNow()
	p := w.addSlot(f.Slot, nil)
	p.heir, p.fill = heir, !heir
	p.looked = w.event.Verb != story.Advance // the old one is gone already
	w.lastFilled, w.opensOne = false, true
	if heir && w.event.Verb == story.Advance {
		p.replaces = w.onlyToReplace()
	}
}

// placeMade returns the slot whose close has ended in the present event, or nil.
func (w *Witness) placeMade() *slot {
	if w.event.Verb == story.Closed || w.event.Verb == story.CloseTimedOut {
		return w.ended
	}
	return nil
}

// heirOpened notes that the successor of a slot is open.
func (w *Witness) heirOpened(p *slot) {
	w.lastFilled, w.refill.failures = true, 0
	if w.refill.vain == 0 {
		w.refill.at = 0
	}
	if !p.looked {
		w.successors++
	}
	p.looked = false
}

// replaceFrom returns the instant from which a slot may be replaced, at the earliest.
func (w *Witness) replaceFrom(p *slot) policy.Instant {
	age := w.pool.MaxAge - w.pool.Jitter
	return p.opened.Add(max(age/2, age-w.pool.ReplaceAhead))
}

// mayReplace reports whether a slot may be near its end, and was lent.
func (w *Witness) mayReplace(p *slot) bool {
	inUse := p.state == ledger.Idle || p.state == ledger.Leased || p.state == ledger.Testing
	worn := w.pool.MaxUses > 0 && p.uses >= w.pool.MaxUses
	return inUse && p.uses > 0 && !worn && w.now >= w.replaceFrom(p) && w.now < p.opened.Add(w.pool.MaxAge)
}

func (w *Witness) anyToReplace() bool { return slices.ContainsFunc(w.slots, w.mayReplace) }

// onlyToReplace returns the slot that may be replaced if there is one and no other, or nil.
func (w *Witness) onlyToReplace() *slot {
	i := slices.IndexFunc(w.slots, w.mayReplace)
	if i < 0 || slices.ContainsFunc(w.slots[i+1:], w.mayReplace) {
		return nil
	}
	return w.slots[i]
}

// isReplaced reports whether a slot may be closed ahead of its end: its successor is open,
// or it makes place for it.
func (w *Witness) isReplaced(p *slot) bool {
	if w.pool.ReplaceAhead == 0 || w.now < w.replaceFrom(p) || p.uses == 0 {
		return false
	}
	if w.event.Verb == story.Advance { // in its place
		return w.active() == w.maxActive && len(w.idle) > 1 && p.state == ledger.Idle && !w.makesPlace()
	}
	return w.successors > 0
}

// makesPlace reports whether a slot is certainly closed to make place for its successor.
func (w *Witness) makesPlace() bool {
	for _, p := range w.slots {
		if p.makes && p.state == ledger.Closing && w.pool.Jitter == 0 {
			return true
		}
	}
	return false
}

// closesAhead notes that a slot may be closed before its end, because of its successor.
func (w *Witness) closesAhead(p *slot) {
	switch {
	case !w.isReplaced(p):
	case w.event.Verb == story.Advance:
		p.makes = w.pastLimit(p) == ""
		w.reach(p.makes && !w.mayBeOld(p), replacedInPlace)
	case !w.mayBeOld(p):
		w.successors--
		w.reach(w.event.Verb == story.Opened, replacedIdle)
		w.reach(w.event.Verb == story.Release, replacedLeased)
	}
}

// looksToReplace notes at which slots the pool looks, to replace them.
func (w *Witness) looksToReplace() {
	if w.pool.ReplaceAhead == 0 || !w.lastFilled || w.now < max(w.refill.at, w.hold.until) {
		return
	}
	for _, p := range w.slots {
		p.looked = p.looked || p.open && w.now >= w.replaceFrom(p)
	}
}

// firstToReplace returns the slot whose time to be replaced comes first, of those that the
// pool has not looked at, or nil.
func (w *Witness) firstToReplace() (first *slot) {
	if w.pool.ReplaceAhead == 0 || w.pool.Jitter > 0 || !w.lastFilled {
		return nil
	}
	for _, p := range w.slots {
		if p.open && !p.looked && p.state != ledger.Closing && (first == nil || w.replaceFrom(p) < w.replaceFrom(first)) {
			first = p
		}
	}
	return first
}
