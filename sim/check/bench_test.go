package check

import (
	"fmt"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// BenchmarkCheck has all oracles judge M/M/n at 0.9, and reports events of the ledger a
// second.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{4, 16, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			sc := &sim.Scenario{
				Requests: 50_000, Pool: sim.Pool{MaxActive: n, Wait: true},
				Workload: sim.Workload{
					Open: &sim.OpenLoop{Poisson: 300 * float64(n)},
					Hold: sim.Dist{Exponential: sim.Duration(3 * time.Millisecond)},
				},
			}
			var events uint64
			begin := time.Now()
			for b.Loop() {
				n, err := check(sc, nil, new(Reached))
				if err != nil {
					b.Fatal(err)
				}
				events += n
			}
			b.ReportMetric(float64(events)/time.Since(begin).Seconds(), "events/s")
		})
	}
}
