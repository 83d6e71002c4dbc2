package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	ms  = Duration(time.Millisecond)
	sec = Duration(time.Second)
)

func constant(d Duration) Dist    { return Dist{Constant: d} }
func exponential(d Duration) Dist { return Dist{Exponential: d} }

// simulate runs a scenario, and sees to it that its accounts add up: each request
// has one outcome, and each lease one end.
func simulate(t testing.TB, sc *Scenario) *Report {
	t.Helper()
	r, err := Run(sc)
	if err != nil {
		t.Fatal(err)
	}
	o, u := r.Outcomes, r.Uses
	if sum := o.Granted + o.Exhausted + o.QueueFull + o.TimedOut + o.Shed + o.Reserved + o.GaveUp + o.OpenFailed + o.Stuck; sum != r.Requests {
		t.Errorf("%d requests, but %d outcomes: %+v", r.Requests, sum, o)
	}
	if sum := u.Released + u.Discarded + u.Panicked + u.Broken + u.Leaked + u.TimedOut + u.Held; sum != o.Granted {
		t.Errorf("%d granted, but %d ends of leases: %+v", o.Granted, sum, u)
	}
	if r.Wait.Count != o.Granted || r.Acquire.Count != o.Granted || r.Total.Count != o.Granted-u.Leaked-u.Held {
		t.Errorf("%d granted and %d leaked, but %d waits, %d acquires and %d totals",
			o.Granted, u.Leaked, r.Wait.Count, r.Acquire.Count, r.Total.Count)
	}
	return r
}

// arriving is an open workload with these instants of arrival, in milliseconds.
func arriving(hold Dist, at ...int) Workload {
	w := Workload{Open: &OpenLoop{}, Hold: hold}
	for _, a := range at {
		w.Open.Trace = append(w.Open.Trace, Duration(a)*ms)
	}
	return w
}

// watched is simulate, with every event shown to see.
func watched(t testing.TB, sc *Scenario, see func(Event)) *Report {
	t.Helper()
	r, err := Watch(sc, func(ev Event) error {
		see(ev)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// storyOf is what happens in a run, one event a line, with its instant.
func storyOf(t testing.TB, sc *Scenario) string {
	t.Helper()
	var b strings.Builder
	watched(t, sc, func(ev Event) {
		if ev.Name != "advance" {
			fmt.Fprintf(&b, "%v %s: %v\n", ev.At, ev.Name, ev.Answer())
		}
	})
	return b.String()
}
