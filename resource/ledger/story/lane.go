package story

import (
	"errors"
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// lane is what the owner of a ledger knows of the slot in the lane.
type lane struct {
	slot     *ledger.Slot
	until    ledger.Instant
	holder   string // the client that has it; empty: it is idle
	returned ledger.Instant
	uses     uint64
}

// enter fills the lane, if the ledger has a slot for it.
func (st *Stage) enter() []Effect {
	lap, ok := st.Ledger.EnterLane(st.Now)
	if !ok {
		return nil
	}
	facts := lap.Slot.Facts()
	st.lane = &lane{slot: lap.Slot, until: lap.Until, returned: facts.Returned, uses: uint64(facts.Uses)}
	h := lap.Slot.Handle()
	return []Effect{{Kind: Enters, Slot: h.Slot.ID(), Gen: int(h.Gen), Until: lap.Until}}
}

// turn has a client take the slot in the lane, or give it back.
func (st *Stage) turn(who string) ledger.Answer {
	x := st.lane
	if x.holder == who {
		x.holder, x.returned = "", st.Now
		st.Ledger.ReportLane(x.uses, false, true)
		return ledger.Answer{}
	}
	x.holder = who
	x.uses++
	st.Ledger.ReportLane(x.uses, true, false)
	return ledger.Answer{Do: ledger.Granted, Handle: x.slot.Handle()}
}

// leave empties the lane.
func (st *Stage) leave() {
	x := st.lane
	st.lane = nil
	st.Ledger.ExitLane(st.Now, x.returned, x.holder != "")
}

// besideLane refuses what the contract of the lane does not allow.
func (st *Stage) besideLane(e Event) error {
	x := st.lane
	switch {
	case e.Verb == Enter || x == nil && e.Verb != Turn && e.Verb != Leave:
		return nil
	case x == nil:
		return errors.New("the lane is empty")
	case e.Verb == Leave:
		return nil
	case e.Verb == Turn && x.holder != "" && x.holder != e.What.Client:
		return fmt.Errorf("%s has the slot in the lane", x.holder)
	case e.Verb == Turn && x.holder == "" && st.Now >= x.until:
		return fmt.Errorf("the slot in the lane may be lent until %v", x.until)
	case e.Verb == Turn:
		return nil
	case x.holder == "":
		return errors.New("a slot is idle in the lane")
	case e.Verb == Acquire || e.Verb == Try:
		if st.Ledger.AtCapacity() || st.Ledger.OpensHeld() {
			return errors.New("it would wait, and a slot is in the lane")
		}
		return nil
	case e.Verb == Release && e.What.Client != x.holder && !st.Ledger.LaneMustYield():
		return nil
	}
	return errors.New("a slot is in the lane")
}
