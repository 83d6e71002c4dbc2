package sim

import "testing"

// Requests and work in the background are together 1.2 times what ten connections can
// serve, the requests alone 0.6 times. In one queue all wait, ever longer. In the background
// the work leaves two connections, and takes what is left: no request waits long, and the
// connections are as busy.
func TestBackgroundLeavesTheReserve(t *testing.T) {
	onOneGoroutine(t)
	run := func(share float64, reserve int) *Report {
		return simulate(t, &Scenario{
			Seed: 1, Duration: 20 * sec, WarmUp: sec,
			Pool:     Pool{MaxActive: 10, Wait: true, Reserve: reserve},
			Workload: Workload{Open: &OpenLoop{Poisson: 1.2 * 10 / 0.003}, Hold: exponential(3 * ms), Background: share},
		})
	}
	mixed, apart, reserved := run(0, 0), run(0.5, 0), run(0.5, 2)
	t.Logf("waited %v %v %v", mixed.WaitedFraction, apart.WaitedFraction, reserved.WaitedFraction)
	t.Logf("p99 of the wait %v, %v in the background, %v with a reserve; refused %d and %d of %d; utilization %v, %v, %v", mixed.Wait.P99, apart.Wait.P99, reserved.Wait.P99,
		apart.Outcomes.Reserved, reserved.Outcomes.Reserved, reserved.Requests, mixed.Utilization, apart.Utilization, reserved.Utilization)
	if mixed.Wait.P99 < 1 || apart.Wait.P99 > 0.005 || reserved.Wait.P99 > apart.Wait.P99 || reserved.WaitedFraction > apart.WaitedFraction/1.5 {
		t.Errorf("p99 of the wait: %v s in one queue, %v s in the background, %v s with a reserve", mixed.Wait.P99, apart.Wait.P99, reserved.Wait.P99)
	}
	if reserved.Utilization < 0.7 {
		t.Errorf("with a reserve the utilization is %v", reserved.Utilization)
	}
	if most := reserved.Requests * 55 / 100; reserved.Outcomes.Reserved == 0 || reserved.Outcomes.Reserved > most || reserved.Outcomes.Granted+reserved.Outcomes.Reserved != reserved.Requests {
		t.Errorf("%+v of %d", reserved.Outcomes, reserved.Requests)
	}
}
