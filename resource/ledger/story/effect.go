package story

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// Kind is where an effect came from.
type Kind uint8

// The kinds of effects.
const (
	Answered Kind = iota // the answer to the event's caller
	Wakes                // work: a waiter with its answer
	Closes               // work: a slot to close
	Opens                // work: a slot to open
	Said                 // the answer to a question
	Enters               // a slot is in the lane now
	Tests                // work: a slot to test in the background
)

// Effect is one thing that an event has brought about. Effects can be compared with
// ==.
type Effect struct {
	Kind   Kind
	Client string // the client that was answered or woken, if it has a name
	Do     ledger.Action
	Why    ledger.Refusal
	Slot   int
	Gen    int
	Due    uint64
	Reason ledger.Reason  // with Close
	Text   string         // with Said
	Until  ledger.Instant // with Enters: the first instant at which it may not be lent
}

// String returns the effect's line in a story.
func (e Effect) String() string {
	switch e.Kind {
	case Answered:
		return "-> " + e.answer()
	case Wakes:
		return fmt.Sprintf("wakes %s: %s", e.Client, e.answer())
	case Closes:
		return fmt.Sprintf("closes slot %d.%d (%v)", e.Slot, e.Gen, e.Reason)
	case Opens:
		return fmt.Sprintf("opens slot %d.%d", e.Slot, e.Gen)
	case Tests:
		return fmt.Sprintf("tests slot %d.%d (due %b)", e.Slot, e.Gen, e.Due)
	}
	if e.Kind == Enters {
		return fmt.Sprintf("enters slot %d.%d, until %v", e.Slot, e.Gen, e.Until)
	}
	return "-> " + e.Text
}

func (e Effect) answer() string {
	switch e.Do {
	case ledger.Granted, ledger.Open:
		return fmt.Sprintf("%v slot %d.%d", e.Do, e.Slot, e.Gen)
	case ledger.Close:
		return fmt.Sprintf("%v slot %d.%d (%v)", e.Do, e.Slot, e.Gen, e.Reason)
	case ledger.Test:
		return fmt.Sprintf("%v slot %d.%d (due %b)", e.Do, e.Slot, e.Gen, e.Due)
	case ledger.Refused:
		return fmt.Sprintf("%v (%v)", e.Do, e.Why)
	}
	return e.Do.String()
}
