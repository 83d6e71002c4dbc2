package sim

import (
	"strings"
	"testing"
)

// keysOf is 100 keys with a skewed load, 32 connections for all of them, and 64 clients.
func keysOf(change func(sc *Scenario)) *Scenario {
	sc := &Scenario{
		Name: "keys", Seed: 7, Duration: sec,
		Pool:     Pool{MaxActive: 8, Wait: true},
		Workload: Workload{Closed: &ClosedLoop{64, exponential(ms)}, Hold: exponential(3 * ms)},
		World:    World{OpenLatency: exponential(2 * ms), CloseLatency: constant(ms / 2)},
		Keys:     Keys{Count: 100, Skew: 1.1, MaxActive: 32},
	}
	change(sc)
	return sc
}

// auditedKeys runs a scenario with keys. The books of requests are checked after each event, and
// the ledgers check themselves every few events.
func auditedKeys(t *testing.T, sc *Scenario) *Report {
	t.Helper()
	if err := sc.Validate(); err != nil {
		t.Fatal(err)
	}
	k := newKeyed(sc)
	events := 0
	k.each = func() error {
		if events++; events%499 != 0 {
			return k.acting.engine.audit()
		}
		return k.audit()
	}
	if err := k.run(); err != nil {
		t.Fatal(err)
	}
	for _, x := range k.all {
		x.countStuck()
	}
	r := k.report()
	if a, b := asJSON(t, r), asJSON(t, simulate(t, sc)); a != b {
		t.Error("a second run has another report")
	}
	return r
}

func TestKeys(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for name, change := range map[string]func(sc *Scenario){
		"closed": func(*Scenario) {},
		"open": func(sc *Scenario) {
			sc.Workload.Closed, sc.Workload.Open = nil, &OpenLoop{Poisson: 4000}
			sc.WarmUp = sec / 4
		},
		"idle": func(sc *Scenario) {
			sc.Keys.MaxIdle, sc.Pool.IdleTimeout, sc.Pool.MaxIdle = 16, 20*ms, 2
		},
		"minimum": func(sc *Scenario) { sc.Keys.Count, sc.Pool.MinIdle = 20, 1 },
		"faults": func(sc *Scenario) {
			sc.World.Restarts, sc.World.Outages, sc.World.OpenFailure = []Duration{sec / 4}, []Interval{{sec / 2, sec / 8}}, 0.01
			sc.Workload.Patience, sc.Clients.Discard, sc.Clients.Panic = exponential(50*ms), 0.05, 0.01
		},
		"backoff": func(sc *Scenario) {
			sc.Pool.OpenBackoff, sc.World.Outages = 20*ms, []Interval{{sec / 2, sec / 8}}
		},
		"timeouts and retries": func(sc *Scenario) {
			sc.Workload.Timeout, sc.Clients.Retry = 12*ms, Retry{Retries: 2, Backoff: 5 * ms, Jitter: 1}
			sc.World.CloseLatency = constant(4 * ms)
		},
		"a budget": func(sc *Scenario) {
			sc.Workload.Timeout, sc.Clients.Retry = 8*ms, Retry{Retries: 3, Backoff: ms, Budget: 0.05, Burst: 1}
			sc.Pool.WaitTimeout = 5 * ms
		},
		"urgent": func(sc *Scenario) {
			sc.Workload.Urgent, sc.Workload.Timeout, sc.Clients.Retry = 0.3, 15*ms, Retry{Retries: 1, Backoff: ms}
			sc.Keys.Count = 30
		},
		"leases":        func(sc *Scenario) { sc.Workload.Leases = 2 },
		"close timeout": func(sc *Scenario) { sc.World.CloseLatency, sc.Pool.CloseTimeout = exponential(ms), ms },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := auditedKeys(t, keysOf(change))
			k := r.Keys
			if k.PeakActive != 32 || k.Displaced == 0 || k.Reopens == 0 || k.Reopens > k.Displaced || k.Keys < 20 {
				t.Errorf("%+v", *k)
			}
			var requests, opens, displaced, reopens uint64
			var calls CallCounts
			most := 0.0
			for i, x := range k.Each {
				requests, opens, displaced, reopens = requests+x.Requests, opens+x.Opens, displaced+x.Displaced, reopens+x.Reopens
				most = max(most, x.WaitMax)
				if x.Calls != nil {
					addCounts(&calls, x.Calls)
				}
				if x.PeakActive > 8 || x.Key != i || x.Displaced > 0 && x.Opens == 0 {
					t.Errorf("%+v", x)
				}
			}
			if requests != r.Requests || opens != r.Opens || displaced != k.Displaced || reopens != k.Reopens || most != k.LongestWait || most != r.Wait.Max {
				t.Errorf("the keys have %d requests, %d opens and a wait of %v, all together %d, %d and %v", requests, opens, most, r.Requests, r.Opens, r.Wait.Max)
			}
			if c := r.Calls; c != nil && c.CallCounts != calls || c == nil && calls != (CallCounts{}) {
				t.Errorf("the keys have %+v, all together %+v", calls, c)
			}
			if share := float64(k.Each[0].Requests) / float64(r.Requests); share < 0.9*k.Each[0].Share || share > 1.1*k.Each[0].Share {
				t.Errorf("the first key has %v of the requests, want %v", share, k.Each[0].Share)
			}
		})
	}
}

