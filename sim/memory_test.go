package sim

import "testing"

// The memory of a run depends on the requests that are under way, not on those that are
// done. After ten times as many requests, the event queue and the lists of requests,
// connections and batches are as long as before.
func TestMemoryDoesNotGrowWithRequests(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	churn := simple()
	churn.Name = "all connections are new, all events far off"
	churn.Pool.MaxUses, churn.Pool.WaitTimeout, churn.Pool.MaxAge = 1, 60*sec, 3600*sec
	churn.Workload.Patience = constant(3600 * sec)
	churn.World = World{OpenLatency: constant(ms / 10), CloseLatency: constant(ms / 10), Life: exponential(24 * 3600 * sec), IdleTimeout: 3600 * sec}
	faults := everything()
	faults.Clients.Leak = 0
	closed := closedScenario()
	closed.Duration, closed.Pool.IdleTimeout = 0, ms
	for _, sc := range []*Scenario{simple(), churn, faults, closed, burstScenario()} {
		sc.Duration = 0
		size := func(requests int64) int {
			sc.Requests = requests
			e := newEngine(sc)
			if err := e.run(); err != nil {
				t.Fatal(err)
			}
			return cap(e.queue.heap) + len(e.requests.all) + len(e.conns.all) + len(e.batches.all)
		}
		few, many := size(10_000), size(100_000)
		t.Logf("%s: %d, and %d", sc.Name, few, many)
		if many > 2*few && many > 5000 {
			t.Errorf("%s: it keeps %d for 10,000 requests, and %d for ten times as many", sc.Name, few, many)
		}
	}
}

// The alarm is one, however often it is set: an earlier one does not go off, and
// does not set another.
func TestAlarmsDoNotMultiply(t *testing.T) {
	onOneGoroutine(t)
	perRequest := func(requests int64) float64 {
		sc := simple()
		sc.Requests, sc.Workload.Open.Poisson = requests, 1000
		sc.Pool.MinIdle, sc.Pool.MaxAge, sc.Pool.MaxAgeJitter = 5, 100*ms, 50*ms
		r := simulate(t, sc)
		return float64(r.Events) / float64(r.Requests)
	}
	few, many := perRequest(2_000), perRequest(20_000)
	if many > 1.1*few {
		t.Errorf("%.2f events a request, and %.2f where there are more", few, many)
	}
}
