package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// ownerOracle: a resource has one user at a time, who is the only one with a
// handle that works (I8), and nobody gets one that should be no more.
func ownerOracle() oracle {
	return oracle{name: "owner", effect: func(w *witness, f *story.Effect) string {
		if f.Kind == story.Answered {
			if detail := staleAnswer(w, f); detail != "" {
				return detail
			}
		}
		if !hands(f) {
			return ""
		}
		if why := unlendable(w, f); why != "" {
			return fmt.Sprintf("%s gets slot %d.%d, but %s", f.Client, f.Slot, f.Gen, why)
		}
		return ""
	}}
}

func unlendable(w *witness, f *story.Effect) string {
	p := w.places[f.Slot]
	fresh := false // it is for this client that the place was opened, just now
	if p != nil && p.client != nil {
		fresh = p.state == ledger.Opening && p.client.name == f.Client && p.open
	}
	switch {
	case p == nil && f.Slot <= w.last:
		return "the slot is gone"
	case p == nil:
		return "nobody has been told to open it"
	case fresh || w.lends(p):
		return ""
	case !p.open:
		return "it is not open yet"
	case p.client != nil && p.client.name != f.Client || p.state == ledger.Leased || p.state == ledger.Closing:
		return fmt.Sprintf("%v is not free", p)
	case p.spoilt != "":
		return p.spoilt
	case p.epoch < w.resets:
		return "it began to be opened before the last reset"
	case p.gen == f.Gen:
		return "that handle was given up before"
	}
	return ""
}

// staleAnswer is about an end of a lease: it is stale if and only if the lease
// has ended before.
func staleAnswer(w *witness, f *story.Effect) string {
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
