package sim

import (
	"fmt"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
	"github.com/respool/respool/sim/internal/setting"
)

// engine is one run: the ledger, the world around it, and the measurements. The order
// of events follows from the scenario alone.
type engine struct {
	sc      *Scenario
	ledger  *ledger.Ledger
	queue   eventQueue
	now     Instant
	alarmAt Instant // when the alarm goes
	alarms  uint32  // set so far: an earlier one is void

	source   source
	requests requests
	conns    conns
	batches  closeBatches
	random   struct {
		hold, patience, think, open, openFails, fail, close, test, testFails, notice, death, behavior, service, retry, background, urgent *stream
	}
	server    *server // may be that of several instances
	calls     calls
	deadlocks deadlocks
	slow      float64
	outages   int        // under way
	stalls    []Interval // in their order

	arriving  bool
	passed    bool  // the scenario's duration is over, or Requests ends the run
	waitsEnd  bool  // a timeout or patience ends every wait
	idleTests int   // in the background, under way
	pending   int64 // events that a request, an opening or a batch of closes waits for
	measure   measure
	events    uint64
	watch     func(observe.Event) error // sees every event; may be nil
	watchEach func() error              // is called after every event of the simulation; may be nil
	err       error

	fleet   *fleet // nil: there is one instance
	keyed   *keyed // nil: there is one key
	address int    // in the fleet, or the key
	silent  bool   // no request arrives for it by itself
}

func newEngine(sc *Scenario) *engine {
	e := &engine{sc: sc, alarmAt: ledger.Never, slow: 1, arriving: true, server: new(server)}
	e.queue.full = minSweep
	e.waitsEnd = sc.Pool.WaitTimeout > 0 || !sc.Workload.Patience.IsZero() || sc.Workload.Timeout > 0
	e.ledger = ledger.New(sc.config(e.conns.newSlot))
	e.source = newSource(sc)
	e.calls = newCalls(sc)
	e.stalls = sc.World.inOrder()
	r := &e.random
	for _, s := range []struct {
		to      **stream
		purpose uint64
	}{{&r.hold, holds}, {&r.patience, patiences}, {&r.think, thinks}, {&r.open, opens}, {&r.close, closings},
		{&r.test, tests}, {&r.death, deaths}, {&r.behavior, behavior},
		{&r.openFails, openFailures}, {&r.testFails, testFailures},
		{&r.fail, failing}, {&r.notice, noticing}, {&r.service, serving}, {&r.retry, retrying}, {&r.background, backgrounds}, {&r.urgent, urgencies}} {
		*s.to = newStream(sc.Seed, s.purpose)
	}
	e.measure.begin(sc)
	return e
}

// run runs until every request that has arrived is served, or can never be.
func (e *engine) run() error {
	e.schedule()
	e.after()
	for e.err == nil && !e.over() {
		o, ok := e.queue.next()
		if !ok {
			break
		}
		if err := e.step(o); err != nil {
			return err
		}
	}
	return e.ended()
}

// step handles the next event.
func (e *engine) step(o event) error {
	if o.at >= endless {
		return fmt.Errorf("the run would go on for more than %v of virtual time", endless)
	}
	e.arriveAt(o.at)
	e.handle(o)
	if e.watchEach != nil && e.err == nil {
		e.err = e.watchEach()
	}
	if len(e.queue.heap) >= e.queue.full {
		e.queue.sweep(e.void)
	}
	return nil
}

// arriveAt goes on to an instant before which nothing changes.
func (e *engine) arriveAt(now Instant) {
	e.measure.pass(e, now)
	e.now = now
}

// ended returns why the run has failed, if it has.
func (e *engine) ended() error {
	if e.err == nil && !e.measure.counting && e.sc.WarmUp > 0 {
		return fmt.Errorf("warm_up: the run was over after %v, nothing was counted", e.now)
	}
	return e.err
}

// over reports whether no request can change its state any more. If requests wait and
// nothing is pending, the leases have leaked: only patience or the pool's wait timeout
// can end the wait. A pool with MinIdle may replace idle resources forever, which is
// no reason to go on.
func (e *engine) over() bool {
	if e.sc.Pool.MinIdle > 0 && e.requests.underway == 0 && e.passed && !e.source.coming(e) {
		return true
	}
	// A test in the background may serve a request that waits, and so may a probe while
	// openings are held.
	stuck := !e.waitsEnd && e.idleTests == 0 && !e.ledger.OpensHeld()
	return e.pending == 0 && !e.source.coming(e) && (stuck || e.ledger.Levels().Waiting == 0)
}

// config returns the ledger's configuration for the scenario's pool.
func (s *Scenario) config(newSlot func() *ledger.Slot) ledger.Config {
	c := setting.PoolOf(s).Config()
	c.NewSlot = newSlot
	p := &s.Pool
	if p.Lifetime != nil {
		c.Lifetime = p.Lifetime
	}
	if p.Eviction != nil {
		c.Eviction = p.Eviction
	}
	if p.Gate != nil {
		c.Gates = []policy.Gate{p.Gate}
	}
	return c
}
