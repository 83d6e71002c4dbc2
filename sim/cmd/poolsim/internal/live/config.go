package live

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

// config puts the pool of a scenario in the words of a real one, but for its
// functions.
func config(sc *sim.Scenario) resource.Config[*conn] {
	p := &sc.Pool
	c := resource.Config[*conn]{
		MaxActive:     p.MaxActive,
		MaxIdle:       p.MaxIdle,
		MinIdle:       p.MinIdle,
		MaxWaiters:    p.MaxWaiters,
		WaitTimeout:   time.Duration(p.WaitTimeout),
		CloseTimeout:  time.Duration(p.CloseTimeout),
		TestIdleEvery: time.Duration(p.TestIdleEvery),
		Lifetime:      p.Lifetime,
		Eviction:      p.Eviction,
		Seed:          sc.Seed,
	}
	if p.Order == "fifo" {
		c.Order = policy.FIFO
	}
	if c.Lifetime == nil {
		c.Lifetime = lifetime(p)
	}
	if c.Eviction == nil && p.IdleTimeout > 0 {
		c.Eviction = policy.SoftIdleTimeout(time.Duration(p.IdleTimeout), p.SoftIdleMin)
	}
	return c
}

func lifetime(p *sim.Pool) policy.Lifetime {
	var all []policy.Lifetime
	if p.MaxAge > 0 {
		all = append(all, policy.MaxAgeJitter(time.Duration(p.MaxAge), time.Duration(p.MaxAgeJitter)))
	}
	if p.MaxUses > 0 {
		all = append(all, policy.MaxUses(p.MaxUses))
	}
	if len(all) == 0 {
		return nil
	}
	return policy.Earliest(all...)
}

// borrowTest is a test that always passes.
func borrowTest(t *sim.Test, takes func()) policy.BorrowTest[*conn] {
	test := policy.Test(func(context.Context, *conn, time.Time) error {
		takes()
		return nil
	})
	if d := time.Duration(t.IfIdleFor); d > 0 {
		test = policy.IfIdleFor(d, test)
	}
	if d := time.Duration(t.AtMostEvery); d > 0 {
		test = policy.AtMostEvery(d, test)
	}
	return test
}
