// Package oracle judges what a ledger does. A [Witness] keeps account of a pool from
// its events alone, and the oracles compare that with what the pool promises: one
// oracle for each promise. A [Court] has all of them judge each event.
package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// oracle checks one promise of the pool. Its functions return a sentence if the promise is
// broken. They may be nil.
type oracle struct {
	name string
	// effect sees an effect of an event before the witness has noted it.
	effect func(w *Witness, f *story.Effect) string
	// after sees the end of an event, when all its effects are noted.
	after func(w *Witness) string
}

// oracles returns all oracles. The ledger's own comes last, since the others describe a
// broken promise better.
func oracles() []oracle {
	return []oracle{
		onceOracle(), ownerOracle(), fifoOracle(), capacityOracle(), closedOracle(), ageOracle(), testOracle(),
		orderOracle(), reasonOracle(), refusalOracle(), idlerOracle(), holdOracle(), errandOracle(), minIdleOracle(), idleTestOracle(), replaceOracle(), shedOracle(), reserveOracle(), dueOracle(), shutOracle(),
		countsOracle(), ledgerOracle(),
	}
}

// restOracle is the name of the oracle for the end of a run, when nothing goes wrong any
// more.
const restOracle = "rest"

// Objection is what an oracle objects to.
type Objection struct {
	At     policy.Instant // of virtual time
	Oracle string
	Detail string // what happened, and to whom
}

// Court has all oracles judge one ledger.
type Court struct {
	*Witness
	oracles []oracle
}

// NewCourt returns a court for a new ledger of a pool.
func NewCourt(p story.Pool) *Court { return &Court{newWitness(p), oracles()} }

// Judge has the oracles judge an event with its effects. In look the witness notes
// what the ledger shows of itself after the event.
func (c *Court) Judge(at policy.Instant, e story.Event, effects []story.Effect, look func(*Witness)) *Objection {
	c.noteEvent(at, e)
	for i := range effects {
		for _, o := range c.oracles {
			if o.effect == nil {
				continue
			}
			if detail := o.effect(c.Witness, &effects[i]); detail != "" {
				return c.objection(o.name, detail)
			}
		}
		c.note(&effects[i])
	}
	c.noteStay()
	look(c.Witness)
	for _, o := range c.oracles {
		if o.after == nil {
			continue
		}
		if detail := o.after(c.Witness); detail != "" {
			return c.objection(o.name, detail)
		}
	}
	c.endEvent()
	return nil
}

// NotAtRest is the objection to a pool that does not come to rest when nothing goes
// wrong any more.
func (c *Court) NotAtRest(detail string) *Objection { return c.objection(restOracle, detail) }

func (c *Court) objection(name, detail string) *Objection {
	return &Objection{At: c.now, Oracle: name, Detail: detail}
}

// givesSlot reports whether an effect gives its client a slot, to use or first to test.
func givesSlot(f *story.Effect) bool { return f.Do == ledger.Granted || f.Do == ledger.Test }

func (p *slot) String() string {
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

// WithoutPolicies leaves out the oracles that need to know the pool's policies.
func (c *Court) WithoutPolicies() {
	c.oracles = slices.DeleteFunc(c.oracles, func(o oracle) bool {
		return slices.Contains([]string{"age", "test", "order", "reason", "due", "idle-test", "replace"}, o.name)
	})
}
