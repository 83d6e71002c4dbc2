package story

import "github.com/respool/respool/resource/ledger"

// lane is the owner's knowledge of the slot in the lane.
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

// contract returns the lane as the contract sees it.
func (x *lane) contract(l *ledger.Ledger) *Lane {
	if x == nil {
		return nil
	}
	return &Lane{Holder: x.holder, Until: x.until, MustWait: l.AtCapacity() || l.OpensHeld(), MustYield: l.LaneMustYield()}
}
