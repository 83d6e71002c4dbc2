// Package check looks for runs in which a pool breaks a promise, with oracles that
// judge every event.
//
// [Check] does so for one scenario. [Search] draws scenarios and scripts of events from
// seeds. [Exhaust] tries every order of events in a small model. All three report a
// [Violation], with the shortest story found in which it happens. [Trace] writes any run as
// a story.
package check

import (
	"errors"
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/observe"
	"github.com/respool/respool/sim/internal/oracle"
)

// Check runs a scenario with every oracle watching after every event. When all
// requests have been served, the faults stop: then the pool must come to rest, and
// when it is shut nothing may be left. The error is a [*Violation], or says why the
// scenario cannot be run.
//
// The oracles judge each event. In a pool of more than some dozens of resources the ledger
// checks the whole of its state only now and then, so that an event costs as much as in a
// small pool. If something is wrong then, the run is repeated, to find the first event
// after which it is.
//
// A deadlock of requests that take several leases at once is a violation too, though it is
// their fault, and not the pool's. Its oracle is "deadlock", and the detail names the
// leases, their holders and the waiters.
//
// Of a fleet the oracles judge the pool of each instance. The oracle "fleet" judges what the
// instances share: the server's connections and their limit, the openings that it refuses,
// which instances get requests, and that nothing is left in the end.
//
// Of a scenario with keys the oracle "keys" judges what the keys have in common: the limits
// over all keys, the order in which requests are served, that no request waits while there
// is room or an idle connection to close, and that nothing is left in the end. The violation
// has the smallest scenario found, and no story.
func Check(sc *sim.Scenario) error {
	deadlock, _, err := judge(sc, new(Reached))
	var v *Violation
	switch {
	case !errors.As(err, &v):
	case sc.Keys.Count > 0:
		err = smallerKeys(sc, v)
	default:
		v.Story = scriptOf(sc, v.Instance).shortest(v.Oracle)
	}
	if err == nil && deadlock != nil {
		deadlock.Seed = sc.Seed
		return deadlock
	}
	return err
}

// judge runs a scenario of one pool, of a fleet, or with keys.
func judge(sc *sim.Scenario, reached *Reached) (deadlock *Violation, events uint64, err error) {
	if sc.Keys.Count > 0 {
		events, err = watchKeys(sc)
		return nil, events, err
	}
	if sc.Fleet.Instances > 0 {
		return watchFleet(sc, reached)
	}
	x, events, err := watch(sc, nil, reached)
	return x.deadlock, events, err
}

// Violation is a promise of the pool that was broken in a run.
type Violation struct {
	Seed   uint64
	At     sim.Instant // of virtual time
	Oracle string      // that objects
	Detail string      // what happened, and to whom
	// Instance is the instance of a fleet whose pool it is, from 0 on.
	Instance int `json:",omitzero"`
	// Story is the shortest story found in which it happens. It can be kept among
	// the ledger's golden stories, in resource/ledger/testdata/stories. It is empty
	// if no story can describe the pool's policies, or if the oracle "fleet" objects: a
	// story has one pool.
	Story string
	// Scenario is the smallest one found in which it happens, if there are keys. Otherwise it
	// is nil.
	Scenario *sim.Scenario `json:",omitempty"`
}

func violation(seed uint64, o *oracle.Objection) *Violation {
	return &Violation{Seed: seed, At: o.At, Oracle: o.Oracle, Detail: o.Detail}
}

func (v *Violation) Error() string {
	return fmt.Sprintf("sim: seed %d at %v: %s: %s", v.Seed, v.At, v.Oracle, v.Detail)
}

// maxEvents is how many events the faults may go on for, and a hundred more for
// each request. In a world where every test fails no request would ever be served.
const maxEvents = 10_000

// maxRestEvents is how many events of the simulation a pool may take to come to rest.
const maxRestEvents = 100_000

// checker has all oracles judge a run.
type checker struct {
	narrator
	court  *oracle.Court
	record bool // keep the moves
	every  bool // the ledger checks itself after each event, however large the pool
	moves  []oracle.Move
	seen   uint64
	due    int // events until the ledger next checks itself
	passed int // events after which it did not

	deadlock *Violation // of the requests; the pool has kept its promises

	inspect func(*ledger.Ledger) error // has a ledger check itself
	max     uint64                     // events before it has seen enough; zero: no limit
}

// check runs a scenario, and appends its moves to moves if that is not nil. It returns
// how many events the ledger saw, and adds what was rare in them to reached.
func check(sc *sim.Scenario, moves *[]oracle.Move, reached *Reached) (events uint64, err error) {
	_, events, err = watch(sc, moves, reached)
	return events, err
}

