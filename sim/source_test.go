package sim

import (
	"math"
	"slices"
	"testing"
)

// arrivalsOf returns the first instants of arrival of an open workload, at most
// n.
func arrivalsOf(sc *Scenario, n int) (all []Instant) {
	s := newSource(sc)
	for now := Instant(0); len(all) < n; {
		at, ok := s.after(now)
		if !ok || at >= s.until {
			break
		}
		all = append(all, at)
		now = at
	}
	return all
}

func openWorkload(o OpenLoop) *Scenario {
	return &Scenario{Seed: 11, Workload: Workload{Open: &o}}
}

// between counts the instants from one to another.
func between(all []Instant, from, to Duration) int {
	i, _ := slices.BinarySearch(all, Instant(from))
	j, _ := slices.BinarySearch(all, Instant(to))
	return j - i
}

// expect fails unless a number is what a Poisson process with this mean gives,
// whose deviation is the root of it.
func expect(t *testing.T, kind string, got int, mean float64) {
	t.Helper()
	if math.Abs(float64(got)-mean) > 4.5*math.Sqrt(mean) {
		t.Errorf("%s: %d, want about %.0f", kind, got, mean)
	}
}

func TestPoissonArrivals(t *testing.T) {
	const n, rate = 200_000, 2000.
	all := arrivalsOf(openWorkload(OpenLoop{Poisson: rate}), n)
	expect(t, "in 50s", between(all, 0, 50*sec), 50*rate)
	// Gaps are exponential: the share longer than x mean gaps is exp(-x).
	for _, x := range []float64{0.1, 1, 3} {
		longer, limit := 0, Instant(x/rate*1e9)
		for i, at := range all[1:] {
			if at-all[i] > limit {
				longer++
			}
		}
		if p := math.Exp(-x); math.Abs(float64(longer)/n-p) > 4.5*math.Sqrt(p*(1-p)/n) {
			t.Errorf("%v of gaps are longer than %v means, want %v", float64(longer)/n, x, p)
		}
	}
}

func TestConstantArrivalsDoNotDrift(t *testing.T) {
	all := arrivalsOf(openWorkload(OpenLoop{Constant: 3000}), 3_000_000)
	for _, n := range []int{1, 2, 3, 2_999_999, 3_000_000} {
		if got, want := all[n-1], Instant(math.Round(float64(n)*1e9/3000)); got != want {
			t.Errorf("arrival %d is at %v, want %v", n, got, want)
		}
	}
}

func TestBursts(t *testing.T) {
	for _, offRate := range []float64{0, 200} {
		all := arrivalsOf(openWorkload(OpenLoop{Bursts: &Bursts{Rate: 5000, On: sec, Off: 3 * sec, OffRate: offRate}}), 150_000)
		on, off := 0, 0
		periods := int(all[len(all)-1] / Instant(4*sec)) // that are over
		for _, at := range all[:between(all, 0, Duration(periods)*4*sec)] {
			if at%Instant(4*sec) < Instant(sec) {
				on++
			} else {
				off++
			}
		}
		expect(t, "in bursts", on, float64(periods)*5000)
		expect(t, "between bursts", off, float64(periods)*3*offRate)
	}
}

func TestPhases(t *testing.T) {
	all := arrivalsOf(openWorkload(OpenLoop{Phases: []Phase{
		{For: 10 * sec, Rate: 3000}, {For: 20 * sec}, {For: 10 * sec, Rate: 500}, {For: sec, Rate: 1000},
	}}), 100_000)
	expect(t, "first phase", between(all, 0, 10*sec), 30_000)
	expect(t, "no rate", between(all, 10*sec, 30*sec), 0)
	expect(t, "third phase", between(all, 30*sec, 40*sec), 5000)
	expect(t, "the last goes on", between(all, 40*sec, 80*sec), 40_000)
}

func TestPhasesEndWhereNothingComesAnyMore(t *testing.T) {
	sc := openWorkload(OpenLoop{Phases: []Phase{{For: sec, Rate: 1000}, {For: sec}}})
	expect(t, "all", len(arrivalsOf(sc, 1e6)), 1000)
	sc.Requests = 1_000_000
	expect(t, "of a million", int(simulate(t, sc).Requests), 1000)
}

// A rate of next to nothing in short bursts comes to an end all the same.
func TestBurstsEndWithTheScenario(t *testing.T) {
	sc := openWorkload(OpenLoop{Bursts: &Bursts{Rate: 1e-9, On: ms, Off: ms}})
	sc.Duration = 60 * sec
	if n := len(arrivalsOf(sc, 10)); n != 0 {
		t.Errorf("%d arrivals", n)
	}
}

func TestTraceArrivesAsItIs(t *testing.T) {
	sc := &Scenario{Workload: arriving(constant(ms), 0, 5, 5, 7, 1000)}
	var got []Instant
	watched(t, sc, func(ev Event) {
		if ev.Name == "acquire" {
			got = append(got, ev.At)
		}
	})
	m := Instant(ms)
	if !slices.Equal(got, []Instant{0, 5 * m, 5 * m, 7 * m, 1000 * m}) {
		t.Errorf("arrivals at %v", got)
	}
}

func TestDurationAndRequestsEndArrivals(t *testing.T) {
	sc := openWorkload(OpenLoop{Constant: 1000})
	sc.Duration = 10 * sec
	if r := simulate(t, sc); r.Requests != 9999 || r.Duration != 10 { // the first after a millisecond
		t.Errorf("%d requests in %v s", r.Requests, r.Duration)
	}
	sc.Requests = 500
	if r := simulate(t, sc); r.Requests != 500 || r.Duration != 0.5 {
		t.Errorf("%d requests in %v s", r.Requests, r.Duration)
	}
}