// TestKeysDoNotStarve has clients that hold connections for a constant time. The longest wait of any
// key is a small multiple of the mean, although one key has a tenth of the requests and others have a few.
func TestKeysDoNotStarve(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	r := auditedKeys(t, keysOf(func(sc *Scenario) { sc.Pool.MaxActive, sc.Keys.Count = 0, 200 }))
	if k := r.Keys; k.LongestToMean > 20 || k.Keys < 150 {
		t.Errorf("%+v", *k)
	}
	for _, x := range r.Keys.Each {
		if x.Granted != x.Requests {
			t.Errorf("not all are served: %+v", x)
		}
	}
}

// TestKeysAreJudged runs scenarios as a user does. Each run judges itself.
func TestKeysAreJudged(t *testing.T) {
	for _, active := range []int{0, 2} {
		sc := keysOf(func(sc *Scenario) { sc.Pool.MaxActive, sc.Keys.Count, sc.Keys.MaxActive = active, 20, 8 })
		sc.Workload.Closed.Clients, sc.Duration, sc.Clients.Discard = 24, sec/2, 0.1
		if _, err := Run(sc); err != nil {
			t.Fatal(err)
		}
	}
}

// One key is one pool: except for the stream of arrivals, its figures are those of a run
// without keys.
func TestOneKeyIsOnePool(t *testing.T) {
	t.Parallel()
	sc := keysOf(func(sc *Scenario) {
		sc.Keys = Keys{Count: 1}
		sc.Workload.Closed, sc.Workload.Open = nil, &OpenLoop{Poisson: 2400}
	})
	r := auditedKeys(t, sc)
	sc.Keys = Keys{}
	one := simulate(t, sc)
	if r.Wait != one.Wait || r.Opens != one.Opens || r.Outcomes != one.Outcomes || r.Mean != one.Mean || r.Utilization != one.Utilization {
		t.Errorf("%+v, %+v, %v, %v\n%+v, %+v, %v, %v", r.Wait, r.Outcomes, r.Opens, r.Mean, one.Wait, one.Outcomes, one.Opens, one.Mean)
	}
	if r.Keys.Displaced != 0 {
		t.Errorf("%+v", *r.Keys)
	}
}

func TestKeysValidate(t *testing.T) {
	for want, change := range map[string]func(sc *Scenario){
		"keys: there is no keys.count":                   func(sc *Scenario) { sc.Keys.Count = 0 },
		"keys.count: 1001 is above 1000":                 func(sc *Scenario) { sc.Keys.Count = 1001 },
		"keys.skew: -1 is not from 0 to 10":              func(sc *Scenario) { sc.Keys.Skew = -1 },
		"keys.count: a fleet has no keys":                func(sc *Scenario) { sc.Fleet.Instances = 2 },
		"keys.max_idle: none may be idle":                func(sc *Scenario) { sc.Keys.MaxIdle, sc.Pool.MinIdle = -1, 1 },
		"pool.min_idle: 5 of one key":                    func(sc *Scenario) { sc.Pool.MinIdle, sc.Keys.MaxIdle = 5, 4 },
		"workload.nested: a request for a key takes one": func(sc *Scenario) { sc.Workload.Leases, sc.Workload.Nested = 2, true },
		"keys.max_active: -1 is negative":                func(sc *Scenario) { sc.Keys.MaxActive = -1 },
	} {
		sc := keysOf(change)
		_, err := Watch(sc, func(Event) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
