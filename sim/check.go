package sim

import (
	"errors"
	"fmt"
)

// Check runs a scenario with every oracle watching after every event. When all
// that arrived has been served, the faults stop: then the pool must come to rest,
// and when it is shut nothing may be left. The error is a [*Violation], or says
// why the scenario cannot be run.
//
// The oracles look at all that is there after each event, so this is for pools
// of some dozens of resources.
func Check(sc *Scenario) error {
	if err := sc.Validate(); err != nil {
		return err
	}
	_, err := check(sc, nil, new(Reached))
	var v *Violation
	if errors.As(err, &v) {
		v.tell(sc)
		v.Story = v.shortest()
	}
	return err
}

// enough is how many events the faults may go on for, and a hundred more for
// each request: in a world where every test fails nobody would ever be served.
const enough = 10_000

var errEnough = errors.New("the faults have gone on for long enough")

// check runs a scenario, and keeps its moves if moves is not nil. It returns how
// many events the ledger saw, and adds to reached what was rare in them.
func check(sc *Scenario, moves *[]move, reached *Reached) (events uint64, err error) {
	e := newEngine(sc)
	e.measure.counting = false // nobody reads it, and histograms are large
	p, tellable := sc.Pool.story(sc.Seed)
	x := &watcher{ledger: e.ledger, court: newCourt(p), record: moves != nil}
	if sc.Requests > 0 {
		x.most = enough + 100*uint64(sc.Requests)
	}
	if !tellable {
		x.court.withoutNumbers()
	}
	e.watch = x.watch
	defer func() {
		events = e.events
		reached.add(&x.court.w.reached)
		if p := recover(); p != nil {
			err = &Violation{At: e.now, Oracle: "ledger", Detail: fmt.Sprintf("panic: %v", p)}
		}
		if moves != nil {
			*moves = x.moves
		}
		if v, ok := err.(*Violation); ok {
			v.Seed = sc.Seed
		}
	}()
	if err := e.run(); err != nil && err != errEnough {
		return 0, err
	}
	e.err, x.most = nil, 0
	e.calm()
	if err := e.rest(x.court); err != nil {
		return 0, err
	}
	e.ledger.Shut(e.now)
	e.seen(Event{Name: "shut"})
	e.after()
	return 0, e.rest(x.court)
}

// tell has the scenario run once more, to keep what happens on the way to the
// violation.
func (v *Violation) tell(sc *Scenario) {
	p, tellable := sc.Pool.story(sc.Seed)
	if !tellable {
		return
	}
	v.script = &script{pool: p}
	_, _ = check(sc, &v.script.moves, new(Reached))
}
