package sim

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// The simulator against queueing theory. A simulated mean is a sample, so what matters
// beside its deviation from theory is its standard error, taken from independent batches:
// seeds of their own, each with a warm-up. The rows of the tables have enough requests to
// bring the error below maxError, which is half of the allowed deviation. That is for
// long tests. The others leave out the longest rows and simulate a 16th of the requests.
// That is four times the error for most seeds; they allow six times.
//
// Waits follow each other in clusters: a queue that is long now is long for a while. So n
// requests are worth far fewer than n independent ones: the relative variance of a mean
// is V/n. For the mean wait in M/M/1, V is about 2(1+rho)/(1-rho)^2, which is 1560 at
// 0.95. If waits are rare, with probability p, V is some multiple of 1/p. The greater
// part of that is the seed's load being a little above or below the nominal one: at 0.95,
// 0.1 % more load is 2 % more waiting. That part says nothing about a pool. To leave it
// out, theory is asked about the load that the batch had: its own rate of arrivals and
// its own mean hold. A check shows that these differ from the nominal ones only by
// chance.
const (
	batches      = 16
	maxDeviation = 0.02
	maxError     = 0.01
)

// In tests that are not long.
const (
	onlyLong = 4_000_000 // requests: a row with so many is left out
	part     = 16        // one in so many requests is simulated
	coarse   = 6         // an error may be so many times as large
)

// service is the mean hold.
const service = time.Millisecond

// system is a queue: c servers, at a utilization that is asked of them, and how
// many requests a long test simulates in all.
type system struct {
	c    int
	rho  float64
	long int64
}

// requests is how many are simulated.
func (s system) requests() float64 {
	if longTests() {
		return float64(s.long)
	}
	return float64(s.long) / part
}

func (s system) String() string { return fmt.Sprintf("c=%d,rho=%.2f", s.c, s.rho) }

func (s system) nominal() load {
	return load{s.c, float64(s.c) * s.rho / service.Seconds(), service.Seconds()}
}

// scenario is one of the batches. By the end of its warm-up, of ten relaxation
// times, it has forgotten that it began empty.
func (s system) scenario(batch int, wait bool, hold Dist) *Scenario {
	d := 1 - math.Sqrt(s.rho)
	relaxation := 1/(float64(s.c)*d*d) + 1
	warmUp := Duration(10 * relaxation * float64(service))
	return &Scenario{
		Seed:     uint64(s.c*1_000_000 + int(math.Round(s.rho*100))*1000 + batch),
		Duration: warmUp + Duration(s.requests()/batches/s.nominal().arrivals*1e9),
		WarmUp:   warmUp,
		Pool:     Pool{MaxActive: s.c, Wait: wait},
		Workload: Workload{Open: &OpenLoop{Poisson: s.nominal().arrivals}, Hold: hold},
	}
}

// load is arrivals a second, each with a mean hold in seconds, on c servers.
type load struct {
	c              int
	arrivals, hold float64
}

// loadOf is the load that a run had while requests arrived: its report goes on
// until the last of them is served.
func loadOf(sc *Scenario, r *Report) load {
	arriving := time.Duration(sc.Duration - sc.WarmUp).Seconds()
	return load{sc.Pool.MaxActive, float64(r.Requests) / arriving, r.Total.Mean - r.Acquire.Mean}
}

// offered is how many servers the load would keep busy if there were any number.
func (l load) offered() float64 { return l.arrivals * l.hold }

// drain is the rate, per second, at which a line shrinks while all are busy.
func (l load) drain() float64 { return float64(l.c)/l.hold - l.arrivals }

// erlangB is the share refused by c servers where nobody waits.
func (l load) erlangB() float64 {
	b := 1.0
	for k := 1; k <= l.c; k++ {
		b = l.offered() * b / (float64(k) + l.offered()*b)
	}
	return b
}

// erlangC is the share that waits where everybody does.
func (l load) erlangC() float64 {
	b := l.erlangB()
	return b / (1 - l.offered()/float64(l.c)*(1-b))
}

// above is the share that waits longer than d.
func (l load) above(d time.Duration) float64 {
	return l.erlangC() * math.Exp(-l.drain()*d.Seconds())
}

// quantity is something that theory knows. A deviation is a share of scale, or
// of want if scale is nil.
type quantity struct {
	name  string
	got   func(*Report) float64
	want  func(load) float64
	scale func(load) float64
}

// needsTime is for tests with many requests, which takes them long.
func needsTime(t *testing.T, requests int64) {
	onOneGoroutine(t)
	if testing.Short() || requests >= onlyLong && !longTests() {
		t.Skip("takes many requests")
	}
	t.Parallel()
}

// agree simulates a system, and compares what came of it with theory.
func agree(t *testing.T, s system, wait bool, hold Dist, qs ...quantity) {
	needsTime(t, s.long)
	sum, squares := make([]float64, len(qs)), make([]float64, len(qs))
	for b := range batches {
		sc := s.scenario(b, wait, hold)
		r := simulate(t, sc)
		l := loadOf(sc, r)
		// Of n gaps and n holds, each with a deviation that is its mean.
		chance := math.Sqrt(2 / float64(r.Requests))
		if off := l.offered()/s.nominal().offered() - 1; math.Abs(off) > 5*chance {
			t.Errorf("%v: batch %d had a load that is %+.3f %% off", s, b, 100*off)
		}
		for i, q := range qs {
			scale := q.want
			if q.scale != nil {
				scale = q.scale
			}
			x := (q.got(r) - q.want(l)) / scale(l)
			sum[i] += x
			squares[i] += x * x
		}
	}
	most := 1.0
	if !longTests() {
		most = coarse
	}
	for i, q := range qs {
		mean := sum[i] / batches
		err := math.Sqrt((squares[i]/batches - mean*mean) / (batches - 1))
		t.Logf("%v: %-14s %10.4g, simulated %+.2f %% off, standard error %.2f %%", s, q.name, q.want(s.nominal()), 100*mean, 100*err)
		if math.Abs(mean) > maxDeviation*most || err > maxError*most {
			t.Errorf("%v: %s is %+.2f %% off, with a standard error of %.2f %%", s, q.name, 100*mean, 100*err)
		}
	}
}

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
