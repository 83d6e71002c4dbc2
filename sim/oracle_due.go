package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// tooMany is how many times Advance may be called at one instant and find
// something still due, and perAdvance for how many places it may be once more: it
// does its work in batches.
const (
	tooMany    = 10
	perAdvance = 32
)

// dueOracle: Next is never later than the first deadline (I7), so what is due is
// done when Advance has come to its end.
func dueOracle() oracle {
	return oracle{name: "due", after: func(w *witness) string {
		switch d := w.deadline(); {
		case w.next > d.at:
			return fmt.Sprintf("next is %v, but %v", w.next, d)
		case w.next <= w.now && w.advances > tooMany+w.active()/perAdvance:
			return fmt.Sprintf("advance was called %d times at one instant, and next is still %v", w.advances, w.next)
		}
		return ""
	}}
}

// deadline is an instant at which something must be done, about a place or a
// client if it is theirs.
type deadline struct {
	at     Instant
	what   string
	place  *place
	client *client
}

func (d deadline) String() string {
	who := ""
	switch {
	case d.place != nil:
		who = fmt.Sprintf("slot %d ", d.place.id)
	case d.client != nil:
		who = d.client.name + " "
	}
	return fmt.Sprintf("%s%s at %v", who, d.what, d.at)
}

// deadline is the first one of all.
func (w *witness) deadline() deadline {
	first := deadline{at: ledger.Never}
	if w.shut {
		return first
	}
	sooner := func(at Instant, what string, p *place, c *client) {
		if at < first.at {
			first = deadline{at, what, p, c}
		}
	}
	for i, p := range w.idle {
		if w.pool.MaxAge > 0 {
			sooner(p.opened.Add(w.pool.MaxAge), "is too old", p, nil)
		}
		if d := w.pool.IdleTimeout; d > 0 && (w.pool.Keep == 0 || len(w.idle)-i > w.pool.Keep) {
			sooner(p.idled.Add(d).Add(1), "is idle too long", p, nil)
		}
	}
	if d := w.pool.WaitTimeout; d > 0 && len(w.line) > 0 {
		sooner(w.line[0].since.Add(d), "has waited too long", nil, w.line[0])
	}
	if len(w.idle) > w.maxIdle || len(w.idle) > 0 && w.active()-w.count(ledger.Closing) > w.maxActive {
		sooner(w.now, "there are more than the limits allow", nil, nil)
	}
	if w.wants() {
		sooner(max(w.now, w.filling.at), "there are fewer idle than MinIdle", nil, nil)
	}
	return first
}
