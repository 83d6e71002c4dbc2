package sim

import "testing"

// Requests with less time than an opening takes are served after one opening, since it
// goes on when the first of them has left.
func TestOpeningOutlivesItsRequest(t *testing.T) {
	arrivals := make([]int, 20)
	for i := range arrivals {
		arrivals[i] = i * 20 // the first leaves at 100 ms, and the opening ends at 195 ms
	}
	sc := &Scenario{
		Pool:     Pool{MaxActive: 1, Wait: true, OpenDetached: true},
		Workload: arriving(constant(ms), arrivals...),
		World:    World{OpenLatency: constant(195 * ms)},
	}
	sc.Workload.Patience = constant(100 * ms)
	r := simulate(t, sc)
	// Those that come less than 100 ms before the opening ends are in the queue then.
	if want := (Outcomes{GaveUp: 5, Granted: 15}); r.Opens != 1 || r.Outcomes != want {
		t.Errorf("%d openings: %+v, want %+v", r.Opens, r.Outcomes, want)
	}
}

// OpenTimeout ends an opening that nobody waits for, and no other.
func TestOpenTimeoutOfTheLeft(t *testing.T) {
	for _, c := range []struct {
		patience, timeout Duration
		opens, failed     int
	}{
		{100 * ms, 50 * ms, 0, 1},  // it fails at 150 ms
		{100 * ms, 150 * ms, 1, 0}, // it ends before
		{300 * ms, 50 * ms, 1, 0},  // the request stays
	} {
		sc := &Scenario{
			Pool:     Pool{MaxActive: 1, Wait: true, OpenDetached: true, OpenTimeout: c.timeout},
			Workload: arriving(constant(ms), 0),
			World:    World{OpenLatency: constant(200 * ms)},
		}
		sc.Workload.Patience = constant(c.patience)
		r := simulate(t, sc)
		if int(r.Opens) != c.opens || int(r.OpensFailed) != c.failed {
			t.Errorf("patience %v, timeout %v: %d opened, %d failed", c.patience, c.timeout, r.Opens, r.OpensFailed)
		}
	}
}
