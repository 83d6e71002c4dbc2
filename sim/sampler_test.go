package sim

import (
	"errors"
	"testing"
	"time"
)

// TestSampler checks that a Sampler draws the arrivals and the hold times of a run.
func TestSampler(t *testing.T) {
	ms := D(time.Millisecond)
	for name, open := range map[string]*OpenLoop{
		"poisson":  {Poisson: 700},
		"constant": {Constant: 300},
		"bursts":   {Bursts: &Bursts{Rate: 900, On: 20 * ms, Off: 30 * ms}},
		"phases":   {Phases: []Phase{{For: 50 * ms, Rate: 100}, {For: 50 * ms, Rate: 900}}},
		"trace":    {Trace: []Duration{0, ms, ms, 90 * ms}},
	} {
		sc := &Scenario{Seed: 3, Requests: 50, Duration: 1000 * ms, Workload: Workload{Open: open, Hold: Dist{Exponential: ms}}}
		d := NewSampler(sc)
		ends := map[Instant]int{} // nobody waits: each lease ends so much after its arrival
		_, err := Watch(sc, func(e Event) error {
			switch e.Name {
			case "acquire":
				at, ok := d.Arrival()
				if !ok || Instant(at) != e.At {
					t.Errorf("%s: an arrival at %v, drawn %v, %v", name, e.At, at, ok)
				}
				hold, patience := d.Request()
				if patience != 0 {
					t.Errorf("%s: patience %v", name, patience)
				}
				ends[e.At.Add(hold)]++
			case "release":
				if ends[e.At]--; ends[e.At] < 0 {
					t.Errorf("%s: a lease ends at %v, which was not drawn", name, e.At)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if at, ok := d.Arrival(); ok {
			t.Errorf("%s: one more arrival at %v", name, at)
		}
	}
}

func TestWatchEnds(t *testing.T) {
	enough := errors.New("enough")
	sc := &Scenario{Requests: 50, Workload: Workload{Open: &OpenLoop{Poisson: 700}}}
	seen := 0
	_, err := Watch(sc, func(Event) error {
		if seen++; seen == 3 {
			return enough
		}
		return nil
	})
	if err != enough || seen != 3 {
		t.Errorf("error %v after %d events", err, seen)
	}
}
