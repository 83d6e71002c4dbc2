package sim

import "testing"

// M/M/c/c: nobody waits, and who finds all servers busy is refused. Theory knows
// the share (Erlang B).
func TestMMccAgreesWithTheory(t *testing.T) {
	for _, s := range []system{
		{16, 0.50, 8_000_000}, {64, 0.80, 8_000_000}, {64, 0.95, 2_000_000},
		{16, 0.95, 1_000_000}, {4, 0.95, 1_000_000}, {1, 0.95, 1_000_000},
		{16, 0.80, 1_000_000}, {4, 0.80, 1_000_000}, {1, 0.80, 1_000_000},
		{4, 0.50, 1_000_000}, {1, 0.50, 1_000_000},
	} {
		t.Run(s.String(), func(t *testing.T) {
			agree(t, s, false, Dist{Exponential: D(service)}, quantity{
				name: "refused",
				got:  func(r *Report) float64 { return r.RefusedFraction },
				want: load.erlangB,
			})
		})
	}
}

// With 64 servers at 0.5 theory refuses 2.1e-7, one request in 5 million.
func TestMMccHardlyEverRefuses(t *testing.T) {
	needsTime(t, onlyLong)
	s := system{64, 0.5, 4_000_000}
	var refused uint64
	for b := range batches {
		refused += simulate(t, s.scenario(b, false, Dist{Exponential: D(service)})).Outcomes.Exhausted
	}
	t.Logf("%v: %d of %.0f refused, theory says %.1f", s, refused, s.requests(), s.nominal().erlangB()*s.requests())
	if refused > 20 {
		t.Errorf("%d of %.0f refused", refused, s.requests())
	}
}
