package sim

import (
	"slices"
	"testing"
)

// every is so many arrivals, one each so many milliseconds.
func every(step, n int) (at []int) {
	for i := range n {
		at = append(at, i*step)
	}
	return at
}

// A restart leaves dead connections in the pool. Each costs one lease, unless a
// test finds it first.
func TestRestart(t *testing.T) {
	for _, test := range []*Test{nil, {}, {IfIdleFor: 3600 * sec}} {
		sc := &Scenario{
			Pool:     Pool{MaxActive: 4, Test: test},
			Workload: arriving(constant(50*ms), append(slices.Repeat([]int{0}, 4), slices.Repeat([]int{200}, 4)...)...),
			World:    World{Restarts: []Duration{100 * ms}},
		}
		r := simulate(t, sc)
		broken, failed := uint64(4), uint64(0)
		if test != nil && test.IfIdleFor == 0 {
			broken, failed = 0, 4
		}
		if r.Uses.Broken != broken || r.Closes["failed_test"] != failed || r.Outcomes.Granted != 8 {
			t.Errorf("test %+v: %+v, %v", test, r.Uses, r.Closes)
		}
	}
}

func TestRestartBreaksWhatIsInUse(t *testing.T) {
	sc := &Scenario{Workload: arriving(constant(50*ms), 0, 10, 100), World: World{Restarts: []Duration{20 * ms}}}
	if r := simulate(t, sc); r.Uses != (Uses{Released: 1, Broken: 2}) || r.Total.Max != 0.05 {
		t.Errorf("%+v, total %v", r.Uses, r.Total.Max)
	}
}

func TestOutage(t *testing.T) {
	sc := &Scenario{
		Workload: arriving(constant(ms), every(10, 30)...),
		World:    World{OpenLatency: constant(ms), Outages: []Interval{{At: 95 * ms, For: 100 * ms}, {At: 150 * ms, For: 60 * ms}}},
	}
	r := simulate(t, sc)
	// At 100 ms a dead connection is lent. Later requests have to open one, and cannot
	// until 210 ms. The opening that begins then succeeds.
	outcomes(t, r, Outcomes{Granted: 20, OpenFailed: 10})
	if r.Uses.Broken != 1 || r.OpensFailed != 10 || r.Opens != 2 {
		t.Errorf("%+v, %d opens, %d failed", r.Uses, r.Opens, r.OpensFailed)
	}
}

func TestServerIdleTimeout(t *testing.T) {
	sc := &Scenario{
		Workload: arriving(constant(10*ms), 0, 50, 150, 270),
		World:    World{IdleTimeout: 100 * ms},
	}
	// It was idle for 40 ms, for 90 ms, and for 110 ms, which is too long.
	if r := simulate(t, sc); r.Uses != (Uses{Released: 3, Broken: 1}) {
		t.Errorf("%+v", r.Uses)
	}
	// A holder talks to the server all the time.
	sc.Workload = arriving(constant(1000*ms), 0, 1050)
	if r := simulate(t, sc); r.Uses != (Uses{Released: 2}) {
		t.Errorf("%+v", r.Uses)
	}
	// The pool's own limit is shorter, so nothing is dead when it is lent.
	sc.Workload = arriving(constant(10*ms), every(95, 100)...)
	sc.World.IdleTimeout = 80 * ms
	sc.Pool.IdleTimeout = 70 * ms
	if r := simulate(t, sc); r.Uses != (Uses{Released: 100}) || r.Opens != 100 {
		t.Errorf("%+v, %d opens", r.Uses, r.Opens)
	}
}

func TestServerMaxConnections(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 5},
		Workload: arriving(constant(10*ms), 0, 0, 0, 0, 0, 20, 20, 20),
		World:    World{MaxConnections: 3, OpenLatency: constant(ms)},
	}
	outcomes(t, simulate(t, sc), Outcomes{Granted: 6, OpenFailed: 2})
	// Connections that the pool has closed do not count there any more.
	sc.Pool.MaxUses = 1
	sc.Workload = arriving(constant(10*ms), 0, 0, 0, 20, 20, 20)
	outcomes(t, simulate(t, sc), Outcomes{Granted: 6})
}

func TestSlowdowns(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxUses: 1},
		Workload: arriving(constant(10*ms), 0, 100, 200, 300, 400),
		World: World{
			OpenLatency: constant(2 * ms),
			Slow:        []Slowdown{{At: 50 * ms, For: 200 * ms, Factor: 3}, {At: 150 * ms, For: 200 * ms, Factor: 0.7}},
		},
	}
	var total []Instant
	began := map[int]Instant{}
	watched(t, sc, func(ev Event) {
		switch ev.Name {
		case "acquire":
			began[ev.Request] = ev.At
		case "release":
			total = append(total, ev.At-began[ev.Request])
		}
	})
	m := Instant(ms)
	if want := []Instant{12 * m, 36 * m, 252 * m / 10, 84 * m / 10, 12 * m}; !slices.Equal(total, want) {
		t.Errorf("they took %v, want %v", total, want)
	}
}

func TestLife(t *testing.T) {
	sc := &Scenario{Workload: arriving(constant(10*ms), every(20, 100)...), World: World{Life: constant(205 * ms)}}
	// Of each ten leases and a bit the last finds the connection dead, or breaks.
	r := simulate(t, sc)
	if r.Uses.Broken != 9 || r.Closes["discarded"] != 9 || r.Opens != 10 {
		t.Errorf("%+v, %d opens", r.Uses, r.Opens)
	}
}

