package main

import (
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
)

func poolOptions() []option {
	number := func(name, field, usage string, to func(*sim.Pool) *int) option {
		return intOption(name, "pool."+field, usage, func(sc *sim.Scenario) *int { return to(&sc.Pool) })
	}
	time := func(name, field, usage string, to func(*sim.Pool) *sim.Duration) option {
		return durationOption(name, "pool."+field, usage, func(sc *sim.Scenario) *sim.Duration { return to(&sc.Pool) })
	}
	return []option{
		number("max-active", "max_active", "how many connections exist at most: a `number`; 0: no limit",
			func(p *sim.Pool) *int { return &p.MaxActive }),
		number("max-idle", "max_idle", "how many idle ones are kept: a `number`; 0: all, -1: none",
			func(p *sim.Pool) *int { return &p.MaxIdle }),
		number("min-idle", "min_idle", "how many idle ones are opened in advance: a `number`",
			func(p *sim.Pool) *int { return &p.MinIdle }),
		yesOption("wait", "pool.wait", "at max-active requests wait; without it they are refused",
			func(sc *sim.Scenario) *bool { return &sc.Pool.Wait }),
		time("wait-timeout", "wait_timeout", "who has waited for this `time` is refused",
			func(p *sim.Pool) *sim.Duration { return &p.WaitTimeout }),
		number("max-waiters", "max_waiters", "how many wait at a time: a `number`; one more is refused",
			func(p *sim.Pool) *int { return &p.MaxWaiters }),
		anyOption("order", "pool.order", "which idle connection is lent first, the last returned or the longest idle: `lifo|fifo`",
			func(text string) (string, error) { return text, nil }, func(sc *sim.Scenario, v string) { sc.Pool.Order = v }),
		time("idle-timeout", "idle_timeout", "close what has been idle for this `time`",
			func(p *sim.Pool) *sim.Duration { return &p.IdleTimeout }),
		number("soft-idle-min", "soft_idle_min", "but keep a `number` of idle ones in any case",
			func(p *sim.Pool) *int { return &p.SoftIdleMin }),
		time("max-age", "max_age", "close what is older than this `time`",
			func(p *sim.Pool) *sim.Duration { return &p.MaxAge }),
		time("max-age-jitter", "max_age_jitter", "or younger, by up to this `time`, at random",
			func(p *sim.Pool) *sim.Duration { return &p.MaxAgeJitter }),
		number("max-uses", "max_uses", "close what has been lent a `number` of times",
			func(p *sim.Pool) *int { return &p.MaxUses }),
		anyOption("test", "pool.test", "test what is borrowed: `WHEN` is always, if-idle-for:1m, at-most-every:5s, both with a comma between, or none",
			compact.Test, func(sc *sim.Scenario, t *sim.Test) { sc.Pool.Test = t }),
	}
}
