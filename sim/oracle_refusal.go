package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// refusalOracle: who is refused is refused for a reason, and the reason is true.
// Nobody waits beyond MaxWaiters.
func refusalOracle() oracle {
	return oracle{name: "refusal", effect: func(w *witness, f *story.Effect) string {
		c := w.clients[f.Client]
		switch {
		case c == nil || w.event.Verb == story.Cancel:
		case f.Do == ledger.Wait && len(w.line) >= w.pool.MaxWaiters:
			return fmt.Sprintf("%s waits behind %d others, %d may wait", f.Client, len(w.line), w.pool.MaxWaiters)
		case f.Do == ledger.Refused:
			if why := groundless(w, c, f.Why); why != "" {
				return fmt.Sprintf("%s is refused (%v), but %s", f.Client, f.Why, why)
			}
		}
		return ""
	}}
}

func groundless(w *witness, c *client, why ledger.Refusal) string {
	free := len(w.idle) > 0 || w.room()
	switch why {
	case ledger.Shutdown:
		if !w.shut {
			return "the pool is not shut"
		}
		return ""
	case ledger.Exhausted:
		if w.event.Verb == story.Acquire {
			return "it would wait"
		}
	case ledger.QueueFull:
		if n := len(w.line); n < w.pool.MaxWaiters {
			return fmt.Sprintf("%d wait, %d may", n, w.pool.MaxWaiters)
		}
	case ledger.TimedOut:
		if waited := w.now.Sub(c.since); w.pool.WaitTimeout == 0 || waited < w.pool.WaitTimeout {
			return fmt.Sprintf("it has waited %v, the limit is %v", waited, w.pool.WaitTimeout)
		}
		return ""
	}
	switch {
	case w.shut:
		return "the pool is shut"
	case free:
		return fmt.Sprintf("%d are idle, and %d of %d places are taken", len(w.idle), w.active(), w.maxActive)
	}
	return ""
}
