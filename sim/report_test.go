package sim

import (
	"encoding/json"
	"testing"
	"time"
)

// A report that was written and read answers as far as it goes.
func TestReportFromJSON(t *testing.T) {
	sc := openWorkload(OpenLoop{Poisson: 900})
	sc.Requests, sc.Pool, sc.Workload.Hold = 5000, Pool{MaxActive: 1, Wait: true}, Dist{Exponential: ms}
	whole := simulate(t, sc)
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	var read Report
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 1} {
		if got, want := read.WaitQuantile(q), whole.WaitQuantile(q); got < want {
			t.Errorf("WaitQuantile(%v) = %v, want %v or more", q, got, want)
		}
	}
	for _, q := range []float64{0.5, 0.9, 0.99, 0.999, 1} {
		if got, want := read.TotalQuantile(q), whole.TotalQuantile(q); got != want {
			t.Errorf("TotalQuantile(%v) = %v, want %v", q, got, want)
		}
	}
	if got, want := read.WaitQuantile(0.9), whole.Wait.P90; got != want {
		t.Errorf("WaitQuantile(0.9) = %v, want %v", got, want)
	}
	for _, d := range []time.Duration{0, time.Millisecond, 10 * time.Millisecond, time.Hour} {
		got, want := read.WaitAbove(d), whole.WaitAbove(d)
		if got > want+0.11 || got < want-0.11 {
			t.Errorf("WaitAbove(%v) = %v, want about %v", d, got, want)
		}
	}
	var empty Report
	if empty.WaitQuantile(0.99) != 0 || empty.TotalQuantile(0.99) != 0 || empty.WaitAbove(0) != 0 {
		t.Error("of nothing there is something")
	}
}
