package sim

import (
	"fmt"
	"strings"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// oracle is one promise of the pool, and who watches over it. Its functions
// return a sentence if the promise is broken, and nil ones have nothing to say.
type oracle struct {
	name string
	// effect sees an effect of an event before the witness has noted it.
	effect func(w *witness, f *story.Effect) string
	// after sees the end of an event, all of whose effects are noted.
	after func(w *witness) string
}

// oracles returns all of them. The ledger's own comes last, since the others say
// better what a broken promise means.
func oracles() []oracle {
	return []oracle{
		onceOracle(), ownerOracle(), fifoOracle(), capacityOracle(), closedOracle(), ageOracle(), testOracle(),
		orderOracle(), reasonOracle(), refusalOracle(), idlerOracle(), errandOracle(), minIdleOracle(), dueOracle(), shutOracle(),
		countsOracle(), ledgerOracle(),
	}
}

// restOracle is the name under which the end of a run is judged: the phase in
// which nothing goes wrong any more.
const restOracle = "rest"

// court has all oracles judge one ledger.
type court struct {
	w       *witness
	oracles []oracle
}

func newCourt(p story.Pool) *court { return &court{newWitness(p), oracles()} }

// judge hears an event with its effects. The witness has looked at the ledger,
// or has been given the looks of it.
func (c *court) judge(at Instant, e story.Event, effects []story.Effect, look func(*witness)) *Violation {
	c.w.tell(at, e)
	for i := range effects {
		for _, o := range c.oracles {
			if o.effect == nil {
				continue
			}
			if detail := o.effect(c.w, &effects[i]); detail != "" {
				return c.violation(o.name, detail)
			}
		}
		c.w.note(&effects[i])
	}
	c.w.stays()
	look(c.w)
	for _, o := range c.oracles {
		if o.after == nil {
			continue
		}
		if detail := o.after(c.w); detail != "" {
			return c.violation(o.name, detail)
		}
	}
	c.w.settle()
	return nil
}

func (c *court) violation(name, detail string) *Violation {
	return &Violation{At: c.w.now, Oracle: name, Detail: detail}
}

// hands reports whether an effect gives its client a slot to use, or to test
// before that.
func hands(f *story.Effect) bool { return f.Do == ledger.Granted || f.Do == ledger.Test }

func (p *place) String() string {
	s := fmt.Sprintf("slot %d (%v", p.id, p.state)
	switch {
	case p.client == nil:
	case p.state == ledger.Opening || p.state == ledger.Testing || p.state == ledger.Closing:
		s += " for " + p.client.name
	default:
		s += " to " + p.client.name
	}
	return s + fmt.Sprintf(" since %v)", p.since)
}

func list[V any](all []V) string {
	var texts []string
	for _, v := range all {
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, ", ")
}
