package sim

import (
	"fmt"
	"slices"
	"strings"
)

// fingerprint is the same for two players if nothing that can follow tells them
// apart but names: those of clients, and the numbers of slots.
func (p *player) fingerprint() string {
	w := p.court.w
	var parties []string
	for _, c := range w.parties {
		text := fmt.Sprintf("%d %d %t %t %d", c.doing, slices.Index(w.here, c.place), c.woken, c.former, slices.Index(w.line, c))
		if text != idleParty {
			parties = append(parties, text)
		}
	}
	slices.Sort(parties)
	var places []byte
	for _, q := range w.here {
		places = fmt.Appendf(places, "%t %t\n", q.client == nil, q.spoilt == "")
	}
	return strings.Join(parties, "\n") + "\n\n" + string(p.stage.Ledger.Dump(places, w.now))
}

// idleParty is what is written of a client that has never done anything.
const idleParty = "0 -1 false false -1"
