package ledger_test

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// accounts is what an outside observer knows that sees events and effects, but
// neither ledger nor twin: which resources exist, who holds them, who came first.
// It knows nothing of policies.
type accounts struct {
	limit   int // NoLimit after a resize
	seen    int // slots that were given out; they are numbered from 1
	places  map[int]bool
	there   map[int]bool   // resources that exist
	doomed  map[int]bool   // of those, to be closed
	holder  map[int]string // of those, the client that has them leased
	line    []string
	last    map[string]story.Effect // the last effect with a slot, by client
	offered map[string]bool         // woken with a place to open, and nothing done since
}

func newAccounts(limit int) *accounts {
	return &accounts{limit: limit, places: map[int]bool{}, there: map[int]bool{}, doomed: map[int]bool{},
		holder: map[int]string{}, last: map[string]story.Effect{}, offered: map[string]bool{}}
}

// note records an event with its effects.
func (ac *accounts) note(e story.Event, effects []story.Effect) error {
	if len(effects) > 0 && effects[0].Do == ledger.Stale {
		return nil
	}
	slot := e.What.Slot
	if e.What.Client != "" {
		slot = ac.last[e.What.Client].Slot
	}
	if err := ac.noteEvent(e, slot); err != nil {
		return err
	}
	for _, effect := range effects {
		if err := ac.noteEffect(e, effect); err != nil {
			return fmt.Errorf("%v: %w", effect, err)
		}
	}
	if len(ac.places) > ac.limit {
		return fmt.Errorf("I2: %d places are taken, the limit is %d", len(ac.places), ac.limit)
	}
	return nil
}

func (ac *accounts) noteEvent(e story.Event, slot int) error {
	c := e.What.Client
	offered := ac.offered[c]
	delete(ac.offered, c)
	switch e.Verb {
	case story.Resize:
		ac.limit = ledger.NoLimit
	case story.Opened:
		if ac.there[slot] || !ac.places[slot] {
			return fmt.Errorf("I9: slot %d is opened twice, or without a place", slot)
		}
		ac.there[slot] = true
	case story.OpenFailed:
		delete(ac.places, slot)
	case story.Closed, story.CloseTimedOut:
		if !ac.doomed[slot] {
			return fmt.Errorf("I9: slot %d is closed, but was not to be", slot)
		}
		ac.end(slot)
	case story.Release, story.Discard, story.Detach:
		if holder, held := ac.holder[slot]; !held || holder != c && c != "" {
			return fmt.Errorf("I8: %v of slot %d, which %q holds, was no stale one", e, slot, holder)
		}
		delete(ac.holder, slot)
		if e.Verb == story.Detach {
			ac.end(slot)
		}
	case story.Cancel:
		if i := slices.Index(ac.line, c); i >= 0 {
			ac.line = slices.Delete(ac.line, i, i+1)
		} else if offered {
			delete(ac.places, slot)
		} else if ac.holder[slot] == c {
			delete(ac.holder, slot)
		}
	}
	return nil
}

func (ac *accounts) end(slot int) {
	delete(ac.places, slot)
	delete(ac.there, slot)
	delete(ac.doomed, slot)
}

func (ac *accounts) noteEffect(e story.Event, effect story.Effect) error {
	c, slot := effect.Client, effect.Slot
	if effect.Kind == story.Wakes {
		i := slices.Index(ac.line, c)
		if i < 0 || i > 0 && effect.Do != ledger.Refused {
			return fmt.Errorf("I4: waiters are %v", ac.line)
		}
		ac.line = slices.Delete(ac.line, i, i+1)
		ac.offered[c] = effect.Do == ledger.Open
	} else if effect.Kind == story.Answered && slot > 0 && len(ac.line) > 0 && (e.Verb == story.Acquire || e.Verb == story.Try) {
		return fmt.Errorf("I4: barges before %v", ac.line)
	}
	switch _, held := ac.holder[slot]; effect.Do {
	case ledger.Wait:
		if e.Verb == story.Rejoin {
			ac.line = slices.Insert(ac.line, 0, c)
		} else {
			ac.line = append(ac.line, c)
		}
	case ledger.Open:
		if ac.seen++; slot != ac.seen {
			return fmt.Errorf("I9: the next slot to open is %d", ac.seen)
		}
		ac.places[slot] = true
	case ledger.Granted, ledger.Test, ledger.Close:
		if !ac.there[slot] || ac.doomed[slot] || held {
			return fmt.Errorf("I9: exists: %t, to be closed: %t, held: %t", ac.there[slot], ac.doomed[slot], held)
		}
		if effect.Do == ledger.Granted {
			ac.holder[slot] = c
		}
		ac.doomed[slot] = effect.Do == ledger.Close
	}
	if c != "" && slot > 0 {
		ac.last[c] = effect
	}
	return nil
}

// empty reports what is left when everything should be over.
func (ac *accounts) empty() error {
	if len(ac.places) > 0 || len(ac.there) > 0 || len(ac.holder) > 0 || len(ac.line) > 0 {
		return fmt.Errorf("left are places %v, resources %v, leases %v, waiters %v", ac.places, ac.there, ac.holder, ac.line)
	}
	return nil
}
