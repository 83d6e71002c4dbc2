package fit

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// came is the instants at which the requests of a load arrive.
func came(t *testing.T, open *sim.OpenLoop, length sim.Duration, resolution time.Duration) *Arrivals {
	t.Helper()
	var at []int64
	_, err := sim.Watch(&sim.Scenario{Seed: 4, Duration: length, Workload: sim.Workload{Open: open}}, func(ev sim.Event) error {
		if ev.Name == "acquire" {
			at = append(at, int64(ev.At)/int64(resolution)*int64(resolution))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return arrivalsOf(at, resolution)
}

// Arrivals of each kind are described as what they are, with their rates.
func TestArrivals(t *testing.T) {
	const sec = sim.Duration(time.Second)
	within := func(got, want, by float64) bool { return math.Abs(got/want-1) <= by }
	for name, c := range map[string]struct {
		open *sim.OpenLoop
		same func(o *sim.OpenLoop) bool
	}{
		"poisson": {&sim.OpenLoop{Poisson: 20}, func(o *sim.OpenLoop) bool { return within(o.Poisson, 20, 0.02) }},
		"phases": {&sim.OpenLoop{Phases: []sim.Phase{{For: 1000 * sec, Rate: 10}, {For: 1000 * sec, Rate: 30}, {For: 1, Rate: 20}}}, func(o *sim.OpenLoop) bool {
			var before, after float64 // the arrivals that the phases have before and after the change
			at := 0.0
			for _, p := range o.Phases {
				end := at + time.Duration(p.For).Seconds()
				before += p.Rate * max(0, min(end, 1000)-at)
				after += p.Rate * max(0, min(end, 2000)-max(at, 1000))
				at = end
			}
			return within(before, 10_000, 0.05) && within(after, 30_000, 0.05)
		}},
		"bursts": {&sim.OpenLoop{Bursts: &sim.Bursts{Rate: 60, On: 20 * sec, Off: 40 * sec, OffRate: 5}}, func(o *sim.OpenLoop) bool {
			b := o.Bursts
			return within(b.Rate, 60, 0.05) && within(b.OffRate, 5, 0.1) && within(float64(b.On), float64(20*sec), 0.1) && within(float64(b.Off), float64(40*sec), 0.1)
		}},
	} {
		for _, resolution := range []time.Duration{1, time.Second} {
			a := came(t, c.open, 3000*sec, resolution)
			l, err := a.Describe("auto")
			if err != nil {
				t.Fatal(err)
			}
			if l.Kind != name || !c.same(l.Open) {
				t.Errorf("%s, to %v: %+v, %+v", name, resolution, l, l.Open)
			}
			if !within(l.Rate*time.Duration(l.Duration).Seconds(), float64(len(a.At)), 1e-3) {
				t.Errorf("%s: %v/s in %v, of %d arrivals", name, l.Rate, l.Duration, len(a.At))
			}
		}
	}
}

// A trace has each arrival at its instant. Those within a second that is all that is known
// are spread over it.
func TestTrace(t *testing.T) {
	a := arrivalsOf([]int64{3e9, 1e9, 1e9, 1e9, 1e9, 5e9, 6e9, 7e9, 8e9, 9e9, 10e9, 11e9, 12e9, 13e9, 14e9, 15e9, 16e9, 17e9, 18e9, 19e9}, time.Second)
	l, err := a.Describe("trace")
	if err != nil {
		t.Fatal(err)
	}
	got := l.Open.Trace
	if len(got) != 20 || got[0] != 0 || got[1] != sim.Duration(time.Second/4) || got[4] != sim.Duration(2*time.Second) || got[19] != sim.Duration(18*time.Second) {
		t.Errorf("%v", got)
	}
}

func TestArrivalsRefused(t *testing.T) {
	for want, a := range map[string]*Arrivals{
		"the file has 3":      {At: []time.Duration{0, 1, 2}},
		"are at one instant":  {At: make([]time.Duration, 30)},
		"is no kind of arriv": came(t, &sim.OpenLoop{Constant: 10}, 10_000*sim.Duration(time.Millisecond), 1),
	} {
		if _, err := a.Describe("x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := came(t, &sim.OpenLoop{Constant: 10}, 10_000*sim.Duration(time.Millisecond), 1).Describe("bursts"); err == nil {
		t.Error("even arrivals have bursts")
	}
}
