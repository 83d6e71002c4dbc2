package check

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/observe"
	"github.com/respool/respool/sim/internal/oracle"
)

// fleetChecker has all oracles judge the pool of each instance of a fleet, and the fleet's
// own audit judge what the instances share.
type fleetChecker struct {
	sc     *sim.Scenario
	run    observe.FleetRun
	all    []*checker
	rested []bool
	exact  bool                       // the ledgers check themselves after each event
	record int                        // the instance whose moves are kept; -1: none
	check  func(*ledger.Ledger) error // has a ledger check itself
}

func newFleetChecker(sc *sim.Scenario) *fleetChecker {
	return &fleetChecker{sc: sc, record: -1, check: (*ledger.Ledger).Check}
}

// watchFleet runs a fleet. Like [watch] it repeats the run if a ledger has not checked
// itself after each event. The first deadlock of a pool is returned apart.
func watchFleet(sc *sim.Scenario, reached *Reached) (deadlock *Violation, events uint64, err error) {
	x := newFleetChecker(sc)
	events, err = x.judge(reached)
	if _, is := err.(*Violation); is && x.passed() {
		again := newFleetChecker(sc)
		again.exact = true
		if n, exact := again.judge(new(Reached)); exact != nil {
			return nil, n, exact
		}
	}
	return x.deadlock(), events, err
}

// passed reports whether a ledger did not check itself after some event.
func (x *fleetChecker) passed() bool {
	for _, c := range x.all {
		if c.passed > 0 {
			return true
		}
	}
	return false
}

// deadlock returns the first deadlock of all pools, or nil.
func (x *fleetChecker) deadlock() (first *Violation) {
	for _, c := range x.all {
		if v := c.deadlock; v != nil && (first == nil || v.At < first.At) {
			first = v
		}
	}
	return first
}

// judge runs the fleet.
func (x *fleetChecker) judge(reached *Reached) (events uint64, err error) {
	defer func() {
		if x.run == nil { // the scenario is not valid
			return
		}
		for _, c := range x.all {
			events += c.run.Events()
			seen := Reached(c.court.Reached())
			reached.add(&seen)
		}
		if p := recover(); p != nil {
			v := &Violation{At: x.run.Now(), Oracle: "ledger", Detail: fmt.Sprintf("panic: %v", p)}
			err = ofInstance(x.run.Acting(), v)
		}
		if v, is := err.(*Violation); is {
			v.Seed = x.sc.Seed
		}
	}()
	_, err = sim.ObserveFleet(x.sc, observe.FleetObserver{Begin: x.begin, Instance: x.instance, Each: x.audit, End: x.end, NoReport: true})
	return 0, err
}

func (x *fleetChecker) begin(run observe.FleetRun) error {
	x.run = run
	for range run.Instances() {
		x.all = append(x.all, nil)
	}
	return nil
}

// instance returns the observer of an instance, with a checker of its own.
func (x *fleetChecker) instance(i int) observe.Observer {
	one := x.sc.Instance(i)
	pool, known := storyPool(one)
	c := &checker{court: oracle.NewCourt(pool), record: x.record == i, every: x.exact || x.record == i, inspect: x.check}
	if one.Requests > 0 { // others may send theirs, too
		c.max = maxEvents + 100*uint64(one.Requests)*uint64(x.run.Instances())
	}
	if !known {
		c.court.WithoutPolicies()
	}
	x.all[i] = c
	return observe.Observer{Begin: c.begin, Event: func(ev observe.Event) error { return ofInstance(i, c.event(ev)) }}
}

// ofInstance says which instance a violation belongs to.
func ofInstance(i int, err error) error {
	if v, is := err.(*Violation); is {
		v.Instance = i
		v.Detail = fmt.Sprintf("instance %d: %s", i, v.Detail)
	}
	return err
}

// audit looks at the books of the instance that has changed, and at those of the fleet.
func (x *fleetChecker) audit(i int) error {
	if err := x.all[i].audit(); err != nil {
		return ofInstance(i, err)
	}
	if err := x.run.Audit(); err != nil {
		return x.wrong(err)
	}
	return nil
}

// wrong is an error in the books of the fleet.
func (x *fleetChecker) wrong(err error) *Violation {
	return &Violation{At: x.run.Now(), Oracle: "fleet", Detail: err.Error()}
}

// end stops all faults, and has all pools come to rest before they are shut and after. Then
// nothing is left, in the instances and at the server.
func (x *fleetChecker) end() error {
	for i, c := range x.all {
		c.max = 0
		if at, text := c.run.Deadlock(); text != "" {
			c.deadlock = &Violation{Seed: x.sc.Seed, At: at, Oracle: "deadlock", Detail: text}
			_ = ofInstance(i, c.deadlock)
		}
	}
	x.run.StopFaults()
	if err := x.rest(); err != nil {
		return err
	}
	if err := x.run.Shut(); err != nil {
		return err
	}
	if err := x.rest(); err != nil {
		return err
	}
	if err := x.pause(); err != nil {
		return err
	}
	if err := x.run.Left(); err != nil {
		return x.wrong(err)
	}
	return nil
}

// rest goes on until each pool was at rest. A pool that replaces its idle resources is not
// at rest all the time, so not all need be at the same instant.
func (x *fleetChecker) rest() error {
	x.rested = make([]bool, len(x.all))
	most := maxRestEvents * len(x.all)
	for range most {
		i, why := x.restless()
		if why == "" {
			return nil
		}
		more, err := x.run.Step()
		if err != nil {
			return err
		}
		if !more {
			return ofInstance(i, violation(0, x.all[i].court.NotAtRest(why)))
		}
	}
	i, why := x.restless()
	return ofInstance(i, violation(0, x.all[i].court.NotAtRest(fmt.Sprintf("after %d more events without a fault: %s", most, why))))
}

// pause goes on while a request is under way: it may pause before its next try, when no pool
// has any work for it.
func (x *fleetChecker) pause() error {
	for range maxRestEvents * len(x.all) {
		if x.run.Requests() == 0 {
			return nil
		}
		if more, err := x.run.Step(); err != nil || !more {
			return err
		}
	}
	return nil
}

// restless returns an instance whose pool has not been at rest yet, and why.
func (x *fleetChecker) restless() (first int, why string) {
	for i, c := range x.all {
		if x.rested[i] {
			continue
		}
		text := c.court.WhyNotIdle()
		if x.rested[i] = text == ""; !x.rested[i] && why == "" {
			first, why = i, text
		}
	}
	return first, why
}
