package sim

import "testing"

// oldTogether is a pool whose connections were opened together, and so reach their age together.
func oldTogether(ahead Duration) *Scenario {
	return &Scenario{
		Seed: 1, Duration: 60 * sec, WarmUp: sec,
		Pool:     Pool{MaxActive: 20, Wait: true, MaxAge: 5 * sec, ReplaceAhead: ahead},
		Workload: Workload{Open: &OpenLoop{Poisson: 500}, Hold: exponential(20 * ms)},
		World:    World{OpenLatency: constant(100 * ms)},
	}
}

// With ReplaceAhead no request waits for an opening that was to be expected.
func TestReplaceAheadEndsTheHerd(t *testing.T) {
	without, with := simulate(t, oldTogether(0)), simulate(t, oldTogether(2*sec))
	t.Logf("acquire p99 %v and %v, max %v and %v; opens %d and %d", without.Acquire.P99, with.Acquire.P99, without.Acquire.Max, with.Acquire.Max, without.Opens, with.Opens)
	if without.Acquire.P99 < 0.05 {
		t.Errorf("without it the p99 of acquires is %v s: the scenario shows nothing", without.Acquire.P99)
	}
	if with.Acquire.P99 > 0.005 {
		t.Errorf("with it the p99 of acquires is %v s", with.Acquire.P99)
	}
	if with.Peak.Active > 20 || with.Outcomes.Granted != without.Outcomes.Granted {
		t.Errorf("peak %d, granted %d and %d", with.Peak.Active, without.Outcomes.Granted, with.Outcomes.Granted)
	}
}
