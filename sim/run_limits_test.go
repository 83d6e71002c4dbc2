package sim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These scenarios have instants of arrival instead of chance, so each outcome
// can be worked out by hand.

func outcomes(t *testing.T, r *Report, want Outcomes) {
	t.Helper()
	if d := cmp.Diff(want, r.Outcomes); d != "" {
		t.Error(d)
	}
}

func TestRunStory(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 1, Wait: true, MaxUses: 2},
		Workload: arriving(constant(10*ms), 0, 3),
		World:    World{OpenLatency: constant(5 * ms), CloseLatency: constant(2 * ms)},
	}
	want := `0s acquire: open slot 1.1
3ms acquire: wait
5ms opened: granted slot 1.1
15ms release: done
25ms release: close slot 1.3
27ms closed: done
`
	if d := cmp.Diff(want, storyOf(t, sc)); d != "" {
		t.Error(d)
	}
	r := simulate(t, sc)
	if r.Wait.Max != 0.012 || r.WaitedFraction != 0.5 || r.Acquire.Max != 0.012 || r.Total.Max != 0.022 || r.Open.Max != 0.005 {
		t.Errorf("%+v", r)
	}
	if r.Closes["worn_out"] != 1 || r.Opens != 1 || r.Duration != 0.027 || r.Events != 6 {
		t.Errorf("%+v", r)
	}
	if r.Peak != (Peaks{Active: 1, Leased: 1, Waiting: 1, Opening: 1}) {
		t.Errorf("%+v", r.Peak)
	}
}

func TestNoWait(t *testing.T) {
	r := simulate(t, &Scenario{Pool: Pool{MaxActive: 2}, Workload: arriving(constant(10*ms), 0, 1, 2, 9, 11)})
	outcomes(t, r, Outcomes{Granted: 3, Exhausted: 2})
	if r.RefusedFraction != 0.4 {
		t.Errorf("refused %v", r.RefusedFraction)
	}
}

func TestMaxWaiters(t *testing.T) {
	r := simulate(t, &Scenario{Pool: Pool{MaxActive: 1, Wait: true, MaxWaiters: 2}, Workload: arriving(constant(10*ms), 0, 1, 2, 3, 12)})
	outcomes(t, r, Outcomes{Granted: 4, QueueFull: 1})
}

func TestWaitTimeout(t *testing.T) {
	sc := &Scenario{Pool: Pool{MaxActive: 1, Wait: true, WaitTimeout: 5 * ms}, Workload: arriving(constant(10*ms), 0, 1, 7)}
	r := simulate(t, sc)
	outcomes(t, r, Outcomes{Granted: 2, TimedOut: 1})
	if r.Wait.Max != 0.003 {
		t.Errorf("waited %v", r.Wait.Max)
	}
}

func TestPatience(t *testing.T) {
	sc := &Scenario{Pool: Pool{MaxActive: 1, Wait: true}, Workload: arriving(constant(10*ms), 0, 1, 2, 7)}
	sc.Workload.Patience = constant(5 * ms)
	r := simulate(t, sc)
	outcomes(t, r, Outcomes{Granted: 2, GaveUp: 2})
	if r.Duration != 0.020 {
		t.Errorf("the run lasts %v", r.Duration)
	}
}

// A run is over when its requests are, not when their patience would be.
func TestPatienceDoesNotProlongARun(t *testing.T) {
	sc := &Scenario{Pool: Pool{MaxActive: 1, Wait: true}, Workload: arriving(constant(10*ms), 0, 1)}
	sc.Workload.Patience = constant(3600 * sec)
	if r := simulate(t, sc); r.Duration != 0.020 || r.Utilization != 1 {
		t.Errorf("it lasts %v, utilization %v", r.Duration, r.Utilization)
	}
}

func TestMinIdle(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 10, MinIdle: 3},
		Workload: arriving(constant(10*ms), 100, 100, 100, 100),
		World:    World{OpenLatency: constant(5 * ms)},
	}
	r := simulate(t, sc)
	// Three are there, one opened after another; the fourth has to be opened.
	if r.Acquire.P50 != 0 || r.Acquire.Max != 0.005 || r.Peak.Idle < 3 {
		t.Errorf("%+v, peak %+v", r.Acquire, r.Peak)
	}
}

// A pool that replaces idle resources forever does not keep a run from ending.
func TestMinIdleWithAShortLife(t *testing.T) {
	for _, w := range []World{{}, {OpenLatency: constant(3 * ms), CloseLatency: constant(3 * ms)}, {OpenFailure: 1}} {
		sc := &Scenario{Pool: Pool{MaxActive: 4, MinIdle: 2, MaxAge: ms}, Workload: arriving(constant(ms), 0, 10, 20), World: w}
		r := simulate(t, sc)
		if r.Requests != 3 || r.Duration > 1 {
			t.Errorf("%d requests in %v s", r.Requests, r.Duration)
		}
	}
}

func TestIdleTimeoutAndMaxAge(t *testing.T) {
	sc := &Scenario{
		Duration: sec,
		Pool:     Pool{IdleTimeout: 100 * ms, MaxAge: 350 * ms},
		Workload: arriving(constant(10*ms), 0, 50, 100, 150, 200, 250, 300, 345, 400),
	}
	r := simulate(t, sc)
	// The first gets too old in use, at 350 ms; the second is idle from 410 ms on.
	if r.Closes["too_old"] != 1 || r.Closes["idle_too_long"] != 1 || r.Opens != 2 {
		t.Errorf("%v, %d opens", r.Closes, r.Opens)
	}
	if r.Duration != 1 {
		t.Errorf("the run lasts %v", r.Duration)
	}
}

func TestSurplusIsClosed(t *testing.T) {
	r := simulate(t, &Scenario{Pool: Pool{MaxActive: 5, MaxIdle: 2}, Workload: arriving(constant(10*ms), 0, 0, 0, 0, 0)})
	if r.Closes["surplus"] != 3 || r.Peak.Idle != 2 {
		t.Errorf("%v, peak %+v", r.Closes, r.Peak)
	}
}

func TestWarmUpIsNotCounted(t *testing.T) {
	sc := &Scenario{WarmUp: 100 * ms, Pool: Pool{MaxActive: 1}, Workload: arriving(constant(10*ms), 0, 5, 95, 102, 110, 180)}
	r := simulate(t, sc)
	// The lease of 95 ms goes on for 5 ms after the warm-up.
	outcomes(t, r, Outcomes{Granted: 2, Exhausted: 1})
	if r.Duration != 0.09 || r.Opens != 0 || r.Utilization < 0.2777 || r.Utilization > 0.2778 {
		t.Errorf("%v s, %d opens, utilization %v", r.Duration, r.Opens, r.Utilization)
	}
	sc.WarmUp = sec
	if _, err := Run(sc); err == nil || err.Error() != "warm_up: the run was over after 190ms, nothing was counted" {
		t.Errorf("a warm-up that is longer than the run: %v", err)
	}
}
