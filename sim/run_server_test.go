package sim

import "testing"

// Two workers serve five leases that ask at once: the first two take 10 ms, the next two
// wait for these, and the last one for them.
func TestServerQueue(t *testing.T) {
	sc := &Scenario{
		Workload: arriving(constant(5*ms), 0, 0, 0, 0, 0),
		World:    World{Server: Server{Workers: 2, Service: constant(10 * ms)}},
	}
	r := simulate(t, sc)
	if r.Total.Mean < 0.0229999 || r.Total.Mean > 0.0230001 || r.Total.Max != 0.035 || r.Duration != 0.035 {
		t.Errorf("total %+v, ended at %v", r.Total, r.Duration)
	}
	s := r.Server
	if s.PeakQueue != 3 || s.Wait.Max != 0.020 || s.Total.Max != 0.030 || s.Total.Count != 5 {
		t.Errorf("%+v", s)
	}
	// Of 70 ms of work, 50 were done. Three waited for 10 ms, one of them for 20.
	if got, want := s.Utilization, 50./70; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("utilization %v, want %v", got, want)
	}
	if got, want := s.Queue, 40./35; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("queue %v, want %v", got, want)
	}
}

// With a pool of two nobody waits at the server: the queue is the pool's.
func TestSmallerPoolKeepsTheQueue(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 2, Wait: true},
		Workload: arriving(Dist{}, 0, 0, 0, 0, 0),
		World:    World{Server: Server{Workers: 2, Service: constant(10 * ms)}},
	}
	r := simulate(t, sc)
	if r.Server.PeakQueue != 0 || r.Wait.Max != 0.020 || r.Duration != 0.030 {
		t.Errorf("%+v, waited %v, ended at %v", r.Server, r.Wait.Max, r.Duration)
	}
}

// A restart ends all visits, of those that are served and of those in the queue. Each
// lease finds its connection dead.
func TestRestartEndsVisits(t *testing.T) {
	sc := &Scenario{
		Workload: arriving(Dist{}, 0, 0, 0, 50),
		World:    World{Server: Server{Workers: 1, Service: constant(20 * ms)}, Restarts: []Duration{25 * ms}},
	}
	r := simulate(t, sc)
	// So does the last one, which gets the connection that was idle.
	if r.Uses != (Uses{Released: 1, Broken: 3}) || r.Duration != 0.050 || r.Server.Total.Count != 1 {
		t.Errorf("%+v, ended at %v, %d visits", r.Uses, r.Duration, r.Server.Total.Count)
	}
	// A half-open connection costs its user the time until it is noticed.
	sc.World.DeadLatency = constant(200 * ms)
	if r := simulate(t, sc); r.Uses.Broken != 3 || r.Total.Max != 0.225 {
		t.Errorf("%+v, longest %v", r.Uses, r.Total.Max)
	}
	// Or its timeout, if that is shorter.
	sc.Workload.Timeout = 100 * ms
	if r := simulate(t, sc); r.Uses.Broken != 3 || r.Total.Max != 0.100 {
		t.Errorf("%+v, longest %v", r.Uses, r.Total.Max)
	}
}

// A server does not notice that a request has timed out: the next visit waits for it.
func TestTimeoutLeavesTheVisit(t *testing.T) {
	sc := &Scenario{
		Workload: arriving(Dist{}, 0, 35),
		World:    World{Server: Server{Workers: 1, Service: constant(30 * ms)}},
	}
	sc.Workload.Open.Trace = append([]Duration{0}, sc.Workload.Open.Trace...)
	sc.Workload.Timeout = 40 * ms
	r := simulate(t, sc)
	// The first one ends at 30 ms. The second one, which came with it, times out at 40,
	// and is served until 60. The third one came at 35, and would be done at 90.
	if r.Uses != (Uses{Released: 1, TimedOut: 2}) || r.Duration != 0.075 {
		t.Errorf("%+v, ended at %v", r.Uses, r.Duration)
	}
	if r.Calls.Good != 1 || r.Calls.Failed != 2 || r.Closes["discarded"] != 2 {
		t.Errorf("%+v, %v", r.Calls, r.Closes)
	}
}

// A stall stops what the server does, and the holder's own part goes on.
func TestStall(t *testing.T) {
	stall := []Interval{{At: 10 * ms, For: 100 * ms}}
	for _, c := range []struct {
		name string
		sc   *Scenario
		end  float64
	}{
		{"a hold", &Scenario{Workload: arriving(constant(30*ms), 0)}, 0.130},
		{"the end of a hold", &Scenario{Workload: arriving(constant(10*ms), 0)}, 0.010},
		{"an opening", &Scenario{Workload: arriving(constant(ms), 0), World: World{OpenLatency: constant(20 * ms)}}, 0.121},
		{"an opening that takes no time", &Scenario{Workload: arriving(constant(ms), 50)}, 0.111},
		{"the client's part", &Scenario{Workload: arriving(constant(30*ms), 0),
			World: World{Server: Server{Workers: 1, Service: constant(ms)}}}, 0.111},
		{"a visit", &Scenario{Workload: arriving(Dist{}, 0), World: World{Server: Server{Workers: 1, Service: constant(15 * ms)}}}, 0.115},
	} {
		c.sc.World.Stalls = stall
		if r := simulate(t, c.sc); r.Duration != c.end {
			t.Errorf("%s: ended at %v, want %v", c.name, r.Duration, c.end)
		}
	}
	// Stalls that overlap are one.
	sc := &Scenario{Workload: arriving(constant(30*ms), 0), World: World{Stalls: []Interval{{60 * ms, 40 * ms}, {10 * ms, 60 * ms}, {20 * ms, ms}}}}
	if r := simulate(t, sc); r.Duration != 0.120 {
		t.Errorf("ended at %v", r.Duration)
	}
}
