package sim

import (
	"testing"
	"time"
)

// BenchmarkEvents runs M/M/16 at 0.9 with nothing else, and reports events of the
// ledger a second.
func BenchmarkEvents(b *testing.B) {
	sc := simple()
	sc.Requests, sc.Workload.Open.Poisson = 1_000_000, 4800
	benchmarkEvents(b, sc)
}

// BenchmarkEverything has faults, policies and misbehaving clients too.
func BenchmarkEverything(b *testing.B) {
	sc := everything()
	sc.Requests = 200_000
	benchmarkEvents(b, sc)
}

func benchmarkEvents(b *testing.B, sc *Scenario) {
	b.ReportAllocs()
	var events uint64
	begin := time.Now()
	for b.Loop() {
		r, err := Run(sc)
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
	}
	b.ReportMetric(float64(events)/time.Since(begin).Seconds(), "events/s")
}

func BenchmarkLn(b *testing.B) {
	s, sum := newStream(1, 1), 0.0
	for b.Loop() {
		sum += ln(s.open01())
	}
	_ = sum
}
