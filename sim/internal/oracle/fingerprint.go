package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/resource/ledger"
)

// Fingerprint describes the state of a ledger and of its clients. Two states have the
// same one if they differ only in the names of clients and the numbers of slots:
// the same can follow from both.
func (w *Witness) Fingerprint(l *ledger.Ledger) string {
	var clientList []string
	for _, c := range w.clientList {
		text := fmt.Sprintf("%d %d %t %t %d", c.Doing, slices.Index(w.slots, c.slot), c.Woken, c.Former, slices.Index(w.queue, c))
		if c.urgent && c.Doing != ledger.Done {
			text += " urgent"
		}
		if text != idleClient {
			clientList = append(clientList, text)
		}
	}
	slices.Sort(clientList)
	var byID []byte
	for _, q := range w.slots {
		byID = fmt.Appendf(byID, "%t %t\n", q.client == nil, q.tainted == "")
	}
	if x := w.lane; x != nil {
		// The time since its return matters as far as a policy looks back.
		back := max(w.pool.IdleTimeout+1, w.pool.TestIdleEvery)
		for _, t := range w.pool.Tests {
			back = max(back, t.IfIdleFor)
		}
		until := max(0, x.until-w.now)
		if x.until == ledger.Never {
			until = ledger.Never
		}
		byID = fmt.Appendf(byID, "lane %t %d %d\n", x.holder == nil, until, max(0, x.slot.returned.Add(back)-w.now))
	}
	return strings.Join(clientList, "\n") + "\n\n" + string(l.AppendState(byID, w.now))
}

// idleClient is the text for a client that has never done anything.
const idleClient = "0 -1 false false -1"
