package check

import (
	"fmt"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/observe"
)

// keysChecker judges the pools of keys by what they have in common: the limits over all
// keys, and the order in which requests are served. The run judges that itself. The ledgers
// check the whole of their state, and in the end all must come to rest, and nothing may be
// left.
type keysChecker struct {
	sc    *sim.Scenario
	run   observe.KeysRun
	exact bool // the ledgers check themselves after each event
	due   int  // events until they next do
	seen  uint64
	max   uint64 // events before it has seen enough; zero: no limit

	passed bool                        // after some event they did not check themselves
	check  func(observe.KeysRun) error // has the ledgers check themselves
}

// watchKeys runs a scenario with keys. Like [watch] it repeats the run if the ledgers have not
// checked themselves after each event.
func watchKeys(sc *sim.Scenario) (events uint64, err error) {
	x := &keysChecker{sc: sc, check: observe.KeysRun.CheckLedgers}
	events, err = x.judge()
	if _, is := err.(*Violation); is && x.passed {
		again := &keysChecker{sc: sc, check: x.check, exact: true}
		if n, exact := again.judge(); exact != nil {
			return n, exact
		}
	}
	return events, err
}

// judge runs the scenario.
func (x *keysChecker) judge() (events uint64, err error) {
	if x.sc.Requests > 0 {
		x.max = maxEvents + 100*uint64(x.sc.Requests)
	}
	defer func() {
		if x.run == nil { // the scenario is not valid
			return
		}
		events = x.run.Events()
		if p := recover(); p != nil {
			err = x.violation("ledger", fmt.Errorf("key %d: panic: %v", x.run.Acting(), p))
		}
	}()
	_, err = sim.ObserveKeys(x.sc, observe.KeysObserver{Begin: x.begin, Each: x.each, End: x.end, NoReport: true})
	if err != nil && x.run != nil {
		if _, is := err.(*Violation); !is {
			err = x.violation("keys", err) // the run's own judgment
		}
	}
	return 0, err
}

func (x *keysChecker) violation(oracle string, err error) *Violation {
	return &Violation{Seed: x.sc.Seed, At: x.run.Now(), Oracle: oracle, Detail: err.Error()}
}

func (x *keysChecker) begin(run observe.KeysRun) error {
	x.run = run
	return nil
}

// each judges what an event has left behind.
func (x *keysChecker) each() error {
	if err := x.look(); err != nil {
		return err
	}
	if x.seen++; x.seen == x.max {
		return observe.ErrEnough
	}
	return nil
}

// look has the ledgers check themselves after so many events that an event costs as much as
// in a small pool.
func (x *keysChecker) look() error {
	if x.due--; x.due > 0 && !x.exact {
		x.passed = true
	} else {
		x.due = (x.run.Connections() + x.run.Keys()) / wholePool
		if err := x.check(x.run); err != nil {
			return x.violation("ledger", err)
		}
	}
	if err := x.run.Audit(); err != nil {
		return x.violation("simulation", err)
	}
	return nil
}

// end stops all faults, and has all pools come to rest before they are shut and after. Then
// nothing is left.
func (x *keysChecker) end() error {
	x.max = 0
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
	if err := x.run.Left(); err != nil {
		return x.violation("keys", err)
	}
	return nil
}

// rest goes on until each pool was at rest. A pool that tests its idle connections is not at
// rest all the time, so not all need be at the same instant.
func (x *keysChecker) rest() error {
	rested := make([]bool, x.run.Keys())
	most := maxRestEvents * len(rested)
	for n := 0; ; n++ {
		key, why := x.restless(rested)
		if why == "" {
			return nil
		}
		more := false
		if n < most {
			var err error
			if more, err = x.run.Step(); err != nil {
				return err
			}
		}
		if !more {
			return x.violation("rest", fmt.Errorf("key %d is not at rest after %d more events without a fault: %s", key, n, why))
		}
	}
}

// restless returns a key whose pool has not been at rest yet, and why.
func (x *keysChecker) restless(rested []bool) (first int, why string) {
	for key := range rested {
		if rested[key] {
			continue
		}
		text := x.run.WhyNotIdle(key)
		if rested[key] = text == ""; !rested[key] && why == "" {
			first, why = key, text
		}
	}
	return first, why
}
