package sim

import (
	"fmt"
	"math"
)

// counts takes paths and counts in turn. A ledger counts in 32 bits.
func counts(pairs ...any) error {
	for i := 0; i < len(pairs); i += 2 {
		if n := pairs[i+1].(int); int64(n) > math.MaxInt32 {
			return fmt.Errorf("%s: %d is above %d, the most that a pool counts", pairs[i], n, math.MaxInt32)
		}
	}
	return nil
}

func (p *Pool) validate() error {
	above := func(limit int) bool { return limit != 0 && p.MinIdle > max(limit, 0) }
	switch {
	case p.MaxActive < 0:
		return fmt.Errorf("pool.max_active: %d is negative", p.MaxActive)
	case p.MaxIdle < -1:
		return fmt.Errorf("pool.max_idle: %d is below -1, which means none", p.MaxIdle)
	case p.MinIdle < 0:
		return fmt.Errorf("pool.min_idle: %d is negative", p.MinIdle)
	case above(p.MaxActive):
		return fmt.Errorf("pool.min_idle: %d is above max_active, %d", p.MinIdle, p.MaxActive)
	case above(p.MaxIdle):
		return fmt.Errorf("pool.min_idle: %d is above max_idle, %d", p.MinIdle, p.MaxIdle)
	case p.MaxWaiters < 0:
		return fmt.Errorf("pool.max_waiters: %d is negative", p.MaxWaiters)
	case p.Order != "" && p.Order != "lifo" && p.Order != "fifo":
		return fmt.Errorf("pool.order: %q is neither lifo nor fifo", p.Order)
	case p.MaxUses < 0:
		return fmt.Errorf("pool.max_uses: %d is negative", p.MaxUses)
	case p.MaxAgeJitter > p.MaxAge:
		return fmt.Errorf("pool.max_age_jitter: %v is above max_age, %v", p.MaxAgeJitter, p.MaxAge)
	case p.SoftIdleMin < 0:
		return fmt.Errorf("pool.soft_idle_min: %d is negative", p.SoftIdleMin)
	case p.SoftIdleMin > 0 && p.IdleTimeout == 0:
		return fmt.Errorf("pool.soft_idle_min: %d is set, idle_timeout is not", p.SoftIdleMin)
	}
	if err := counts("pool.max_active", p.MaxActive, "pool.max_idle", p.MaxIdle, "pool.min_idle", p.MinIdle,
		"pool.max_waiters", p.MaxWaiters, "pool.max_uses", p.MaxUses, "pool.soft_idle_min", p.SoftIdleMin); err != nil {
		return err
	}
	if t := p.Test; t != nil {
		if err := spans("pool.test.if_idle_for", t.IfIdleFor, "pool.test.at_most_every", t.AtMostEvery); err != nil {
			return err
		}
	}
	return spans("pool.wait_timeout", p.WaitTimeout, "pool.max_age", p.MaxAge,
		"pool.max_age_jitter", p.MaxAgeJitter, "pool.idle_timeout", p.IdleTimeout)
}
