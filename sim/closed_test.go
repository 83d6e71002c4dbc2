package sim

import (
	"math"
	"testing"
	"time"
)

func TestClosedWorkload(t *testing.T) {
	closed := func(active, clients int, think, hold Duration) *Report {
		return simulate(t, &Scenario{
			Duration: 10 * sec,
			Pool:     Pool{MaxActive: active, Wait: true},
			Workload: Workload{Closed: &ClosedLoop{Clients: clients, Think: constant(think)}, Hold: constant(hold)},
		})
	}
	// Each of 4 clients goes round in 20 ms.
	if r := closed(4, 4, 15*ms, 5*ms); r.Requests != 4*500 || r.WaitedFraction != 0 || r.Mean.Leased != 1 {
		t.Errorf("%d requests, %v waited, %v leased", r.Requests, r.WaitedFraction, r.Mean.Leased)
	}
	// One place can serve 200 a second, and 4 clients without a thought want more.
	if r := closed(1, 4, 0, 5*ms); r.Wait.P50 < 0.015 || r.Wait.P50 > 0.01502 || r.Utilization != 1 {
		t.Errorf("wait %v, utilization %v", r.Wait.P50, r.Utilization)
	}
	// Clients who think for longer than the run never come; it lasts no longer for it.
	if r := closed(4, 4, 3600*sec, 5*ms); r.Requests != 0 || r.Duration != 10 {
		t.Errorf("%d requests in %v s", r.Requests, r.Duration)
	}
}

// Theory knows what n clients who think get out of c places: the system is a
// birth-and-death process, with n-k thinking where k ask.
func TestClosedWorkloadAgreesWithTheory(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	const n, c, think, hold = 20, 4, 10., 3. // milliseconds
	weight, sum, busy := 1.0, 0.0, 0.0
	for k := 0; k <= n; k++ {
		sum += weight
		busy += weight * float64(min(k, c))
		weight *= float64(n-k) / think / (float64(min(k+1, c)) / hold)
	}
	r := simulate(t, &Scenario{
		Seed: 3, Requests: 1_000_000, WarmUp: sec,
		Pool:     Pool{MaxActive: c, Wait: true},
		Workload: Workload{Closed: &ClosedLoop{Clients: n, Think: exponential(D(think * time.Millisecond))}, Hold: exponential(D(hold * time.Millisecond))},
	})
	if want := busy / sum / c; math.Abs(r.Utilization/want-1) > 0.005 {
		t.Errorf("utilization %v, theory says %v", r.Utilization, want)
	}
	// Little's law: the round trip of n clients is n over the throughput.
	throughput := busy / sum / (hold / 1000)
	if want := n/throughput - think/1000; math.Abs(r.Total.Mean/want-1) > 0.005 {
		t.Errorf("total time %v, theory says %v", r.Total.Mean, want)
	}
}
