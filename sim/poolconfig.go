package sim

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// config returns the ledger's configuration for the pool's fields, as resource.New does.
func (p *Pool) config(seed uint64, newSlot func() *ledger.Slot) ledger.Config {
	c := ledger.Config{
		MaxActive:     limit(p.MaxActive),
		MaxIdle:       limit(p.MaxIdle),
		MinIdle:       p.MinIdle,
		MaxWaiters:    limit(p.MaxWaiters),
		WaitTimeout:   time.Duration(p.WaitTimeout),
		Lifetime:      p.lifetime(),
		Eviction:      p.eviction(),
		TestIdleEvery: time.Duration(p.TestIdleEvery),
		Seed:          seed,
		NewSlot:       newSlot,
	}
	if p.Order == "fifo" {
		c.Order = policy.FIFO
	}
	if g := p.gate(); g != nil {
		c.Gates = []policy.Gate{g}
	}
	return c
}

func limit(n int) int {
	switch {
	case n < 0:
		return 0
	case n == 0:
		return ledger.NoLimit
	}
	return min(n, ledger.NoLimit)
}

func (p *Pool) lifetime() policy.Lifetime {
	if p.Lifetime != nil {
		return p.Lifetime
	}
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

func (p *Pool) eviction() policy.Eviction {
	switch {
	case p.Eviction != nil:
		return p.Eviction
	case p.IdleTimeout > 0:
		return policy.SoftIdleTimeout(time.Duration(p.IdleTimeout), p.SoftIdleMin)
	}
	return nil
}

func (p *Pool) gate() policy.Gate {
	if p.Gate != nil || p.Test == nil {
		return p.Gate
	}
	// The gates come from the same policies as those of a pool.
	test := policy.Test(policy.TestFunc[struct{}](nothing))
	if d := time.Duration(p.Test.IfIdleFor); d > 0 {
		test = policy.IfIdleFor(d, test)
	}
	if d := time.Duration(p.Test.AtMostEvery); d > 0 {
		test = policy.AtMostEvery(d, test)
	}
	return test.Checks()[0].Gate
}

func nothing(context.Context, struct{}, time.Time) error { return nil }
