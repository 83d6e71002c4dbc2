package sim

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// The tests in this file compare the cost of failures with formulas. All times are in milliseconds.

// figure is a figure of a run, and what theory says.
type figure struct {
	name string
	got  func(*Report) float64
	want float64
}

// agreesWith runs a scenario with several seeds, and compares the means with theory.
func agreesWith(t *testing.T, name string, sc Scenario, figures ...figure) {
	const seeds = 8
	t.Run(name, func(t *testing.T) {
		needsTime(t, 0)
		sc.Requests = 40_000
		if longTests() {
			sc.Requests = 1_000_000
		}
		sums := make([]float64, len(figures))
		for seed := range seeds {
			sc.Seed = uint64(seed + 1)
			r := simulate(t, &sc)
			for i, f := range figures {
				sums[i] += f.got(r) / seeds
			}
		}
		for i, f := range figures {
			off := sums[i]/f.want - 1
			t.Logf("%s: %.5g, simulated %+.2f %% off", f.name, f.want, 100*off)
			if math.Abs(off) > maxDeviation {
				t.Errorf("%s is %.5g, and by theory %.5g: %+.2f %%", f.name, sums[i], f.want, 100*off)
			}
		}
	})
}

func waitMean(r *Report) float64 { return r.Wait.Mean * 1e3 }

// atRate is arrivals at random, so many in a millisecond, each with a hold.
func atRate(perMilli float64, hold Dist) Workload {
	return Workload{Open: &OpenLoop{Poisson: perMilli * 1e3}, Hold: hold}
}

func randomly(ms float64) Dist { return Dist{Exponential: Duration(ms * float64(time.Millisecond))} }

// A dial that fails takes a place for its own time. Without idle connections each request
// dials, so that a pool of one connection is M/G/1: Pollaczek and Khinchine have the wait.
func TestFailingDialsCostByTheory(t *testing.T) {
	for _, c := range []struct{ rate, share, open, hold, fails float64 }{
		{0.1, 0.2, 1, 3, 20}, {0.2, 0.1, 1, 2, 1}, {0.05, 0.5, 2, 4, 20},
	} {
		hold := randomly(c.hold)
		sc := Scenario{
			Pool: Pool{MaxActive: 1, MaxIdle: -1, Wait: true}, Workload: atRate(c.rate, hold),
			World: World{OpenLatency: randomly(c.open), FailLatency: randomly(c.fails), OpenFailure: c.share},
		}
		mean := (1-c.share)*(c.open+c.hold) + c.share*c.fails
		// The square of a sum of two: the variances are the squares of the means.
		both := c.open*c.open + c.hold*c.hold + (c.open+c.hold)*(c.open+c.hold)
		square := (1-c.share)*both + c.share*2*c.fails*c.fails
		busy := c.rate * mean
		name := fmt.Sprintf("rate=%v,fail=%v,%vms", c.rate, c.share, c.fails)
		agreesWith(t, name, sc,
			figure{"places in use", func(r *Report) float64 { return r.Mean.Active }, busy},
			figure{"wait", waitMean, c.rate * square / 2 / (1 - busy)},
			figure{"failed", func(r *Report) float64 { return r.RefusedFraction }, c.share},
		)
	}
}

// A connection that the server has closed while it was idle costs its user the time until
// that is noticed. It is the first request of a busy period, so this is M/G/1 in which the
// first customer has another service: Welch has the wait.
func TestDeadConnectionsCostByTheory(t *testing.T) {
	for _, c := range []struct{ rate, hold, idle, notices float64 }{
		{0.1, 3, 5, 50}, {0.2, 3, 2, 10}, {0.05, 4, 20, 100},
	} {
		sc := Scenario{
			Pool:     Pool{MaxActive: 1, MinIdle: 1, Wait: true},
			Workload: atRate(c.rate, randomly(c.hold)),
			World:    World{IdleTimeout: Duration(c.idle * 1e6), DeadLatency: randomly(c.notices)},
		}
		dead := math.Exp(-c.rate * c.idle)
		mean, square := c.hold, 2*c.hold*c.hold
		first, firstSquare := (1-dead)*mean+dead*c.notices, (1-dead)*square+dead*2*c.notices*c.notices
		busy := c.rate * mean
		finds := (1 - busy) / (1 - busy + c.rate*first) // the share that finds nobody
		agreesWith(t, fmt.Sprintf("rate=%v,idle=%v", c.rate, c.idle), sc,
			figure{"dead", func(r *Report) float64 { return share(r.Uses.Broken, r.Outcomes.Granted) }, finds * dead},
			figure{"wait", waitMean, c.rate*square/2/(1-busy) + c.rate*(firstSquare-square)/2/(1+c.rate*(first-mean))},
		)
	}
}

