package sim

import (
	"errors"
	"testing"
)

// The requests of a fleet are counted by instance and in all.
func TestFleetOfCalls(t *testing.T) {
	t.Parallel()
	r := auditedFleet(t, fleetOf(3, func(sc *Scenario) {
		sc.Duration = 4 * sec
		sc.Workload.Timeout, sc.Workload.Leases = 30*ms, 2
		sc.Clients.Retry = Retry{Retries: 2, Backoff: 5 * ms, Budget: 0.5}
		sc.World.Stalls, sc.Fleet.Deploy = []Interval{{At: sec, For: 200 * ms}}, Deploy{At: sec, Every: sec, Down: 300 * ms}
		sc.World.Server = Server{Workers: 6, Service: exponential(2 * ms)}
	}))
	var sum CallCounts
	for _, x := range r.Fleet.Each {
		addCounts(&sum, x.Calls)
	}
	if sum != r.Calls.CallCounts || sum.Retries == 0 || sum.Calls != sum.Good+sum.Failed || sum.Stuck > 0 {
		t.Errorf("%+v, the instances have %+v", r.Calls, sum)
	}
	var good uint64
	for _, n := range r.Timeline.Good {
		good += n
	}
	if good != sum.Good || r.Calls.Total.Count != good {
		t.Errorf("%d good calls, %d in the timeline, %d with a time", sum.Good, good, r.Calls.Total.Count)
	}
}

// A deadlock is one of an instance's pool. The others go on.
func TestFleetWithDeadlock(t *testing.T) {
	t.Parallel()
	r := auditedFleet(t, fleetOf(3, func(sc *Scenario) {
		sc.Requests, sc.Workload.Leases, sc.Workload.Nested = 300, 2, true
		sc.Workload.Open.Poisson = 30
	}))
	each, count := 0, 0
	for _, x := range r.Fleet.Each {
		count += x.Deadlocks
		if x.Deadlocks > 0 {
			each++
		}
	}
	d := r.Deadlocks
	if each == 0 || each == 3 || d == nil || d.Count != count || !d.Forever || len(d.Holders) == 0 {
		t.Fatalf("%+v; %d instances have %d deadlocks", d, each, count)
	}
	first := r.Fleet.Each[d.Instance]
	if alone := simulate(t, fleetOf(3, func(sc *Scenario) {
		sc.Requests, sc.Workload.Leases, sc.Workload.Nested = 300, 2, true
		sc.Workload.Open.Poisson = 30
	}).Instance(d.Instance)); first.Deadlocks == 0 || alone.Deadlocks == nil || alone.Deadlocks.First != d.First {
		t.Errorf("instance %d has %d deadlocks, alone %+v", d.Instance, first.Deadlocks, alone.Deadlocks)
	}
}

// A fleet that is watched shows the events of all instances, in the order of time.
func TestWatchFleet(t *testing.T) {
	sc := fleetOf(3, func(sc *Scenario) {
		sc.Duration, sc.Fleet.Deploy = sec, Deploy{At: sec / 4, Every: sec / 4, Down: 50 * ms}
	})
	var events uint64
	last, of, resets := Instant(0), map[int]int{}, 0
	r := watched(t, sc, func(ev Event) {
		if ev.At < last {
			t.Errorf("%s at %v comes after %v", ev.Name, ev.At, last)
		}
		last = ev.At
		events++
		of[ev.Instance]++
		if ev.Name == "reset" {
			resets++
		}
	})
	if events != r.Events || len(of) != 3 || resets != r.Fleet.Stops {
		t.Errorf("%d events of %d, by instance %v; %d resets at %d stops", events, r.Events, of, resets, r.Fleet.Stops)
	}
	bad := errors.New("enough")
	if _, err := Watch(sc, func(ev Event) error {
		if ev.Instance == 2 {
			return bad
		}
		return nil
	}); err != bad {
		t.Errorf("an error of the observer: %v", err)
	}
}

// The clients of a closed loop stay those of their instance, although an autoscaler has
// others serve them. Each client that is served elsewhere goes on afterwards.
func TestFleetKeepsItsClients(t *testing.T) {
	t.Parallel()
	r := auditedFleet(t, fleetOf(2, func(sc *Scenario) {
		sc.Duration = 5 * sec
		sc.Workload.Open, sc.Workload.Closed = nil, &ClosedLoop{12, exponential(10 * ms)}
		sc.Fleet.Autoscale = Autoscale{Every: sec / 4, Max: 5, Low: 0.1, High: 0.6}
	}))
	// With room for all, 24 clients make a request every 17 ms.
	if got, want := float64(r.Requests)/r.Duration, 24/0.017; r.Fleet.Starts == 0 || got < 0.85*want {
		t.Errorf("%v requests a second, want about %v; %d starts", got, want, r.Fleet.Starts)
	}
}