// watch does what check does, and returns the checker as well.
func watch(sc *sim.Scenario, moves *[]oracle.Move, reached *Reached) (x *checker, events uint64, err error) {
	pool, ok := storyPool(sc)
	x = &checker{court: oracle.NewCourt(pool), record: moves != nil, every: moves != nil, inspect: (*ledger.Ledger).Check}
	events, err = x.check(sc, ok, moves, reached)
	if _, is := err.(*Violation); is && x.passed > 0 {
		if n, exact := x.exactly(sc, ok); exact != nil {
			return x, n, exact
		}
	}
	return x, events, err
}

// exactly repeats a run, and has the ledger check itself after each event.
func (x *checker) exactly(sc *sim.Scenario, known bool) (events uint64, err error) {
	pool, _ := storyPool(sc)
	again := &checker{court: oracle.NewCourt(pool), every: true, inspect: x.inspect}
	return again.check(sc, known, nil, new(Reached))
}

// check runs a scenario, whose policies the oracles know or not.
func (x *checker) check(sc *sim.Scenario, known bool, moves *[]oracle.Move, reached *Reached) (events uint64, err error) {
	if sc.Requests > 0 {
		x.max = maxEvents + 100*uint64(sc.Requests)
	}
	if !known {
		x.court.WithoutPolicies()
	}
	defer func() {
		if x.run == nil { // the scenario is not valid
			return
		}
		events = x.run.Events()
		seen := Reached(x.court.Reached())
		reached.add(&seen)
		if p := recover(); p != nil {
			err = &Violation{Seed: sc.Seed, At: x.run.Now(), Oracle: "ledger", Detail: fmt.Sprintf("panic: %v", p)}
		}
		if moves != nil {
			*moves = x.moves
		}
		if v, is := err.(*Violation); is {
			v.Seed = sc.Seed
		}
	}()
	_, err = sim.Observe(sc, observe.Observer{Begin: x.begin, Event: x.event, Each: x.audit, End: x.end, NoReport: true})
	return 0, err
}

func (x *checker) event(ev observe.Event) error {
	e := x.storyEvent(&ev)
	if x.record {
		x.moves = append(x.moves, x.court.MoveOf(ev.At, e))
	}
	x.noteEffects(e, ev.Answer)
	if o := x.court.Judge(ev.At, e, x.effects, x.look); o != nil {
		return violation(0, o)
	}
	if x.seen++; x.seen == x.max {
		return observe.ErrEnough
	}
	return nil
}

// audit looks at the simulation's own books: an error in them is not the pool's.
func (x *checker) audit() error {
	if err := x.run.Audit(); err != nil {
		return &Violation{At: x.run.Now(), Oracle: "simulation", Detail: err.Error()}
	}
	return nil
}

// wholePool is how many slots a pool has at most whose ledger checks itself after each
// event. Such a check is a walk over all slots. In a pool n times as large it is made only
// after every n events. It then finds a fault of the state a little later, and [check] goes
// back to the fault's first event.
const wholePool = 16

// look shows the witness the ledger.
func (x *checker) look(w *oracle.Witness) {
	l := x.run.Ledger()
	var broken error
	if x.due--; x.due <= 0 || x.every {
		broken = x.inspect(l)
		x.due = l.Levels().Active / wholePool
	} else {
		x.passed++
	}
	w.Look(l, broken)
}

// end stops all faults, and has the pool come to rest before it is shut and after.
func (x *checker) end() error {
	x.max = 0
	if at, text := x.run.Deadlock(); text != "" {
		x.deadlock = &Violation{At: at, Oracle: "deadlock", Detail: text}
	}
	x.run.StopFaults()
	if err := x.rest(); err != nil {
		return err
	}
	if err := x.run.Shut(); err != nil {
		return err
	}
	return x.rest()
}

// rest goes on until nothing but idle resources is left.
func (x *checker) rest() error {
	for range maxRestEvents {
		why := x.court.WhyNotIdle()
		if why == "" {
			return nil
		}
		more, err := x.run.Step()
		if err != nil {
			return err
		}
		if !more {
			return violation(0, x.court.NotAtRest(why))
		}
	}
	return violation(0, x.court.NotAtRest(fmt.Sprintf("after %d more events without a fault: %s", maxRestEvents, x.court.WhyNotIdle())))
}

// scriptOf runs a scenario once more, and keeps the events that lead to a violation: of a
// fleet, those of one instance. It returns nil if no story can describe the pool.
func scriptOf(sc *sim.Scenario, instance int) *script {
	if sc.Fleet.Instances > 0 {
		return fleetScriptOf(sc, instance)
	}
	pool, ok := storyPool(sc)
	if !ok {
		return nil
	}
	s := &script{pool: pool}
	_, _ = check(sc, &s.moves, new(Reached))
	return s
}

func fleetScriptOf(sc *sim.Scenario, instance int) *script {
	pool, ok := storyPool(sc.Instance(instance))
	if !ok {
		return nil
	}
	x := newFleetChecker(sc)
	x.record = instance
	_, _ = x.judge(new(Reached))
	return &script{pool: pool, moves: x.all[instance].moves}
}
