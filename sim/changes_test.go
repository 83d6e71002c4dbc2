package sim

import (
	"math"
	"slices"
	"testing"
)

// herd is a pool whose connections are all opened in the first second, and live for an
// hour.
func herd(jitter Duration) *Scenario {
	return &Scenario{
		Seed: 1, Duration: 2 * 3600 * sec, WarmUp: 60 * sec,
		Pool:     Pool{MaxActive: 40, Wait: true, MaxAge: 3600 * sec, MaxAgeJitter: jitter},
		Workload: Workload{Closed: &ClosedLoop{Clients: 40, Think: exponential(10 * ms)}, Hold: constant(500 * ms)},
		World:    World{OpenLatency: constant(20 * ms)},
	}
}

// Connections that were opened together reach their age together. A jitter of a tenth of
// the age spreads their ends over minutes, so no second has more than a few openings.
func TestHerdOfLifetimes(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	together, spread := simulate(t, herd(0)), simulate(t, herd(360*sec))
	t.Logf("most opens in a second: %d, %d with jitter; at once: %d, %d", together.MostOpens, spread.MostOpens, together.Peak.Opening, spread.Peak.Opening)
	if together.MostOpens < 35 {
		t.Errorf("without jitter %d connections are opened in a second, want almost all of 40", together.MostOpens)
	}
	if spread.MostOpens > 5 {
		t.Errorf("with a jitter of 10 %% %d connections are opened in a second, want a few", spread.MostOpens)
	}
}

// Connections in constant use are replaced as often as renewal theory says. A connection
// that is opened at zero and lives for a time with the mean m and the variance v, again and
// again, has by the time t been opened t/m + 1/2 + v/(2m²) times on average, the first time included (Feller, An
// Introduction to Probability Theory and Its Applications, volume 2, XI.3). A connection is
// closed at the first return after its age, and each return is a second after the one before,
// so the times are whole seconds, and the opening of its successor comes on top.
func TestOpensAreThoseOfRenewalTheory(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	const n, age, jitter, opening, long = 40, 100, 10, 0.5, 10_000
	r := simulate(t, &Scenario{
		Seed: 1, Duration: long * sec,
		Pool:     Pool{MaxActive: n, Wait: true, MaxAge: age * sec, MaxAgeJitter: jitter * sec},
		Workload: Workload{Closed: &ClosedLoop{Clients: n, Think: constant(0)}, Hold: constant(sec)},
		World:    World{OpenLatency: constant(sec / 2)},
	})
	// Of a jitter of whole seconds each whole second is as likely as the others.
	mean := age - jitter + (jitter+1)/2. + opening
	variance := (jitter*jitter - 1) / 12.
	opens := n * (long/mean + 1./2 + variance/(2*mean*mean))
	if got := float64(r.Opens); math.Abs(got/opens-1) > 0.005 {
		t.Errorf("%v opens, want %.1f", got, opens)
	}
	// An open that is under way at the end does not count yet, and the close before it does.
	if got := r.Closes["too_old"]; got < r.Opens-n || got > r.Opens {
		t.Errorf("%d connections closed for their age, want all but the last %d of %d", got, n, r.Opens)
	}
	late, stretches := uint64(0), len(r.Timeline.Opens)
	for _, k := range r.Timeline.Opens[stretches/2:] {
		late += k
	}
	if got, want := float64(late), n*long/2/mean; math.Abs(got/want-1) > 0.02 {
		t.Errorf("%v opens in the second half, want %.1f", got, want)
	}
}

// The opens and closes of a report are those of its timeline.
func TestTimelineHasEveryOpenAndClose(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for name, sc := range pinnedScenarios(t) {
		r := simulate(t, sc)
		line := &r.Timeline
		sum := func(all []uint64) (n uint64) {
			for _, x := range all {
				n += x
			}
			return n
		}
		if opens, failed := sum(line.Opens), sum(line.OpensFailed); opens != r.Opens || failed != r.OpensFailed {
			t.Errorf("%s: the timeline has %d opens and %d that failed, the report %d and %d", name, opens, failed, r.Opens, r.OpensFailed)
		}
		for why, n := range r.Closes {
			if got := sum(line.Closes[why]); got != n {
				t.Errorf("%s: the timeline has %d closes (%s), the report %d", name, got, why, n)
			}
		}
		if most := slices.Max(line.Opening); most > r.Peak.Opening || sc.WarmUp == 0 && most != r.Peak.Opening {
			t.Errorf("%s: the timeline has %d openings at a time, the report %d", name, most, r.Peak.Opening)
		}
	}
}

// An opening is under way in each stretch that it lasts for, and the second with the most
// openings may begin at any instant.
func TestOpeningsUnderWay(t *testing.T) {
	sc := &Scenario{
		Duration: 4 * sec,
		Pool:     Pool{MaxIdle: -1},
		Workload: arriving(constant(10*ms), 0, 900, 1100, 1899, 1900, 3000),
		World:    World{OpenLatency: constant(700 * ms)},
	}
	r := simulate(t, sc)
	if r.Peak.Opening != 2 || r.MostOpens != 3 {
		t.Errorf("%d openings at a time and %d in a second, want 2 and 3", r.Peak.Opening, r.MostOpens)
	}
	for i, n := range r.Timeline.Opening {
		from, to := r.Timeline.Step*float64(i), r.Timeline.Step*float64(i+1)
		if from > 0 && to < 0.7 && n != 1 || from > 0.7 && to < 0.9 && n != 0 {
			t.Errorf("from %.3f s to %.3f s %d openings are under way", from, to, n)
		}
	}
}
