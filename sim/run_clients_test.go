package sim

import (
	"testing"

	"github.com/respool/respool/sim/internal/observe"
)

func TestDiscardPanicAndLeakAreShares(t *testing.T) {
	onOneGoroutine(t)
	sc := &Scenario{
		Seed: 2, Requests: 100_000,
		Workload: Workload{Open: &OpenLoop{Constant: 100}, Hold: constant(2 * ms)},
		Clients:  Clients{Discard: 0.1, Panic: 0.05, Leak: 0.01},
	}
	r := simulate(t, sc)
	for _, c := range []struct {
		kind string
		got  uint64
		mean float64
	}{{"discarded", r.Uses.Discarded, 10_000}, {"panicked", r.Uses.Panicked, 5_000}, {"leaked", r.Uses.Leaked, 1_000}} {
		expect(t, c.kind, int(c.got), c.mean)
	}
	if r.Closes["discarded"] != r.Uses.Discarded+r.Uses.Panicked {
		t.Errorf("%d closed, %+v", r.Closes["discarded"], r.Uses)
	}
	if r.Peak.Leased != int(r.Uses.Leaked)+1 && r.Peak.Leased != int(r.Uses.Leaked) {
		t.Errorf("%d leaked, but at most %d were out", r.Uses.Leaked, r.Peak.Leased)
	}
}

func TestPanicIsHalfWay(t *testing.T) {
	sc := &Scenario{Workload: arriving(constant(10*ms), 0), Clients: Clients{Panic: 1}}
	if r := simulate(t, sc); r.Total.Max != 0.005 || r.Uses != (Uses{Panicked: 1}) {
		t.Errorf("total %v, %+v", r.Total.Max, r.Uses)
	}
}

// Leaks exhaust a pool. The waiters then wait forever. The run ends all the same, and
// says so.
func TestLeaksExhaustThePool(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 3, Wait: true},
		Workload: arriving(constant(ms), every(10, 20)...),
		World:    World{IdleTimeout: 5 * ms}, // the server looks again and again
		Clients:  Clients{Leak: 1},
	}
	r := simulate(t, sc)
	outcomes(t, r, Outcomes{Granted: 3, Stuck: 17})
	if r.Utilization < 0.8 || r.Uses.Leaked != 3 {
		t.Errorf("utilization %v, %+v", r.Utilization, r.Uses)
	}
	// Some way out there is for those whose patience, or the pool's, ends.
	sc.Pool.WaitTimeout = 25 * ms
	outcomes(t, simulate(t, sc), Outcomes{Granted: 3, TimedOut: 17})
	sc.Pool.WaitTimeout = 0
	sc.Workload.Patience = constant(25 * ms)
	outcomes(t, simulate(t, sc), Outcomes{Granted: 3, GaveUp: 17})
}

// A closed workload whose clients are all stuck is over.
func TestLeaksEndAClosedWorkload(t *testing.T) {
	sc := &Scenario{
		Requests: 1000, Pool: Pool{MaxActive: 2, Wait: true},
		Workload: Workload{Closed: &ClosedLoop{Clients: 5, Think: constant(ms)}, Hold: constant(ms)},
		World:    World{IdleTimeout: 5 * ms},
		Clients:  Clients{Leak: 1},
	}
	outcomes(t, simulate(t, sc), Outcomes{Granted: 2, Stuck: 5})
}

// A holder who has to close something is done after that: a closed client does
// not think before.
func TestHolderWaitsForTheClose(t *testing.T) {
	sc := &Scenario{
		Requests: 2, Pool: Pool{MaxActive: 5, MaxUses: 1},
		Workload: Workload{Closed: &ClosedLoop{Clients: 1, Think: constant(5 * ms)}, Hold: constant(10 * ms)},
		World:    World{CloseLatency: constant(20 * ms)},
	}
	var at []Instant
	watched(t, sc, func(ev Event) {
		if ev.Name == "acquire" {
			at = append(at, ev.At)
		}
	})
	if len(at) != 2 || at[0] != Instant(5*ms) || at[1] != Instant(40*ms) {
		t.Errorf("it came at %v", at)
	}
}

// Requests are the same in runs of different pools: what they hold, and for how
// long they would wait, does not depend on who is served when.
func TestRequestsHaveCommonChance(t *testing.T) {
	onOneGoroutine(t)
	holds := func(active int) (all []int64) {
		sc := everything()
		sc.Pool.MaxActive = active
		sc.Workload.Leases, sc.Clients.Retry = 1, Retry{} // each request asks once
		byArrival := map[Instant]int64{}
		var order []Instant
		e := newEngine(sc)
		e.watch = func(ev observe.Event) error {
			if ev.Verb == "acquire" {
				r := e.requests.all[ev.Request-1]
				order = append(order, ev.At)
				byArrival[ev.At] = int64(r.hold) ^ int64(r.patience)
			}
			return nil
		}
		if err := e.run(); err != nil {
			t.Fatal(err)
		}
		for _, at := range order {
			all = append(all, byArrival[at])
		}
		return all
	}
	small, large := holds(6), holds(60)
	if len(small) != len(large) {
		t.Fatalf("%d requests, and %d", len(small), len(large))
	}
	for i := range small {
		if small[i] != large[i] {
			t.Fatalf("request %d differs", i)
		}
	}
}