// A call that fails each time with the same chance makes so many tries, and fails in the end
// so often. With a budget, retries are its part of the calls, if more are wanted.
func TestRetriesByTheory(t *testing.T) {
	for _, c := range []struct {
		fails   float64
		retries int
		budget  float64
	}{{0.1, 3, 0}, {0.5, 2, 0}, {0.8, 5, 0}, {0.5, 1, 0.2}, {0.4, 1, 0.05}, {0.05, 1, 0.5}} {
		sc := Scenario{
			Pool: Pool{MaxIdle: -1}, Workload: atRate(1, randomly(1)),
			World:   World{OpenFailure: c.fails},
			Clients: Clients{Retry: Retry{Retries: c.retries, Backoff: 5 * ms, Jitter: 1, Budget: c.budget}},
		}
		again := (c.fails - math.Pow(c.fails, float64(c.retries+1))) / (1 - c.fails)
		good := 1 - math.Pow(c.fails, float64(c.retries+1))
		if c.budget > 0 && c.budget < again {
			again, good = c.budget, (1-c.fails)*(1+c.budget)
		}
		calls := func(of func(*Calls) uint64) func(*Report) float64 {
			return func(r *Report) float64 { return float64(of(r.Calls)) / float64(r.Calls.Calls) }
		}
		agreesWith(t, fmt.Sprintf("fail=%v,retries=%d,budget=%v", c.fails, c.retries, c.budget), sc,
			figure{"retries", calls(func(c *Calls) uint64 { return c.Retries }), again},
			figure{"good", calls(func(c *Calls) uint64 { return c.Good }), good},
		)
	}
}

// Retries of refused requests are load. If they come late, and at random, all tries together
// are an arrival process at random: the rate is a fixed point of Erlang's formula.
func TestRetriesAreLoadByTheory(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		servers int
		retries int
	}{{4, 6, 3}, {8, 8, 1}, {3, 2, 2}} {
		sc := Scenario{
			Pool: Pool{MaxActive: c.servers}, Workload: atRate(c.rate, randomly(1)),
			Clients: Clients{Retry: Retry{Retries: c.retries, Backoff: 200 * ms, MaxBackoff: 200 * ms, Jitter: 1}},
			WarmUp:  1000 * ms,
		}
		tries, blocked := retriesAreLoad(c.rate, c.servers, c.retries)
		agreesWith(t, fmt.Sprintf("rate=%v,servers=%d,retries=%d", c.rate, c.servers, c.retries), sc,
			figure{"tries", func(r *Report) float64 { return 1 + float64(r.Calls.Retries)/float64(r.Calls.Calls) }, tries / c.rate},
			figure{"good", goodShare, 1 - math.Pow(blocked, float64(c.retries+1))},
		)
	}
}

// retriesAreLoad returns the rate of all tries, and the share that is refused.
func retriesAreLoad(rate float64, servers, retries int) (tries, blocked float64) {
	tries = rate
	for range 200 {
		blocked = load{servers, tries, 1}.erlangB()
		sum := 1.0
		for k := 1; k <= retries; k++ {
			sum += math.Pow(blocked, float64(k))
		}
		tries = rate * sum
	}
	return tries, blocked
}

func goodShare(r *Report) float64 { return float64(r.Calls.Good) / float64(r.Calls.Calls) }

// Pools without idle connections, on a server that takes only so many: each opening beyond
// the limit fails. All instances together are one loss system, whatever the number of pools.
func TestFleetLimitByTheory(t *testing.T) {
	for _, c := range []struct {
		instances, most int
		rate            float64 // of each
	}{{4, 8, 1.5}, {10, 12, 1}, {2, 30, 12}} {
		sc := Scenario{
			Pool: Pool{MaxIdle: -1}, Workload: atRate(c.rate, randomly(1)),
			World: World{MaxConnections: c.most}, Fleet: Fleet{Instances: c.instances},
		}
		all := load{c.most, c.rate * float64(c.instances), 1}
		agreesWith(t, fmt.Sprintf("%d pools of a rate of %v, %d connections", c.instances, c.rate, c.most), sc,
			figure{"refused by the server", func(r *Report) float64 { return r.RefusedFraction }, all.erlangB()},
			figure{"connections", func(r *Report) float64 { return r.Mean.Active }, all.offered() * (1 - all.erlangB())},
		)
	}
}
