package sim

import "testing"

// Ten connections are offered 1.2 times what they can serve. In one queue a health check waits
// as long as all others. As an urgent request it is served within a few hold times, and the
// others pay next to nothing for it. If most requests are urgent, the others are not starved:
// of five that are served one is theirs.
func TestUrgentGoesFirst(t *testing.T) {
	run := func(share float64) *Report {
		return simulate(t, &Scenario{
			Seed: 1, Duration: 10 * sec, WarmUp: sec,
			Pool:     Pool{MaxActive: 10, Wait: true, WaitTimeout: sec},
			Workload: Workload{Open: &OpenLoop{Poisson: 1.2 * 10 / 0.003}, Hold: exponential(3 * ms), Urgent: share},
		})
	}
	none, few, most := run(0), run(0.02), run(0.99)
	t.Logf("p99 of the wait %v s; %v s with few, whose own is %v s; if most are urgent %v s", none.Wait.P99, few.Wait.P99, few.UrgentWait.P99, most.UrgentWait.P99)
	if none.UrgentWait != nil || none.Wait.P99 < 0.9 {
		t.Errorf("without urgent requests: %+v, p99 of the wait %v", none.UrgentWait, none.Wait.P99)
	}
	if few.UrgentWait.P99 > 0.005 || few.Wait.P50 < none.Wait.P50*0.95 || few.Utilization < none.Utilization*0.99 {
		t.Errorf("with few: p99 of their wait %v, utilization %v, without %v", few.UrgentWait.P99, few.Utilization, none.Utilization)
	}
	// One in a hundred is ordinary. That is less than a fifth of all that are served, so
	// none waits long.
	others := most.Outcomes.Granted - uint64(most.urgentGranted())
	if offered := most.Requests / 100; others < offered*9/10 {
		t.Errorf("%d of about %d ordinary requests were served", others, offered)
	}
}

// urgentGranted returns how many urgent requests were granted.
func (r *Report) urgentGranted() int { return int(r.histogramsOf.urgent.Count()) }

// A request that is urgent is urgent in all of its tries and leases.
func TestRetriesAndLeasesStayUrgent(t *testing.T) {
	for name, change := range map[string]func(*Scenario){
		"retries": func(sc *Scenario) { sc.Clients.Retry, sc.Workload.Timeout = Retry{Retries: 3, Backoff: ms}, 6*ms },
		"leases":  func(sc *Scenario) { sc.Workload.Leases = 3 },
		"nested":  func(sc *Scenario) { sc.Workload.Leases, sc.Workload.Nested, sc.Workload.Timeout = 2, true, sec },
	} {
		sc := &Scenario{
			Seed: 1, Requests: 2000, Pool: Pool{MaxActive: 4, Wait: true},
			Workload: Workload{Open: &OpenLoop{Poisson: 900}, Hold: exponential(3 * ms), Urgent: 1},
		}
		change(sc)
		if r := simulate(t, sc); r.urgentGranted() != int(r.Outcomes.Granted) || r.Calls.Retries+r.Outcomes.Granted == 2000 {
			t.Errorf("%s: %d of %d granted requests were urgent, with %d retries", name, r.urgentGranted(), r.Outcomes.Granted, r.Calls.Retries)
		}
	}
}

// A retry of a request in the background is in the background, too.
func TestRetriesStayInTheBackground(t *testing.T) {
	r := simulate(t, &Scenario{
		Seed: 1, Requests: 2000, Pool: Pool{MaxActive: 4, Wait: true, Reserve: 2}, Clients: Clients{Retry: Retry{Retries: 2, Backoff: ms}},
		Workload: Workload{Open: &OpenLoop{Poisson: 900}, Hold: exponential(3 * ms), Background: 1},
	})
	if o := r.Outcomes; o.Reserved == 0 || o.Reserved+o.Granted != r.Requests || r.Peak.Waiting > 0 {
		t.Errorf("%+v, %d waited at a time", o, r.Peak.Waiting)
	}
}
