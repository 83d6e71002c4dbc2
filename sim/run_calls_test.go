package sim

import (
	"slices"
	"testing"
)

// refusing is a pool of one that is leased from the start, until an instant.
func refusing(until Duration, retry Retry, at ...int) *Scenario {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 1},
		Workload: arriving(Dist{Empirical: []Duration{until}}, append([]int{0}, at...)...),
		Clients:  Clients{Retry: retry},
	}
	return sc
}

// tries returns when requests asked the pool, in milliseconds, without the first.
func tries(t *testing.T, sc *Scenario) (at []int) {
	watched(t, sc, func(ev Event) {
		if ev.Name == "acquire" {
			at = append(at, int(Duration(ev.At)/ms))
		}
	})
	return at[1:]
}

func TestBackoff(t *testing.T) {
	onOneGoroutine(t)
	for _, c := range []struct {
		name  string
		retry Retry
		want  []int
	}{
		{"none", Retry{}, []int{10}},
		{"at once", Retry{Retries: 2}, []int{10, 10, 10}},
		{"twice as long each time", Retry{Retries: 4, Backoff: 10 * ms}, []int{10, 20, 40, 80, 160}},
		{"up to a limit", Retry{Retries: 4, Backoff: 10 * ms, MaxBackoff: 25 * ms}, []int{10, 20, 40, 65, 90}},
	} {
		if got := tries(t, refusing(sec, c.retry, 10)); !slices.Equal(got, c.want) {
			t.Errorf("%s: tries at %v, want %v", c.name, got, c.want)
		}
	}
	// With jitter of a half the pauses are anything from half to all.
	var pauses []int
	for seed := range uint64(200) {
		sc := refusing(sec, Retry{Retries: 1, Backoff: 100 * ms, Jitter: 0.5}, 10)
		sc.Seed = seed
		pauses = append(pauses, tries(t, sc)[1]-10)
	}
	if least, most := slices.Min(pauses), slices.Max(pauses); least < 50 || least > 52 || most < 97 || most > 99 {
		t.Errorf("pauses from %d to %d ms, want 50 to 100", least, most)
	}
}

// A retry that succeeds makes its call good, and the time of the call counts from its
// first try.
func TestRetrySucceeds(t *testing.T) {
	sc := refusing(100*ms, Retry{Retries: 3, Backoff: 40 * ms}, 10)
	r := simulate(t, sc)
	c := r.Calls
	// It asks at 10, 50 and 130 ms, and holds until 230 ms.
	if c.Calls != 2 || c.Good != 2 || c.Retries != 2 || c.Total.Max != 0.220 || r.Requests != 4 {
		t.Errorf("%+v, %d requests", c, r.Requests)
	}
	if len(r.Timeline.Attempts) == 0 || sum(r.Timeline.Attempts) != 4 || sum(r.Timeline.Good) != 2 {
		t.Errorf("over time: %v, %v", r.Timeline.Attempts, r.Timeline.Good)
	}
}

