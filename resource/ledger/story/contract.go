package story

import (
	"errors"
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
)

// The ledger's contract says which event may come now. It stands here, once, for the
// stage, for the oracles of the simulator, and for the tests that draw events. It does
// not ask the ledger: each of its users keeps account of its own clients.

// reports are the events that may come next for a slot, by its state. The first is the
// one that comes if nothing goes wrong. Abandon is the last.
var reports = [...][]Verb{
	ledger.Opening: {Opened, OpenFailed, Abandon},
	ledger.Testing: {Tested, Abandon},
	ledger.Leased:  {Release, Discard, Detach},
	ledger.Closing: {Closed, CloseTimedOut, Abandon},
}

// rejoins are the events that may come next from a client whose opening is held, the usual
// one first.
var rejoins = []Verb{Rejoin, Withdraw}

// Reports returns the events that may come next for a slot in a state, the usual one
// first. Attended says that a client's acquire waits for the slot: only that client may
// abandon it. The caller must not change what it gets.
func Reports(s ledger.State, attended bool) []Verb {
	if int(s) >= len(reports) {
		return nil
	}
	all := reports[s]
	if last := len(all) - 1; last >= 0 && all[last] == Abandon && !attended {
		return all[:last]
	}
	return all
}

// Standing is the state of a client as far as the contract needs it.
type Standing struct {
	Doing ledger.Action // the answer that it follows; Done: none
	Woken bool          // it was woken with that answer, and has not done anything since
	// Former says that it has given up its latest handle. To use that again is allowed,
	// and has no effect.
	Former bool
}

// Reports returns the events by which the client reports what became of its slot, or goes
// on when its opening is held. The usual one is the first.
func (s *Standing) Reports() []Verb {
	switch s.Doing {
	case ledger.Granted:
		return reports[ledger.Leased]
	case ledger.Open:
		return reports[ledger.Opening]
	case ledger.Test:
		return reports[ledger.Testing]
	case ledger.Close:
		return reports[ledger.Closing]
	case ledger.Held:
		return rejoins
	case ledger.Done:
		if s.Former {
			return reports[ledger.Leased]
		}
	}
	return nil
}

// Allows reports whether the client may cause an event now. [Lane.Refuse] has the rules
// of the lane.
func (s *Standing) Allows(v Verb) bool {
	switch v {
	case Turn:
		return true
	case Acquire, Try, Background:
		return s.Doing == ledger.Done
	case Cancel:
		return s.Doing == ledger.Wait || s.Woken
	}
	return slices.Contains(s.Reports(), v)
}

// ends reports whether an event ends what its client is doing. If the answer is to close
// the slot, no acquire waits for that.
func ends(v Verb) bool {
	switch v {
	case Release, Discard, Detach, Cancel, Abandon, Withdraw:
		return true
	}
	return false
}

// Lane is the state of the slot in the lane as far as the contract needs it. Nil: the
// lane is empty.
type Lane struct {
	Holder    string         // the client that has the slot; empty: it is idle
	Until     ledger.Instant // the first instant at which it may not be lent from there
	MustWait  bool           // another acquire would wait
	MustYield bool           // another idle slot would leave no place for this one
}

// The reasons of Refuse.
var (
	errLaneEmpty  = errors.New("the lane is empty")
	errLaneIdle   = errors.New("a slot is idle in the lane")
	errLaneFull   = errors.New("it would wait, and a slot is in the lane")
	errLaneFilled = errors.New("a slot is in the lane")
)

// Refuse returns why the contract of the lane does not allow an event of a client, or
// nil.
func (x *Lane) Refuse(now ledger.Instant, e *Event, s *Standing) error {
	switch {
	case e.Verb == Enter:
		return nil
	case x == nil && (e.Verb == Turn || e.Verb == Leave):
		return errLaneEmpty
	case x == nil || e.Verb == Leave:
		return nil
	case e.Verb == Turn:
		return x.refuseTurn(now, e.What.Client, s)
	case x.Holder == "":
		return errLaneIdle
	case e.Verb == Acquire || e.Verb == Try:
		if x.MustWait {
			return errLaneFull
		}
		return nil
	case e.Verb == Release && e.What.Client != x.Holder && s.Doing == ledger.Granted && !x.MustYield:
		return nil
	}
	return errLaneFilled
}

func (x *Lane) refuseTurn(now ledger.Instant, client string, s *Standing) error {
	switch {
	case x.Holder == client:
		return nil
	case x.Holder != "":
		return fmt.Errorf("%s has the slot in the lane", x.Holder)
	case s.Doing != ledger.Done:
		return fmt.Errorf("%s has something else to do", client)
	case now >= x.Until:
		return fmt.Errorf("the slot in the lane may be lent until %v", x.Until)
	}
	return nil
}
