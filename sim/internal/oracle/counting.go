package oracle

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// countsOracle: the pool's statistics agree with what has happened (I1).
func countsOracle() oracle {
	return oracle{name: "counts", after: func(w *Witness) string {
		n, st := &w.counts, &w.stats
		for _, c := range []struct {
			what       string
			seen, said int
		}{
			{"active", w.active(), st.Active},
			{"opening", w.count(ledger.Opening), st.Opening},
			{"testing", w.count(ledger.Testing), st.Testing},
			{"idle", len(w.idle), st.Idle},
			{"leased", w.count(ledger.Leased), st.Leased},
			{"closing", w.count(ledger.Closing), st.Closing},
			{"waiting", len(w.queue), st.Waiting},
		} {
			if c.seen != c.said {
				return fmt.Sprintf("after %v %d are %s, the statistics say %d", w.event, c.seen, c.what, c.said)
			}
		}
		for _, c := range []struct {
			what       string
			seen, said uint64
		}{
			{"acquires have begun", n.acquires, st.Acquires},
			{"acquires were granted", n.granted, st.Granted},
			{"acquires were canceled", n.canceled, st.Canceled},
			{"acquires have failed", n.failed, st.Failed},
			{"waiters were served", n.toServe, st.WaitsGranted},
			{"resources were opened", n.opened, st.Opened},
			{"openings have failed", n.openFailed, st.OpenFailed},
			{"resources were detached", n.detached, st.Detached},
			{"closes have timed out (I13)", n.abandoned, st.ClosesAbandoned},
		} {
			if c.seen != c.said {
				return fmt.Sprintf("after %v %d %s, the statistics say %d", w.event, c.seen, c.what, c.said)
			}
		}
		return w.countsByReason()
	}}
}

func (w *Witness) countsByReason() string {
	for why, seen := range w.counts.refused {
		if said := w.stats.Refused[why]; seen != said {
			return fmt.Sprintf("%d were refused (%v), the statistics say %d", seen, ledger.Refusal(why), said)
		}
	}
	for why, seen := range w.counts.closed {
		if said := w.stats.Closed[why]; seen != said {
			return fmt.Sprintf("%d were closed (%v), the statistics say %d", seen, ledger.Reason(why), said)
		}
	}
	return ""
}

// capacityOracle: at most MaxActive slots exist, from the decision to open until the close
// has returned, and at most MaxIdle are idle (I2). The witness counts them itself.
func capacityOracle() oracle {
	return oracle{name: "capacity", after: func(w *Witness) string {
		if w.active() > w.mayActive {
			return fmt.Sprintf("after %v %d places are taken, %d may be: %s", w.event, w.active(), w.mayActive, list(w.slots))
		}
		if len(w.idle) > w.mayIdle {
			return fmt.Sprintf("after %v %d are idle, %d may be: %s", w.event, len(w.idle), w.mayIdle, list(w.idle))
		}
		return ""
	}}
}

// ledgerOracle: the ledger's own check of its invariants holds, and no event that the
// contract allows makes it panic.
func ledgerOracle() oracle {
	return oracle{name: "ledger", after: func(w *Witness) string {
		if w.broken != nil {
			return w.broken.Error()
		}
		return ""
	}}
}
