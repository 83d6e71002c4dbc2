package sim

import (
	"slices"
	"testing"
)

// nestedClients is requests that all come at once, and hold several connections each.
func nestedClients(requests, leases, size int) *Scenario {
	sc := &Scenario{
		Pool:     Pool{MaxActive: size, Wait: true},
		Workload: arriving(constant(10*ms), make([]int, requests)...),
	}
	sc.Workload.Leases, sc.Workload.Nested = leases, true
	return sc
}

// Two requests hold one of two connections each, and wait for a second one.
func TestDeadlockIsNamed(t *testing.T) {
	r := simulate(t, nestedClients(2, 2, 2))
	d := r.Deadlocks
	if d == nil {
		t.Fatal("no deadlock was found")
	}
	if d.Count != 1 || !d.Forever || d.First != 0.010 || d.Waiting != 2 || len(d.Holders) != 2 {
		t.Errorf("%+v", d)
	}
	for i, h := range d.Holders {
		if h.Request != i+1 || !slices.Equal(h.Holds, []string{[]string{"1.1", "2.1"}[i]}) {
			t.Errorf("holder %+v", h)
		}
	}
	if r.Calls.Stuck != 2 || r.Uses.Held != 2 || r.Outcomes.Stuck != 2 {
		t.Errorf("%+v, %+v, %+v", r.Calls, r.Uses, r.Outcomes)
	}
	// One connection more, and one of them gets its second.
	if r := simulate(t, nestedClients(2, 2, 3)); r.Deadlocks != nil || r.Calls.Good != 2 || r.Duration != 0.030 {
		t.Errorf("%+v, %+v, ended at %v", r.Deadlocks, r.Calls, r.Duration)
	}
	// One after another they need no more than one.
	sc := nestedClients(2, 2, 1)
	sc.Workload.Nested = false
	if r := simulate(t, sc); r.Deadlocks != nil || r.Calls.Good != 2 || r.Duration != 0.040 || r.Outcomes.Granted != 4 {
		t.Errorf("%+v, %+v, ended at %v", r.Deadlocks, r.Calls, r.Duration)
	}
}

// A wait timeout ends a deadlock: a request that waits gives up, and gives back what it
// holds. The other one goes on.
func TestDeadlockEnds(t *testing.T) {
	sc := nestedClients(2, 2, 2)
	sc.Workload.Hold = Dist{Empirical: []Duration{10 * ms, 12 * ms}}
	sc.Seed = 3
	sc.Pool.WaitTimeout = 100 * ms
	r := simulate(t, sc)
	if d := r.Deadlocks; d == nil || d.Forever || d.Count != 1 || d.Total < 0.097 || d.Total > 0.100 {
		t.Errorf("%+v", d)
	}
	if r.Outcomes.TimedOut == 0 || r.Calls.Failed == 0 || r.Uses.Held != 0 {
		t.Errorf("%+v, %+v, %+v", r.Outcomes, r.Calls, r.Uses)
	}
}

// A connection that has leaked makes a pool smaller: what was enough is not any more.
func TestDeadlockWithALeak(t *testing.T) {
	sc := nestedClients(3, 2, 4)
	sc.Workload.Open.Trace = append(sc.Workload.Open.Trace, 100*ms, 100*ms, 100*ms)
	if r := simulate(t, sc); r.Deadlocks != nil {
		t.Fatalf("%+v", r.Deadlocks)
	}
	found := 0
	for seed := range uint64(50) {
		sc.Seed, sc.Clients.Leak = seed, 0.2
		r := simulate(t, sc)
		if r.Deadlocks == nil {
			continue
		}
		found++
		if len(r.Deadlocks.Holders)+int(r.Uses.Leaked) != 4 {
			t.Errorf("seed %d: %+v, %+v", seed, r.Deadlocks, r.Uses)
		}
	}
	if found < 10 {
		t.Errorf("%d of 50 runs with leaks have a deadlock", found)
	}
}

// The smallest pool without a deadlock has clients x (leases - 1) + 1 connections
// (HikariCP, About Pool Sizing), in runs in which all clients want their last one.
func TestFormulaOfHikariCP(t *testing.T) {
	for clients := 1; clients <= 5; clients++ {
		for leases := 2; leases <= 4; leases++ {
			enough := clients*(leases-1) + 1
			if r := simulate(t, nestedClients(clients, leases, enough)); r.Deadlocks != nil {
				t.Errorf("%d clients, %d leases: a deadlock with %d connections", clients, leases, enough)
			}
			if r := simulate(t, nestedClients(clients, leases, enough-1)); r.Deadlocks == nil || !r.Deadlocks.Forever {
				t.Errorf("%d clients, %d leases: no deadlock with %d connections", clients, leases, enough-1)
			}
		}
	}
}
