package sim

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// onceOracle: every acquire ends exactly once (I5). Who has been answered has
// what the answer says, and who is woken was in line.
func onceOracle() oracle {
	return oracle{name: "once", effect: func(w *witness, f *story.Effect) string {
		switch f.Kind {
		case story.Wakes:
			c := w.clients[f.Client]
			if c == nil || c.doing != ledger.Wait {
				return fmt.Sprintf("%s is woken (%v), but is not in line", f.Client, f.Do)
			}
			if !slices.Contains([]ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Refused}, f.Do) {
				return fmt.Sprintf("%s is woken with nothing: %v", f.Client, f.Do)
			}
		case story.Answered:
			if !slices.Contains(answers(w), f.Do) {
				return fmt.Sprintf("%v is answered %v, must be one of %v", w.event, f.Do, answers(w))
			}
		}
		return ""
	}}
}

// answers are those that the contract allows to the present event.
func answers(w *witness) []ledger.Action {
	c := w.clients[w.event.What.Client]
	under := c != nil && c.asking
	switch w.event.Verb {
	case story.Acquire:
		return []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Wait, ledger.Refused}
	case story.Try:
		return []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close, ledger.Refused}
	case story.Tested:
		return []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Close}
	case story.Opened:
		if under {
			return []ledger.Action{ledger.Granted, ledger.Close}
		}
		return []ledger.Action{ledger.Done, ledger.Close}
	case story.Closed:
		if under {
			return []ledger.Action{ledger.Granted, ledger.Test, ledger.Open, ledger.Refused}
		}
		return []ledger.Action{ledger.Done}
	case story.Turn:
		if under {
			return []ledger.Action{ledger.Granted}
		}
		return []ledger.Action{ledger.Done}
	case story.Cancel:
		return []ledger.Action{ledger.Done, ledger.Refused, ledger.Close}
	case story.Discard:
		return []ledger.Action{ledger.Close, ledger.Stale}
	case story.Detach:
		return []ledger.Action{ledger.Done, ledger.Stale}
	case story.Abandon:
		return []ledger.Action{ledger.Done, ledger.Close}
	case story.Release:
		return []ledger.Action{ledger.Done, ledger.Close, ledger.Stale}
	}
	return []ledger.Action{ledger.Done}
}
