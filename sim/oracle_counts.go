package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// countsOracle: the pool's statistics say what has happened (I1).
func countsOracle() oracle {
	return oracle{name: "counts", after: func(w *witness) string {
		n, st := &w.counts, &w.stats
		for _, c := range []struct {
			what       string
			seen, told int
		}{
			{"active", w.active(), st.Active},
			{"opening", w.count(ledger.Opening), st.Opening},
			{"testing", w.count(ledger.Testing), st.Testing},
			{"idle", len(w.idle), st.Idle},
			{"leased", w.count(ledger.Leased), st.Leased},
			{"closing", w.count(ledger.Closing), st.Closing},
			{"waiting", len(w.line), st.Waiting},
		} {
			if c.seen != c.told {
				return fmt.Sprintf("after %v %d are %s, the statistics say %d", w.event, c.seen, c.what, c.told)
			}
		}
		for _, c := range []struct {
			what       string
			seen, told uint64
		}{
			{"acquires have begun", n.acquires, st.Acquires},
			{"acquires were granted", n.granted, st.Granted},
			{"acquires were cancelled", n.cancelled, st.Canceled},
			{"acquires have failed", n.failed, st.Failed},
			{"waiters were served", n.toServe, st.WaitsGranted},
			{"resources were opened", n.opened, st.Opened},
			{"openings have failed", n.openFailed, st.OpenFailed},
			{"resources were detached", n.detached, st.Detached},
		} {
			if c.seen != c.told {
				return fmt.Sprintf("after %v %d %s, the statistics say %d", w.event, c.seen, c.what, c.told)
			}
		}
		return w.countsByReason()
	}}
}

func (w *witness) countsByReason() string {
	for why, seen := range w.counts.refused {
		if told := w.stats.Refused[why]; seen != told {
			return fmt.Sprintf("%d were refused (%v), the statistics say %d", seen, ledger.Refusal(why), told)
		}
	}
	for why, seen := range w.counts.closed {
		if told := w.stats.Closed[why]; seen != told {
			return fmt.Sprintf("%d were closed (%v), the statistics say %d", seen, ledger.Reason(why), told)
		}
	}
	return ""
}