func sum(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// With a budget of a tenth, 100 requests pay for 10 retries, and the bucket has some from
// the start.
func TestRetryBudget(t *testing.T) {
	for burst, want := range map[int]uint64{0: 10 + 9, 1: 1 + 9, 5: 5 + 9} {
		sc := refusing(10*sec, Retry{Retries: 1, Budget: 0.1, Burst: burst}, every(1, 100)[1:]...)
		c := simulate(t, sc).Calls
		// Sums of tenths are rounded: the last token may be a hair too small.
		if c.Retries < want-1 || c.Retries > want || c.Retries+c.OverBudget != 99 {
			t.Errorf("burst %d: %d retries, %d over budget; want %d", burst, c.Retries, c.OverBudget, want)
		}
	}
}

// A client tries again after a refusal, an end of patience, a failed opening, a dead
// connection, and a timeout. A panic is not.
func TestWhatIsTriedAgain(t *testing.T) {
	once := Retry{Retries: 1}
	hold := constant(20 * ms)
	for _, c := range []struct {
		name    string
		sc      *Scenario
		retries uint64
	}{
		{"refused", &Scenario{Pool: Pool{MaxActive: 1}, Workload: arriving(hold, 0, 1)}, 1},
		{"wait timeout", &Scenario{Pool: Pool{MaxActive: 1, Wait: true, WaitTimeout: 5 * ms}, Workload: arriving(hold, 0, 1)}, 1},
		{"patience", &Scenario{Pool: Pool{MaxActive: 1, Wait: true},
			Workload: Workload{Open: &OpenLoop{Trace: []Duration{0, ms}}, Hold: hold, Patience: constant(5 * ms)}}, 1},
		{"opening", &Scenario{Workload: arriving(hold, 1), World: World{OpenLatency: constant(ms), Outages: []Interval{{0, 10 * ms}}}}, 1},
		{"dead", &Scenario{Workload: arriving(hold, 0), World: World{Restarts: []Duration{10 * ms}}}, 1},
		{"timeout", &Scenario{Workload: Workload{Open: &OpenLoop{Trace: []Duration{0}}, Hold: hold, Timeout: 10 * ms}}, 1},
		{"panic", &Scenario{Workload: arriving(hold, 0), Clients: Clients{Panic: 1}}, 0},
		{"discard", &Scenario{Workload: arriving(hold, 0), Clients: Clients{Discard: 1}}, 0},
	} {
		c.sc.Clients.Retry = once
		if r := simulate(t, c.sc); r.Calls.Retries != c.retries || r.Calls.Calls != uint64(len(c.sc.Workload.Open.Trace)) {
			t.Errorf("%s: %+v", c.name, r.Calls)
		}
	}
}

// A timeout ends every step of a request.
func TestTimeout(t *testing.T) {
	world := World{OpenLatency: constant(20 * ms)}
	for _, c := range []struct {
		name    string
		sc      *Scenario
		timeout Duration
		end     float64
		failed  func(*Report) uint64
	}{
		{"its opening", &Scenario{Workload: arriving(constant(ms), 0), World: world}, 10 * ms, 0.010,
			func(r *Report) uint64 { return r.Outcomes.OpenFailed }},
		{"an opening that it leaves", &Scenario{Pool: Pool{OpenDetached: true}, Workload: arriving(constant(ms), 0), World: world}, 10 * ms, 0.020,
			func(r *Report) uint64 { return r.Outcomes.GaveUp }},
		{"the queue", &Scenario{Pool: Pool{MaxActive: 1, Wait: true}, Workload: arriving(constant(9*ms), 0, 1, 2)}, 10 * ms, 0.012,
			func(r *Report) uint64 { return r.Outcomes.GaveUp + r.Uses.TimedOut - 1 }},
		{"a test of a half-open connection", &Scenario{Pool: Pool{Test: &Test{}}, Workload: arriving(constant(ms), 0, 20),
			World: World{Restarts: []Duration{10 * ms}, DeadLatency: constant(3600 * sec)}}, 15 * ms, 0.035,
			func(r *Report) uint64 { return r.Outcomes.OpenFailed + r.Closes["failed_test"] - 1 }},
		{"its hold", &Scenario{Workload: arriving(constant(30*ms), 0)}, 10 * ms, 0.010,
			func(r *Report) uint64 { return r.Uses.TimedOut }},
	} {
		c.sc.Workload.Timeout = c.timeout
		r := simulate(t, c.sc)
		if got := c.failed(r); got != 1 || r.Duration != c.end {
			t.Errorf("%s: %d, ended at %v; %+v %+v", c.name, got, r.Duration, r.Outcomes, r.Uses)
		}
	}
}

// After an outage the request that opens a connection has waited, and has no time left for
// that. So the pool never recovers, unless openings go on without their requests.
func TestOpeningsWithoutTimeLeft(t *testing.T) {
	sc := &Scenario{
		Duration: 20 * sec, Pool: Pool{MaxActive: 10, Wait: true, OpenBackoff: sec},
		Workload: Workload{Open: &OpenLoop{Poisson: 300}, Hold: exponential(10 * ms), Timeout: sec},
		World:    World{OpenLatency: constant(20 * ms), FailLatency: constant(sec), Outages: []Interval{{5 * sec, 2 * sec}}},
	}
	stuck := simulate(t, sc)
	if good := share(stuck.Calls.Good, stuck.Calls.Calls); good > 0.3 || stuck.OpensCut == 0 || stuck.OpensCut > stuck.OpensFailed {
		t.Errorf("%v of the calls are good; %d of %d failed openings had no time left", good, stuck.OpensCut, stuck.OpensFailed)
	}
	sc.Pool.OpenDetached = true
	r := simulate(t, sc)
	if good := share(r.Calls.Good, r.Calls.Calls); good < 0.8 || r.OpensCut != 0 {
		t.Errorf("detached: %v of the calls are good, %d openings had no time left", good, r.OpensCut)
	}
}
