package sim

import "github.com/respool/respool/sim/internal/observe"

// ObserveFleet is [Run] of a fleet with an observer that sees the ledgers themselves. Its
// errors are those of Run. It is exported because package check needs it; its argument is of
// an internal package, so other programs use [Watch].
func ObserveFleet(sc *Scenario, o observe.FleetObserver) (*Report, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if err := sc.loaded(); err != nil {
		return nil, err
	}
	f := newFleet(sc)
	if err := f.show(&o); err != nil {
		return nil, err
	}
	if err := f.run(); err != nil && err != observe.ErrEnough {
		return nil, err
	}
	if o.End != nil {
		f.forgive()
		if err := o.End(); err != nil {
			return nil, err
		}
	}
	if o.NoReport {
		return nil, nil
	}
	for _, x := range f.all {
		x.countStuck()
	}
	return f.report(), nil
}

// show has an observer see what happens from now on.
func (f *fleet) show(o *observe.FleetObserver) error {
	if o.NoReport {
		f.measured.counting = false
	}
	f.watch = o.Each
	if o.Begin != nil {
		if err := o.Begin(observedFleet{f}); err != nil {
			return err
		}
	}
	for i, x := range f.all {
		if o.NoReport {
			x.measure.counting = false
		}
		if o.Instance == nil {
			continue
		}
		one := o.Instance(i)
		if one.Event != nil {
			x.engine.watch = func(ev observe.Event) error {
				err := one.Event(ev)
				if f.err == nil {
					f.err = err // an event of one instance can have effects in another
				}
				return err
			}
		}
		if one.Begin != nil {
			if err := one.Begin(observedRun{x.engine}); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgive forgets the errors of observers.
func (f *fleet) forgive() {
	f.err = nil
	for _, x := range f.all {
		x.err = nil
	}
}

// observedFleet is a fleet as its observer sees it.
type observedFleet struct{ f *fleet }

var _ observe.FleetRun = observedFleet{}

func (o observedFleet) Instances() int { return len(o.f.all) }

func (o observedFleet) Acting() int { return o.f.acting.address }

func (o observedFleet) Now() Instant { return o.f.now }

func (o observedFleet) Audit() error { return o.f.audit() }

func (o observedFleet) Requests() (n int) {
	for _, x := range o.f.all {
		n += x.requests.underway
	}
	return n
}

func (o observedFleet) Left() error { return o.f.left() }

// StopFaults has each instance go on from the same instant.
func (o observedFleet) StopFaults() {
	o.f.plan = nil
	for _, x := range o.f.all {
		x.arriveAt(o.f.now)
	}
	for _, x := range o.f.all {
		o.f.acting = x
		x.stopFaults()
	}
}

func (o observedFleet) Step() (bool, error) {
	f := o.f
	x, _ := f.next()
	if x == nil {
		return false, f.err
	}
	next, ok := x.queue.next()
	if ok {
		f.now, x.now, f.acting = next.at, next.at, x
		x.handle(next)
		f.closeDrained()
	}
	return ok, f.err
}

func (o observedFleet) Shut() error {
	f := o.f
	for _, x := range f.all {
		f.acting, x.now = x, f.now
		x.ledger.Shut(x.now)
		x.seen("shut", nil, observe.Event{})
		x.after()
	}
	return f.err
}
