package sim

import (
	"fmt"
	"math"
	"testing"
)

// The keys have no limit of their own, and opening and closing take no time. So with any number
// of keys the connections of all are one pool.
func TestRetriesForKeysByTheory(t *testing.T) {
	for _, c := range []struct {
		keys    int
		rate    float64
		servers int
		retries int
	}{{12, 4, 6, 3}, {5, 8, 8, 1}} {
		sc := Scenario{
			Keys: Keys{Count: c.keys, Skew: 1, MaxActive: c.servers}, Workload: atRate(c.rate, randomly(1)),
			Clients: Clients{Retry: Retry{Retries: c.retries, Backoff: 200 * ms, MaxBackoff: 200 * ms, Jitter: 1}},
			WarmUp:  1000 * ms,
		}
		tries, blocked := retriesAreLoad(c.rate, c.servers, c.retries)
		agreesWith(t, fmt.Sprintf("keys=%d,rate=%v,servers=%d,retries=%d", c.keys, c.rate, c.servers, c.retries), sc,
			figure{"tries", func(r *Report) float64 { return 1 + float64(r.Calls.Retries)/float64(r.Calls.Calls) }, tries / c.rate},
			figure{"good", goodShare, 1 - math.Pow(blocked, float64(c.retries+1))},
		)
	}
}

// One budget pays for the retries of all keys. If each key had one, the tokens that each bucket has at
// the beginning would pay for many more.
func TestBudgetOfAllKeysByTheory(t *testing.T) {
	const fails, budget = 0.5, 0.2
	agreesWith(t, "budget", Scenario{
		Pool: Pool{MaxIdle: -1}, Keys: Keys{Count: 200, Skew: 1}, Workload: atRate(1, randomly(1)),
		World:   World{OpenFailure: fails},
		Clients: Clients{Retry: Retry{Retries: 1, Backoff: 5 * ms, Jitter: 1, Budget: budget}},
	},
		figure{"retries", func(r *Report) float64 { return float64(r.Calls.Retries) / float64(r.Calls.Calls) }, budget},
		figure{"good", goodShare, (1 - fails) * (1 + budget)},
	)
}

// With one request at a time and a timeout, a call is good if its hold ends in time in one of
// its tries. A try that is late costs the timeout.
func TestTimeoutsForKeysByTheory(t *testing.T) {
	const timeout, retries = 1.5, 2
	late := math.Exp(-timeout)
	agreesWith(t, "timeout", Scenario{
		Keys: Keys{Count: 20, Skew: 0.5}, Workload: Workload{Open: &OpenLoop{Poisson: 1000}, Hold: randomly(1), Timeout: Duration(timeout * float64(ms))},
		Clients: Clients{Retry: Retry{Retries: retries, Backoff: ms}},
	},
		// The hold is drawn once for a call, so each retry of a late call is late, too.
		figure{"good", goodShare, 1 - late},
		figure{"late", func(r *Report) float64 { return float64(r.Uses.TimedOut) / float64(r.Calls.Calls) }, late * (retries + 1)},
	)
}

// Each key has a limit of its own, and urgent requests wait for those of their class alone
// (Cobham's formula). Classes do not change the mean wait of all (Kleinrock's conservation law),
// under the limit of each key nor under one over all keys.
func TestUrgentForKeysByTheory(t *testing.T) {
	const servers, rate, share = 2, 1.2, 0.2 // of each key
	of := load{servers, rate, 1}
	urgent := figure{"urgent wait", func(r *Report) float64 { return r.UrgentWait.Mean * 1e3 }, of.erlangC() / (servers - share*rate)}
	each := Scenario{
		Pool: Pool{MaxActive: servers, Wait: true}, Keys: Keys{Count: 4},
		Workload: Workload{Open: &OpenLoop{Poisson: 4 * rate * 1000}, Hold: randomly(1), Urgent: share},
	}
	agreesWith(t, "a limit for each key", each, urgent, conserved(t, each))
	all := each
	all.Pool.MaxActive, all.Keys.MaxActive = 0, 4*servers
	agreesWith(t, "one limit", all, conserved(t, all))
}

// conserved compares the mean wait with that of the same requests without classes.
func conserved(t *testing.T, sc Scenario) figure {
	return figure{"wait, without classes 1", func(r *Report) float64 {
		plain := sc
		plain.Seed, plain.Requests, plain.Workload.Urgent = r.Seed, int64(r.Requests), 0
		return r.Wait.Mean / simulate(t, &plain).Wait.Mean
	}, 1}
}
