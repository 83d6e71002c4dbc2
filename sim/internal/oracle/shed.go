package oracle

import (
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// standing is what the witness knows of a queue that stands.
type standing struct {
	since      policy.Instant // the first client has waited for the target; ahead: not yet; Never: nobody waits
	overloaded bool
	served     uint64 // what was served when the queue became empty otherwise
}

// shedInterval is for how long the queue must stand.
func (w *Witness) shedInterval() time.Duration {
	return policy.CoDel{Target: w.pool.ShedTarget, Interval: w.pool.ShedInterval}.Burst()
}

// servedEver counts the grants of the pool, and the waiters that it has served.
func (w *Witness) servedEver() uint64 { return w.counts.granted + w.counts.toServe }

// queueChanged notes that a client has joined the queue or left it. Served says that the
// pool has served it. Urgent clients do not count (I18).
func (w *Witness) queueChanged(c *client, served bool) {
	s := &w.load
	if w.pool.ShedTarget == 0 || c.urgent {
		return
	}
	others := w.ordinary()
	if len(others) == 0 {
		s.since, s.served = ledger.Never, w.servedEver()
		w.reach(s.overloaded && served, shedEnds)
		s.overloaded = s.overloaded && !served
		return
	}
	from := others[0].came.Add(w.pool.ShedTarget)
	switch {
	case s.since == ledger.Never:
		s.since = from
		s.overloaded = s.overloaded && s.served == w.servedEver()
	case from > w.now:
		s.since = from
	}
}

// servedBefore notes that a client has come to an empty queue: while openings are held, an
// acquire first serves the waiters, and then waits itself.
func (w *Witness) servedBefore() {
	if all := w.ordinary(); len(all) == 1 && all[0].name == w.event.What.Client && asks(w.event.Verb) {
		w.load.overloaded = false
	}
}

// shedAt returns when the first client is refused, or the pool becomes overloaded.
func (w *Witness) shedAt() policy.Instant {
	all := w.ordinary()
	switch {
	case w.pool.ShedTarget == 0 || len(all) == 0:
		return ledger.Never
	case w.load.overloaded:
		return all[0].came.Add(w.pool.ShedTarget)
	}
	return w.load.since.Add(w.shedInterval())
}

// mayBeShed returns why a client must not be refused early.
func (w *Witness) mayBeShed(c *client) string {
	all := w.ordinary()
	switch {
	case w.pool.ShedTarget == 0:
		return "the pool sheds nothing"
	case w.event.Verb != story.Advance || len(all) == 0 || all[0] != c:
		return "it is not the first in the queue, or its time is not up"
	case w.now < c.came.Add(w.pool.ShedTarget):
		return fmt.Sprintf("it waits since %v, the target is %v", c.came, w.pool.ShedTarget)
	case !w.load.overloaded && w.now < w.load.since.Add(w.shedInterval()):
		return fmt.Sprintf("the queue stands since %v, the interval is %v", w.load.since, w.shedInterval())
	}
	return ""
}

// shedOracle: nobody waits for longer than the target and the interval together, and while
// the pool is overloaded not for longer than the target (I16).
func shedOracle() oracle {
	return oracle{name: "shed", after: func(w *Witness) string {
		if w.pool.ShedTarget == 0 || w.event.Verb != story.Advance || w.next <= w.now {
			return ""
		}
		for _, c := range w.ordinary() {
			switch most := c.came.Add(w.pool.ShedTarget); {
			case w.load.overloaded && w.now >= most:
				return fmt.Sprintf("%s waits since %v, the target is %v, and the pool is overloaded", c.name, c.came, w.pool.ShedTarget)
			case w.now >= most.Add(w.shedInterval()):
				return fmt.Sprintf("%s waits since %v, longer than the target, %v, and the interval, %v", c.name, c.came, w.pool.ShedTarget, w.shedInterval())
			}
		}
		return ""
	}}
}
