package sim

import (
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/observe"
)

// Run runs a scenario in virtual time. It returns an error if the scenario is
// not valid, names files that [Scenario.Load] has not read, or ends before its
// warm-up does. The same scenario gives the same report, on any machine. Run does not
// change the scenario, and may be called concurrently, also with one scenario. Then policies
// of your own must allow concurrent calls.
func Run(sc *Scenario) (*Report, error) {
	if sc.Keys.Count > 0 {
		return ObserveKeys(sc, observe.KeysObserver{})
	}
	if sc.Fleet.Instances > 0 {
		return ObserveFleet(sc, observe.FleetObserver{})
	}
	return Observe(sc, observe.Observer{})
}

// Event is an event of the pool's ledger.
type Event struct {
	At   Instant
	Name string // as stories write it, such as "acquire" or "open-failed"
	// Request is the number of the request that the event belongs to, from 1, or 0 if
	// it belongs to none. The numbers of requests that are done are used again.
	Request int
	// Instance is the instance of a fleet whose pool it is, and Key the key. Each numbers its
	// own requests.
	Instance, Key int

	answer ledger.Answer
}

// Answer returns the ledger's answer in words, such as "granted slot 1.2".
func (e Event) Answer() string { return e.answer.String() }

// Watch is [Run], and calls watch with each event, after the ledger has answered it. The
// calls come on the caller's goroutine. An error that watch returns ends the run, and is
// returned.
func Watch(sc *Scenario, watch func(Event) error) (*Report, error) {
	if watch == nil {
		return Run(sc)
	}
	of := func(instance, key int) observe.Observer {
		return observe.Observer{Event: func(ev observe.Event) error {
			return watch(Event{At: ev.At, Name: ev.Verb, Request: ev.Request, Instance: instance, Key: key, answer: ev.Answer})
		}}
	}
	switch {
	case sc.Keys.Count > 0:
		return ObserveKeys(sc, observe.KeysObserver{Key: func(i int) observe.Observer { return of(0, i) }})
	case sc.Fleet.Instances > 0:
		return ObserveFleet(sc, observe.FleetObserver{Instance: func(i int) observe.Observer { return of(i, 0) }})
	}
	return Observe(sc, of(0, 0))
}

// Observe is [Run] of one pool with an observer that sees the ledger itself. Its errors are
// those of Run. It is exported because package check needs it; its argument is of an
// internal package, so other programs use [Watch].
func Observe(sc *Scenario, o observe.Observer) (*Report, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if err := sc.loaded(); err != nil {
		return nil, err
	}
	e := newEngine(sc)
	e.watch, e.watchEach = o.Event, o.Each
	if o.NoReport {
		e.measure.counting = false // histograms are large
	}
	if o.Begin != nil {
		if err := o.Begin(observedRun{e}); err != nil {
			return nil, err
		}
	}
	if err := e.run(); err != nil && err != observe.ErrEnough {
		return nil, err
	}
	if o.End != nil {
		e.err = nil
		if err := o.End(); err != nil {
			return nil, err
		}
	}
	if o.NoReport {
		return nil, nil
	}
	e.countStuck()
	return e.report(), nil
}

// seen counts an event, and shows it to the observer. It comes before the event's work is
// taken. The most frequent events call noteEvent and show, so that no description is made
// that no observer reads.
func (e *engine) seen(verb string, r *request, ev observe.Event) {
	if e.noteEvent() {
		e.show(verb, r, ev)
	}
}

// noteEvent counts an event, and reports whether there is an observer for show.
func (e *engine) noteEvent() bool {
	e.events++
	return e.watch != nil && e.err == nil
}

// show shows an event to the observer.
func (e *engine) show(verb string, r *request, ev observe.Event) {
	ev.At, ev.Verb = e.now, verb
	if r != nil {
		ev.Request = r.number()
	}
	e.err = e.watch(ev)
}

// countStuck counts the requests that are never served, and the leases and calls that wait
// for them.
func (e *engine) countStuck() {
	for _, r := range e.requests.all {
		if r.alive && r.queued && r.counted {
			e.measure.requests++
			e.measure.outcomes.Stuck++
			e.measure.timeline.last().refused++
		}
		if r.alive && r.call.nested && r.counted {
			e.measure.uses.Held++
		}
		if r.alive && r.call.outer == nil && r.call.counted {
			e.calls.counts.Calls++
			e.calls.counts.Stuck++
		}
	}
}
