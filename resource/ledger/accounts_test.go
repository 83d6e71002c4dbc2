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
	queue   []string
	first   []string // urgent ones in the queue
	urgent  map[string]bool
	row     int                     // urgent ones served since another one was, while others waited
	last    map[string]story.Effect // the last effect with a slot, by client
	offered map[string]bool         // woken with a place to open, and nothing done since
}

func newAccounts(limit int) *accounts {
	return &accounts{limit: limit, urgent: map[string]bool{}, places: map[int]bool{}, there: map[int]bool{}, doomed: map[int]bool{},
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
	case story.Acquire, story.Try, story.Background:
		ac.urgent[c] = e.Urgent
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
		if ac.leave(c) >= 0 {
			ac.endRow(e)
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
		if err := ac.noteWoken(e, effect); err != nil {
			return err
		}
		ac.offered[c] = effect.Do == ledger.Open
	} else if effect.Kind == story.Answered && slot > 0 && len(ac.queue)+len(ac.first) > 0 && (e.Verb == story.Acquire || e.Verb == story.Try) {
		return fmt.Errorf("I4: barges before %v", ac.queue)
	}
	switch _, held := ac.holder[slot]; effect.Do {
	case ledger.Wait:
		if queue := ac.queueOf(c); e.Verb == story.Rejoin {
			*queue = slices.Insert(*queue, 0, c)
		} else {
			*queue = append(*queue, c)
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

func (ac *accounts) queueOf(c string) *[]string {
	if ac.urgent[c] {
		return &ac.first
	}
	return &ac.queue
}

// leave takes a client out of its queue, and returns its place among those of its class.
func (ac *accounts) leave(c string) (place int) {
	queue := ac.queueOf(c)
	if place = slices.Index(*queue, c); place >= 0 {
		*queue = slices.Delete(*queue, place, place+1)
	}
	return place
}

// others reports whether anybody is in the queue beside the client of the event, which may have come
// with it.
func others(e story.Event, queue []string) bool {
	return slices.ContainsFunc(queue, func(c string) bool { return e.Verb != story.Acquire || c != e.What.Client })
}

// endRow forgets the row of urgent ones if nobody stands back.
func (ac *accounts) endRow(e story.Event) {
	if !others(e, ac.queue) {
		ac.row = 0
	}
}

func (ac *accounts) noteWoken(e story.Event, effect story.Effect) error {
	c := effect.Client
	defer ac.endRow(e)
	place := ac.leave(c)
	switch {
	case place < 0, place > 0 && effect.Do != ledger.Refused:
		return fmt.Errorf("I4: waiters are %v, urgent are %v", ac.queue, ac.first)
	case effect.Do == ledger.Refused:
	case ac.urgent[c] && ac.row == 4 && others(e, ac.queue):
		return fmt.Errorf("I18: four before it were urgent, and %v wait", ac.queue)
	case !ac.urgent[c] && ac.row < 4 && others(e, ac.first):
		return fmt.Errorf("I18: %v are urgent", ac.first)
	case ac.urgent[c]:
		ac.row++
	default:
		ac.row = 0
	}
	return nil
}

// empty reports what is left when everything should be over.
func (ac *accounts) empty() error {
	if len(ac.places) > 0 || len(ac.there) > 0 || len(ac.holder) > 0 || len(ac.queue)+len(ac.first) > 0 {
		return fmt.Errorf("left are places %v, resources %v, leases %v, waiters %v", ac.places, ac.there, ac.holder, ac.queue)
	}
	return nil
}
