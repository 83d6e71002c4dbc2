package sim

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func fleetOf(n int, change func(sc *Scenario)) *Scenario {
	sc := &Scenario{
		Seed: 7, Duration: 20 * sec,
		Pool:     Pool{MaxActive: 4, Wait: true},
		Workload: Workload{Open: &OpenLoop{Poisson: 400}, Hold: exponential(7 * ms)},
		World:    World{OpenLatency: exponential(5 * ms)},
		Fleet:    Fleet{Instances: n},
	}
	change(sc)
	return sc
}

// auditedFleet runs a fleet, and checks its books after each event.
func auditedFleet(t *testing.T, sc *Scenario) *Report {
	t.Helper()
	if err := sc.Validate(); err != nil {
		t.Fatal(err)
	}
	f := newFleet(sc)
	f.watch = func(int) error { return f.audit() }
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	for _, x := range f.all {
		x.countStuck()
	}
	r := f.report()
	again, err := Run(sc)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := asJSON(t, r), asJSON(t, again); a != b {
		t.Error("a second run has another report")
	}
	return r
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Where the instances do not meet, a fleet is so many runs of their own, to the last digit.
// An instance that has nothing to do any more goes on until all are done, so its timer may
// fire a few times more.
func TestFleetIsItsInstances(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for name, change := range map[string]func(sc *Scenario){
		"open": func(*Scenario) {},
		"closed": func(sc *Scenario) {
			sc.Workload.Open, sc.Workload.Closed = nil, &ClosedLoop{Clients: 10, Think: exponential(20 * ms)}
		},
		"faults": func(sc *Scenario) {
			sc.WarmUp, sc.Pool.IdleTimeout, sc.Pool.MinIdle = sec, 100*ms, 1
			sc.World.Restarts, sc.World.Outages, sc.World.OpenFailure = []Duration{3 * sec}, []Interval{{5 * sec, sec / 2}}, 0.01
		},
	} {
		sc := fleetOf(5, change)
		r := auditedFleet(t, sc)
		var sum Outcomes
		var opens, events uint64
		most, active := 0.0, 0.0
		for i, x := range r.Fleet.Each {
			one := simulate(t, sc.Instance(i))
			addCounts(&sum, &one.Outcomes)
			opens, events, active = opens+one.Opens, events+one.Events, active+one.Mean.Active*one.Duration
			most = max(most, one.Wait.P99)
			if x.Requests != one.Requests || x.WaitP99 != one.Wait.P99 || x.WaitMean != one.Wait.Mean || x.Opens != one.Opens || x.PeakWaiting != one.Peak.Waiting {
				t.Errorf("%s: instance %d is %+v, alone %d requests, p99 %v, %d opens", name, i, x, one.Requests, one.Wait.P99, one.Opens)
			}
		}
		if r.Outcomes != sum || r.Opens != opens || r.Events < events || r.Events > events+5 || r.Fleet.Each[r.Fleet.Worst].WaitP99 != most {
			t.Errorf("%s: all are %+v, %d opens and %d events, their sums %+v, %d and %d", name, r.Outcomes, r.Opens, r.Events, sum, opens, events)
		}
		if got := r.Mean.Active * r.Duration; math.Abs(got/active-1) > 0.01 {
			t.Errorf("%s: %v active seconds, the instances have %v", name, got, active)
		}
		var granted uint64
		for _, n := range r.Timeline.Granted {
			granted += n
		}
		if granted != r.Outcomes.Granted {
			t.Errorf("%s: %d granted in the timeline, %d in all", name, granted, r.Outcomes.Granted)
		}
	}
}

// One instance alone is a pool without a fleet, to the last byte of the report, whatever
// its requests do.
func TestFleetOfOne(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for name, change := range map[string]func(sc *Scenario){
		"plain":      func(*Scenario) {},
		"timeout":    func(sc *Scenario) { sc.Workload.Timeout = 15 * ms },
		"leases":     func(sc *Scenario) { sc.Workload.Leases = 3 },
		"nested":     func(sc *Scenario) { sc.Workload.Leases, sc.Workload.Nested, sc.Workload.Timeout = 2, true, 30*ms },
		"deadlocks":  func(sc *Scenario) { sc.Workload.Leases, sc.Workload.Nested = 2, true },
		"background": func(sc *Scenario) { sc.Workload.Background, sc.Pool.Reserve = 0.3, 1 },
		"shed":       func(sc *Scenario) { sc.Pool.ShedTarget, sc.Workload.Hold = 2*ms, exponential(12*ms) },
		"retries": func(sc *Scenario) {
			sc.Workload.Timeout, sc.Workload.Hold = 20*ms, exponential(10*ms)
			sc.Clients = Clients{Discard: 0.1, Panic: 0.1, Leak: 0.0001, Retry: Retry{Retries: 3, Backoff: 5 * ms, Jitter: 1, Budget: 0.2}}
		},
		"server": func(sc *Scenario) {
			sc.World.Server, sc.Workload.Timeout = Server{Workers: 2, Service: exponential(4 * ms)}, 20*ms
			sc.World.Restarts, sc.World.Stalls = []Duration{sec}, []Interval{{At: sec / 2, For: sec / 5}}
			sc.Clients.Retry = Retry{Retries: 2, Backoff: ms}
		},
	} {
		sc := fleetOf(1, change)
		sc.Duration = 2 * sec
		ofOneAndAlone(t, name, sc)
	}
	for _, sc := range []*Scenario{everything(), nestedScenario()} {
		sc.Requests, sc.Fleet.Instances = 3000, 1
		ofOneAndAlone(t, sc.Name, sc)
	}
}

func ofOneAndAlone(t *testing.T, name string, sc *Scenario) {
	fleet, alone := simulate(t, sc), simulate(t, sc.Instance(0))
	if f := fleet.Fleet; f == nil || f.Instances != 1 || f.Each[0].Requests != alone.Requests {
		t.Errorf("%s: the fleet is %+v", name, f)
	}
	fleet.Fleet = nil
	if a, b := asJSON(t, fleet), asJSON(t, alone); a != b {
		t.Errorf("%s: a fleet of one is\n%s\nand alone\n%s", name, a, b)
	}
}

// Instances on one server with workers wait for each other: n closed loops are one with n
// times the clients, as long as the pools are no limit.
func TestFleetSharesTheServer(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	shared := auditedFleet(t, fleetOf(4, func(sc *Scenario) {
		sc.Duration, sc.Pool.MaxActive = 200*sec, 10
		sc.Workload.Open, sc.Workload.Closed, sc.Workload.Hold = nil, &ClosedLoop{Clients: 10, Think: exponential(20 * ms)}, constant(0)
		sc.World.Server = Server{Workers: 2, Service: exponential(2 * ms)}
	}))
	one := simulate(t, fleetOf(0, func(sc *Scenario) {
		sc.Duration, sc.Pool.MaxActive = 200*sec, 40
		sc.Workload.Open, sc.Workload.Closed, sc.Workload.Hold = nil, &ClosedLoop{Clients: 40, Think: exponential(20 * ms)}, constant(0)
		sc.World.Server = Server{Workers: 2, Service: exponential(2 * ms)}
	}))
	near := func(a, b float64) bool { return math.Abs(a/b-1) < 0.02 }
	if !near(float64(shared.Requests), float64(one.Requests)) || !near(shared.Server.Total.Mean, one.Server.Total.Mean) || !near(shared.Server.Utilization, one.Server.Utilization) {
		t.Errorf("four instances have %d requests and %v at the server, one has %d and %v", shared.Requests, shared.Server, one.Requests, one.Server)
	}
}

// The server's limit is one for all instances. Together they ask for more than it takes.
func TestFleetMeetsMaxConnections(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	free := auditedFleet(t, fleetOf(10, func(*Scenario) {}))
	tight := auditedFleet(t, fleetOf(10, func(sc *Scenario) { sc.World.MaxConnections = 30 }))
	if free.Fleet.Connections != 40 || free.OpensFailed > 0 {
		t.Errorf("without a limit the server has %d connections, and %d openings fail", free.Fleet.Connections, free.OpensFailed)
	}
	if tight.Fleet.Connections != 30 || tight.OpensFailed == 0 || tight.Outcomes.OpenFailed == 0 {
		t.Errorf("with a limit of 30 the server has %d connections, and %d openings fail", tight.Fleet.Connections, tight.OpensFailed)
	}
	// A restart of the server has all pools open their connections at once.
	storm := auditedFleet(t, fleetOf(10, func(sc *Scenario) { sc.WarmUp, sc.World.Restarts = 5*sec, []Duration{10 * sec} }))
	if storm.MostOpens < 40 || storm.Fleet.Each[0].MostOpens > 4+4 {
		t.Errorf("after a restart %d connections are opened in a second, %d by the first instance", storm.MostOpens, storm.Fleet.Each[0].MostOpens)
	}
}

// A rolling deploy loses no request, and opens all connections anew. While an instance is
// gone the others have its load.
func TestRollingDeploy(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	calm := auditedFleet(t, fleetOf(4, func(*Scenario) {}))
	r := auditedFleet(t, fleetOf(4, func(sc *Scenario) { sc.Fleet.Deploy = Deploy{At: 5 * sec, Every: 2 * sec, Down: sec} }))
	if r.Requests != calm.Requests || r.Outcomes.Granted != r.Requests || r.Fleet.Starts != 4 || r.Fleet.Stops != 4 {
		t.Errorf("%d requests of %d, %+v, %+v", r.Requests, calm.Requests, r.Outcomes, r.Fleet)
	}
	if r.Opens < calm.Opens+12 || r.Closes["reset"]+r.Closes["surplus"] < 12 {
		t.Errorf("%d opens, without a deploy %d; closes %v", r.Opens, calm.Opens, r.Closes)
	}
	if want := 4 - 4.0/20; math.Abs(r.Fleet.MeanLive-want) > 0.02 {
		t.Errorf("%v instances are live on average, want %v", r.Fleet.MeanLive, want)
	}
	if r.Wait.P99 <= calm.Wait.P99 {
		t.Errorf("p99 is %v with a deploy and %v without", r.Wait.P99, calm.Wait.P99)
	}
}

// A deploy comes on time even if no client thinks at its instant, since all are being served.
func TestDeployWhileAllAreServed(t *testing.T) {
	r := auditedFleet(t, fleetOf(2, func(sc *Scenario) {
		sc.Duration = 300 * ms
		sc.Workload = Workload{Closed: &ClosedLoop{Clients: 1, Think: constant(ms)}, Hold: constant(100 * ms)}
		sc.World.OpenLatency = constant(0)
		sc.Fleet.Deploy = Deploy{At: 30 * ms, Every: 10 * ms, Down: 5 * ms}
	}))
	// Each client is served at 0, 101 and 202 ms. At 30 and 40 ms its connection is in use.
	if r.Fleet.Starts != 2 || r.Opens != 4 || r.Closes["reset"]+r.Closes["surplus"] != 2 || r.Fleet.Connections != 2 {
		t.Errorf("%+v, %d opens, closes %v", r.Fleet, r.Opens, r.Closes)
	}
}

// The autoscaler follows the load: its number of instances keeps the utilization between
// its limits.
func TestAutoscale(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	r := auditedFleet(t, fleetOf(2, func(sc *Scenario) {
		sc.Duration = 60 * sec
		// 2 to 8 to 2 connections in use, of 4 for each instance.
		sc.Workload.Open = &OpenLoop{Phases: []Phase{{20 * sec, 140}, {20 * sec, 570}, {20 * sec, 140}}}
		sc.Fleet.Autoscale = Autoscale{Every: sec, Min: 1, Max: 6, Low: 0.3, High: 0.6}
	}))
	if r.Fleet.Instances != 6 || r.Fleet.Starts < 2 || r.Fleet.Stops < 2 || r.Outcomes.Granted != r.Requests {
		t.Errorf("%+v, %+v", r.Fleet, r.Outcomes)
	}
	var calm, busy float64
	for i := range r.Timeline.Active {
		switch at := r.Timeline.Step * float64(i); {
		case at > 10 && at < 19:
			calm = max(calm, r.Timeline.Active[i])
		case at > 30 && at < 39:
			busy = max(busy, r.Timeline.Active[i])
		}
	}
	if calm > 8 || busy < 12 {
		t.Errorf("%v connections while it is calm, %v while it is busy", calm, busy)
	}
}

func TestFleetIsValidated(t *testing.T) {
	for want, change := range map[string]func(sc *Scenario){
		"fleet.deploy: there are no":        func(sc *Scenario) { sc.Fleet = Fleet{Deploy: Deploy{Every: 1}} },
		"fleet.autoscale: there are no":     func(sc *Scenario) { sc.Fleet = Fleet{Autoscale: Autoscale{Every: 1}} },
		"fleet.instances: 2000 is above":    func(sc *Scenario) { sc.Fleet.Instances = 2000 },
		"fleet.deploy.every: it is not set": func(sc *Scenario) { sc.Fleet.Deploy.At = sec },
		"all instances are gone at once":    func(sc *Scenario) { sc.Fleet.Deploy = Deploy{Every: sec, Down: sec} },
		"fleet.autoscale.every: it is not":  func(sc *Scenario) { sc.Fleet.Autoscale.High = 1 },
		"it needs pool.max_active":          func(sc *Scenario) { sc.Fleet.Autoscale, sc.Pool.MaxActive = Autoscale{Every: sec, High: 1}, 0 },
		"is not above low":                  func(sc *Scenario) { sc.Fleet.Autoscale = Autoscale{Every: sec} },
		"fleet.autoscale.max: 1 is below 2": func(sc *Scenario) { sc.Fleet.Autoscale = Autoscale{Every: sec, High: 1, Max: 1} },
		"fleet.autoscale.min: 3 is above":   func(sc *Scenario) { sc.Fleet.Autoscale = Autoscale{Every: sec, High: 1, Min: 3} },
	} {
		_, err := Run(fleetOf(2, change))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if !reflect.DeepEqual(fleetOf(3, func(*Scenario) {}).Instance(0).Fleet, Fleet{}) {
		t.Error("an instance has a fleet")
	}
}

// All that a fleet can have goes together.
func TestFleetOfEverything(t *testing.T) {
	r := auditedFleet(t, fleetScenario())
	if o := r.Outcomes; o.OpenFailed == 0 || r.Fleet.Starts < 4 || r.Fleet.Stops < 4 || r.Server == nil {
		t.Errorf("%+v, %+v", o, r.Fleet)
	}
}
