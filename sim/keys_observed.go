package sim

import (
	"fmt"

	"github.com/respool/respool/sim/internal/observe"
)

// ObserveKeys is [Run] of a scenario with keys, with an observer that sees the ledgers
// themselves. Its errors are those of Run. It is exported because package check needs it; its
// argument is of an internal package, so other programs use [Watch].
func ObserveKeys(sc *Scenario, o observe.KeysObserver) (*Report, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if err := sc.loaded(); err != nil {
		return nil, err
	}
	k := newKeyed(sc)
	if err := k.show(&o); err != nil {
		return nil, err
	}
	if err := k.run(); err != nil && err != observe.ErrEnough {
		return nil, err
	}
	if o.End != nil {
		k.forgive()
		if err := o.End(); err != nil {
			return nil, err
		}
	}
	if o.NoReport {
		return nil, nil
	}
	for _, x := range k.all {
		x.countStuck()
	}
	return k.report(), nil
}

// show has an observer see what happens from now on.
func (k *keyed) show(o *observe.KeysObserver) error {
	of := observe.FleetObserver{Instance: o.Key, NoReport: o.NoReport}
	if o.Begin != nil {
		if err := o.Begin(&observedKeys{k: k}); err != nil {
			return err
		}
	}
	k.each = o.Each
	return k.fleet.show(&of)
}

// observedKeys is all keys as their observer sees them.
type observedKeys struct {
	k    *keyed
	shut bool
}

var _ observe.KeysRun = (*observedKeys)(nil)

func (o *observedKeys) Keys() int { return len(o.k.all) }

func (o *observedKeys) Acting() int { return o.k.acting.address }

func (o *observedKeys) Now() Instant { return o.k.now }

func (o *observedKeys) Events() (n uint64) {
	for _, x := range o.k.all {
		n += x.events
	}
	return n
}

func (o *observedKeys) Connections() int { return o.k.total.Levels().Active }

func (o *observedKeys) Audit() error {
	k := o.k
	for _, check := range []func() error{k.auditServer, k.auditRefused, k.auditBudget, k.acting.engine.audit} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *observedKeys) CheckLedgers() error { return o.k.audit() }

func (o *observedKeys) StopFaults() {
	k := o.k
	for _, x := range k.all {
		x.arriveAt(k.now)
	}
	for _, x := range k.all {
		k.acting = x
		x.stopFaults()
	}
	sc := *k.sc
	sc.World.MaxConnections = 0 // the server's limit has gone with its other faults
	k.sc = &sc
}

func (o *observedKeys) Step() (bool, error) {
	k := o.k
	x := k.next()
	if x == nil {
		return false, k.err
	}
	next, ok := x.queue.next()
	if ok {
		k.now, k.acting = next.at, x
		x.arriveAt(next.at)
		x.handle(next)
		if err := k.endEvent(); err != nil {
			return ok, err
		}
	}
	return ok, k.err
}

func (o *observedKeys) Shut() error {
	k := o.k
	o.shut = true
	for _, x := range k.all {
		k.acting = x
		x.arriveAt(k.now)
		x.ledger.Shut(x.now)
		x.seen("shut", nil, observe.Event{})
		x.after()
		if err := k.endEvent(); err != nil {
			return err
		}
	}
	return k.err
}

// WhyNotIdle looks at one key. A pool that replaces its idle connections may open or close one
// at any time. A key whose MinIdle finds no room under the limits over all keys is at rest
// without it.
func (o *observedKeys) WhyNotIdle(key int) string {
	k, x := o.k, o.k.all[key]
	p, l := &k.sc.Pool, x.ledger.Levels()
	replaces := !o.shut && p.MinIdle > 0 && (p.MaxAge > 0 || p.IdleTimeout > 0)
	switch {
	case x.requests.underway > 0:
		return fmt.Sprintf("%d requests are under way", x.requests.underway)
	case l.Waiting > 0:
		return fmt.Sprintf("%d requests wait", l.Waiting)
	case l.Leased > 0:
		return fmt.Sprintf("%d of %d connections are leased", l.Leased, l.Active)
	case o.shut && l.Active > 0:
		return fmt.Sprintf("the pool is shut, and has %d connections", l.Active)
	case replaces:
	case l.Active > l.Idle+x.idleTests:
		return fmt.Sprintf("of %d connections %d are idle", l.Active, l.Idle)
	case !o.shut && l.Active < p.MinIdle && o.hasRoom():
		return fmt.Sprintf("%d are idle, min-idle is %d, and there is room", l.Idle, p.MinIdle)
	}
	return ""
}

// hasRoom reports whether the limits over all keys allow one more idle connection.
func (o *observedKeys) hasRoom() bool {
	all := o.k.total.Levels()
	_, mostIdle := o.k.sc.Keys.limits()
	return all.Active < o.k.court.most && all.Idle < mostIdle
}

// Left returns an error if anything is left when all pools are shut and at rest.
func (o *observedKeys) Left() error {
	k := o.k
	if err := k.left(); err != nil {
		return err
	}
	if l := k.total.Levels(); l.Active+l.Idle+l.Leased+l.Waiting > 0 {
		return fmt.Errorf("all pools are shut, and all keys together have %d connections, %d of them idle and %d leased, and %d waiters",
			l.Active, l.Idle, l.Leased, l.Waiting)
	}
	return nil
}
