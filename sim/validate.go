package sim

import (
	"fmt"
	"math"
)

// Validate reports the first field that makes no sense, by its path.
func (s *Scenario) Validate() error {
	switch {
	case s.Requests < 0:
		return fmt.Errorf("requests: %d is negative", s.Requests)
	case s.Requests == 0 && s.Duration == 0 && (s.Workload.Open == nil || !s.Workload.Open.ends()):
		return fmt.Errorf("requests: neither requests nor duration is set, the run would not end")
	case s.Duration > 0 && s.WarmUp >= s.Duration:
		return fmt.Errorf("warm_up: %v is not below duration, %v", s.WarmUp, s.Duration)
	}
	if err := spans("duration", s.Duration, "warm_up", s.WarmUp); err != nil {
		return err
	}
	for _, check := range []func() error{s.Pool.validate, s.Workload.validate, s.World.validate, s.Clients.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return s.validateEnd()
}

// validateEnd refuses clients who would ask for ever at one instant.
func (s *Scenario) validateEnd() error {
	c := s.Workload.Closed
	if c == nil || s.Requests > 0 || c.Think.timed() {
		return nil
	}
	const path = "workload.closed.think"
	if !s.Workload.Hold.timed() {
		return fmt.Errorf("%s: neither think nor hold takes any time, and requests is not set: the run would not end", path)
	}
	p, w := &s.Pool, &s.World
	if !p.Wait || p.MaxWaiters > 0 || w.OpenFailure > 0 || len(w.Outages) > 0 || w.MaxConnections > 0 {
		return fmt.Errorf("%s: takes no time, and requests is not set: "+
			"a client who is refused would ask again at once, and the run would not end", path)
	}
	return nil
}

// farthest is the longest span that a scenario can have, 36 years.
const farthest = Duration(1) << 60

// spans takes paths and durations in turn.
func spans(pairs ...any) error {
	for i := 0; i < len(pairs); i += 2 {
		switch d := pairs[i+1].(Duration); {
		case d < 0:
			return fmt.Errorf("%s: %v is negative", pairs[i], d)
		case d > farthest:
			return fmt.Errorf("%s: %v is beyond what a run can last, %v", pairs[i], d, farthest)
		}
	}
	return nil
}

// shares takes paths and numbers in turn.
func shares(pairs ...any) error {
	for i := 0; i < len(pairs); i += 2 {
		if x := pairs[i+1].(float64); !(x >= 0 && x <= 1) {
			return fmt.Errorf("%s: %v is not between 0 and 1", pairs[i], x)
		}
	}
	return nil
}

func (c *Clients) validate() error {
	if err := shares("clients.discard", c.Discard, "clients.panic", c.Panic, "clients.leak", c.Leak); err != nil {
		return err
	}
	const rounding = 1e-9 // three shares written in decimal may sum to a little more than 1
	if sum := c.Discard + c.Panic + c.Leak; sum > 1+rounding {
		return fmt.Errorf("clients: discard, panic and leak together are %v, above 1", sum)
	}
	return nil
}

func (w *World) validate() error {
	for _, d := range []struct {
		path string
		dist *Dist
	}{{"world.open_latency", &w.OpenLatency}, {"world.close_latency", &w.CloseLatency},
		{"world.test_latency", &w.TestLatency}, {"world.life", &w.Life},
		{"world.fail_latency", &w.FailLatency}, {"world.dead_latency", &w.DeadLatency}} {
		if err := d.dist.validate(d.path); err != nil {
			return err
		}
	}
	if err := shares("world.open_failure", w.OpenFailure, "world.test_failure", w.TestFailure); err != nil {
		return err
	}
	if w.MaxConnections < 0 {
		return fmt.Errorf("world.max_connections: %d is negative", w.MaxConnections)
	}
	if err := counts("world.max_connections", w.MaxConnections); err != nil {
		return err
	}
	if err := w.validateIntervals(); err != nil {
		return err
	}
	return spans("world.idle_timeout", w.IdleTimeout)
}

func (w *World) validateIntervals() error {
	for i, at := range w.Restarts {
		if err := spans(fmt.Sprintf("world.restarts[%d]", i), at); err != nil {
			return err
		}
	}
	for i, s := range w.Outages {
		if err := interval(fmt.Sprintf("world.outages[%d]", i), s.At, s.For); err != nil {
			return err
		}
	}
	for i, s := range w.Slow {
		path := fmt.Sprintf("world.slow[%d]", i)
		if err := interval(path, s.At, s.For); err != nil {
			return err
		}
		if !(s.Factor > 0 && s.Factor <= 1e6) {
			return fmt.Errorf("%s.factor: %v is not above 0 and at most 1e6", path, s.Factor)
		}
	}
	return nil
}

func interval(path string, from, length Duration) error {
	if length == 0 {
		return fmt.Errorf("%s.for: %v is not positive", path, length)
	}
	return spans(path+".at", from, path+".for", length)
}

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
