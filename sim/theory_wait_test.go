package sim

import (
	"fmt"
	"testing"
	"time"
)

// M/M/c: each request waits for its turn. Theory knows the probability of waiting
// (Erlang C), the mean wait, and the whole distribution of waits, which is
// exponential for the requests that wait.
func TestMMcAgreesWithTheory(t *testing.T) {
	// The long ones come first, so that they are not alone in the end. With 64
	// servers at 0.5 one request in two million waits: see below.
	for _, s := range []system{
		{16, 0.50, 36_000_000}, {64, 0.80, 50_000_000}, {64, 0.95, 18_000_000},
		{16, 0.95, 11_000_000}, {4, 0.95, 10_000_000}, {1, 0.95, 14_000_000},
		{16, 0.80, 3_000_000}, {4, 0.80, 2_000_000}, {1, 0.80, 2_000_000},
		{4, 0.50, 2_000_000}, {1, 0.50, 1_000_000},
	} {
		t.Run(s.String(), func(t *testing.T) {
			qs := []quantity{
				{name: "P(wait)", got: func(r *Report) float64 { return r.WaitedFraction }, want: load.erlangC},
				{name: "mean wait", got: func(r *Report) float64 { return r.Wait.Mean },
					want: func(l load) float64 { return l.erlangC() / l.drain() }},
			}
			// In units of the mean wait of those who wait. So few wait for two and four
			// of these that there the deviation counts as a share of all who wait.
			for _, x := range []float64{0.25, 0.5, 1, 2, 4} {
				q := waitAbove(x / s.nominal().drain())
				if x > 1 {
					q.scale = load.erlangC
				}
				qs = append(qs, q)
			}
			agree(t, s, true, Dist{Exponential: D(service)}, qs...)
		})
	}
}

// waitAbove is the share that waits longer than about x seconds: the end of the
// histogram's bucket, so that its resolution is not taken for a deviation.
func waitAbove(x float64) quantity {
	d := upper(bucketOf(time.Duration(x * 1e9)))
	return quantity{
		name: fmt.Sprintf("P(wait>%v)", d.Round(time.Microsecond)),
		got:  func(r *Report) float64 { return r.WaitAbove(d) },
		want: func(l load) float64 { return l.above(d) },
	}
}

// If waits are rare, too many requests are needed to be right to 2 %: with 64 servers at
// 0.5 the probability is 4.3e-7, and its V about 5/p, so it would take 3e10 requests. In
// 4 million there should be 2 waits; a number of more than 40 would say that far too many
// wait.
func TestMMcHardlyEverWaits(t *testing.T) {
	needsTime(t, onlyLong)
	s := system{64, 0.5, 4_000_000}
	var waited float64
	for b := range batches {
		r := simulate(t, s.scenario(b, true, Dist{Exponential: D(service)}))
		waited += r.WaitedFraction * float64(r.Outcomes.Granted)
	}
	t.Logf("%v: %.0f of %.0f waited, theory says %.1f", s, waited, s.requests(), s.nominal().erlangC()*s.requests())
	if waited > 40 {
		t.Errorf("%.0f of %.0f waited", waited, s.requests())
	}
}

// M/D/1: holds are all the same, and waits half as long as in M/M/1.
func TestMD1AgreesWithTheory(t *testing.T) {
	for _, s := range []system{{1, 0.95, 6_000_000}, {1, 0.80, 1_000_000}, {1, 0.50, 1_000_000}} {
		t.Run(s.String(), func(t *testing.T) {
			agree(t, s, true, Dist{Constant: D(service)}, quantity{
				name: "mean wait",
				got:  func(r *Report) float64 { return r.Wait.Mean },
				want: func(l load) float64 { return l.offered() / 2 / (1/l.hold - l.arrivals) },
			})
		})
	}
}
