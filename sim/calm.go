package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
)

// calm ends all faults: nothing dies or fails any more, leases that leaked come
// back, and nobody new arrives.
func (e *engine) calm() {
	sc := *e.sc
	sc.World = World{OpenLatency: sc.World.OpenLatency, CloseLatency: sc.World.CloseLatency, TestLatency: sc.World.TestLatency}
	sc.Clients = Clients{}
	e.sc, e.slow, e.downs, e.arriving = &sc, 1, 0, false
	e.agenda.sweep(func(o *occasion) bool {
		switch o.what {
		case death, silence, restart, outage, recovery, pace:
			return true
		}
		return e.void(o)
	})
	for _, r := range e.requests.all {
		r.end = giveBack
		if s := r.handle.Slot; !r.alive && s != nil && s.Handle() == r.handle && e.ledger.State(s) == ledger.Leased {
			r.alive = true
			e.requests.underway++
			e.later(0, held, r)
		}
	}
}

// patienceWithRest is how many occasions a pool may take to come to rest.
const patienceWithRest = 100_000

// rest goes on until nothing but idle resources is left.
func (e *engine) rest(c *court) error {
	for range patienceWithRest {
		why := c.w.unrest()
		if why == "" {
			return e.err
		}
		o, ok := e.agenda.next()
		if !ok {
			return c.violation(restOracle, why)
		}
		e.now = o.at
		e.happen(o)
		if e.err != nil {
			return e.err
		}
	}
	return c.violation(restOracle, fmt.Sprintf("after %d more occasions without a fault: %s", patienceWithRest, c.w.unrest()))
}
