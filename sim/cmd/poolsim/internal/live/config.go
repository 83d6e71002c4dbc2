package live

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/setting"
)

// config returns the configuration of a real pool for a scenario, without the functions.
// Limits have the same zero values in both, and the policies are those of the
// simulation.
func config(sc *sim.Scenario) resource.Config[*conn] {
	p, simulated := &sc.Pool, setting.PoolOf(sc).Config()
	c := resource.Config[*conn]{
		MaxActive:     p.MaxActive,
		MaxIdle:       p.MaxIdle,
		MinIdle:       p.MinIdle,
		MaxWaiters:    p.MaxWaiters,
		WaitTimeout:   simulated.WaitTimeout,
		OpenDetached:  p.OpenDetached,
		OpenTimeout:   time.Duration(p.OpenTimeout),
		CloseTimeout:  time.Duration(p.CloseTimeout),
		TestIdleEvery: simulated.TestIdleEvery,
		ReplaceAhead:  simulated.ReplaceAhead,
		Shed:          simulated.Shed,
		Reserve:       simulated.Reserve,
		TestSuspects:  simulated.TestSuspects,
		Order:         simulated.Order,
		Lifetime:      simulated.Lifetime,
		Eviction:      simulated.Eviction,
		OpenBackoff:   simulated.OpenBackoff,
		Seed:          simulated.Seed,
	}
	if p.Lifetime != nil {
		c.Lifetime = p.Lifetime
	}
	if p.Eviction != nil {
		c.Eviction = p.Eviction
	}
	return c
}

// borrowTest returns the scenario's borrow test, which is run by a function.
func borrowTest(sc *sim.Scenario, run func(context.Context, *conn) error) (test policy.BorrowTest[*conn]) {
	for _, t := range setting.PoolOf(sc).Tests {
		test = policy.All(test, story.BorrowTest(t, func(ctx context.Context, c *conn, _ time.Time) error {
			return run(ctx, c)
		}))
	}
	return test
}