func TestOpenFailure(t *testing.T) {
	onOneGoroutine(t)
	sc := &Scenario{Seed: 5, Requests: 100_000, Pool: Pool{MaxUses: 1},
		Workload: Workload{Open: &OpenLoop{Constant: 1000}}, World: World{OpenFailure: 0.1}}
	r := simulate(t, sc)
	// With so many requests, a share of 0.1 has a standard deviation of 0.00095.
	if r.RefusedFraction < 0.096 || r.RefusedFraction > 0.104 || r.OpensFailed != r.Outcomes.OpenFailed {
		t.Errorf("refused %v, %d failed", r.RefusedFraction, r.OpensFailed)
	}
}

func TestTestFailure(t *testing.T) {
	onOneGoroutine(t)
	sc := &Scenario{Seed: 5, Requests: 100_000, Pool: Pool{MaxActive: 1, Wait: true, Test: &Test{}},
		Workload: Workload{Open: &OpenLoop{Constant: 1000}, Hold: constant(100_000)},
		World:    World{TestFailure: 0.1, TestLatency: constant(200_000), OpenLatency: constant(50_000), CloseLatency: constant(50_000)}}
	r := simulate(t, sc)
	if failed := float64(r.Closes["failed_test"]) / 1e5; failed < 0.096 || failed > 0.104 {
		t.Errorf("%v failed", failed)
	}
	// A request that finds it bad closes it, and opens another.
	if r.Outcomes.Granted != 100_000 || r.Acquire.P90 != 300e-6 || r.Acquire.Max != 300e-6 || r.WaitedFraction != 0 {
		t.Errorf("acquire %+v", r.Acquire)
	}
}

// A dial that hangs keeps its place, and the requests behind it wait. Of an outage
// from 100 ms to 200 ms what begins in it fails, 300 ms after it began.
func TestFailLatency(t *testing.T) {
	sc := &Scenario{
		Pool:     Pool{MaxActive: 1, Wait: true},
		Workload: arriving(constant(ms), 0, 110, 120, 250),
		World: World{OpenLatency: constant(ms), FailLatency: constant(300 * ms),
			Outages: []Interval{{At: 100 * ms, For: 100 * ms}}},
	}
	r := simulate(t, sc)
	// At 110 ms the dead connection is lent, and found dead at once. At 120 ms an
	// opening begins, which fails at 420 ms. The next one succeeds.
	outcomes(t, r, Outcomes{Granted: 3, OpenFailed: 1})
	if r.Wait.Max != 0.170 || r.Duration != 0.422 {
		t.Errorf("waited %v, ended at %v", r.Wait.Max, r.Duration)
	}
	// An opening that began before the outage also fails after FailLatency, counted from its beginning.
	sc.Workload = arriving(constant(ms), 90)
	sc.World.OpenLatency = constant(20 * ms)
	if r := simulate(t, sc); r.Outcomes.OpenFailed != 1 || r.Duration != 0.390 {
		t.Errorf("%+v, ended at %v", r.Outcomes, r.Duration)
	}
	// A failure may be quick where opening is slow.
	sc.Workload = arriving(constant(ms), 110)
	sc.World.FailLatency = constant(2 * ms)
	if r := simulate(t, sc); r.Outcomes.OpenFailed != 1 || r.Duration != 0.112 {
		t.Errorf("%+v, ended at %v", r.Outcomes, r.Duration)
	}
}

// Chance is asked once for each opening, whether failing has a time of its own.
func TestFailLatencyLeavesChance(t *testing.T) {
	sc := &Scenario{Seed: 5, Requests: 10_000, Pool: Pool{MaxUses: 1},
		Workload: Workload{Open: &OpenLoop{Constant: 1000}}, World: World{OpenFailure: 0.1}}
	was := simulate(t, sc)
	sc.World.FailLatency = constant(ms)
	if is := simulate(t, sc); is.Outcomes != was.Outcomes {
		t.Errorf("%+v, without FailLatency %+v", is.Outcomes, was.Outcomes)
	}
}

func TestDeadLatency(t *testing.T) {
	for _, c := range []struct {
		name   string
		test   *Test
		at     []int
		uses   Uses
		failed uint64
		end    float64
	}{
		// It dies at 100 ms. A request that borrows it then hangs for 500 ms.
		{"idle", nil, []int{0, 200}, Uses{Released: 1, Broken: 1}, 0, 0.700},
		// A test hangs as well, and a new one is opened.
		{"tested", &Test{}, []int{0, 200}, Uses{Released: 2}, 1, 0.750},
		// Its holder notices 500 ms after it has died.
		{"in use", nil, []int{80}, Uses{Broken: 1}, 0, 0.600},
	} {
		sc := &Scenario{
			Pool:     Pool{Test: c.test},
			Workload: arriving(constant(50*ms), c.at...),
			World:    World{Restarts: []Duration{100 * ms}, DeadLatency: constant(500 * ms)},
		}
		if r := simulate(t, sc); r.Uses != c.uses || r.Closes["failed_test"] != c.failed || r.Duration != c.end {
			t.Errorf("%s: %+v, %v, ended at %v", c.name, r.Uses, r.Closes, r.Duration)
		}
	}
	// A hold that is longer than that hides it.
	sc := &Scenario{
		Workload: arriving(constant(900*ms), 80),
		World:    World{Restarts: []Duration{100 * ms}, DeadLatency: constant(500 * ms)},
	}
	if r := simulate(t, sc); r.Uses.Broken != 1 || r.Duration != 0.980 {
		t.Errorf("%+v, ended at %v", r.Uses, r.Duration)
	}
}
