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
	case s.Duration < 0:
		return fmt.Errorf("duration: %v is negative", s.Duration)
	case s.Requests == 0 && s.Duration == 0 && (s.Workload.Open == nil || !s.Workload.Open.ends()):
		return fmt.Errorf("requests: neither requests nor duration is set, the run would not end")
	case s.WarmUp < 0:
		return fmt.Errorf("warm_up: %v is negative", s.WarmUp)
	case s.Duration > 0 && s.WarmUp >= s.Duration:
		return fmt.Errorf("warm_up: %v is not below duration, %v", s.WarmUp, s.Duration)
	}
	for _, check := range []func() error{s.Pool.validate, s.Workload.validate, s.World.validate, s.Clients.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Open) ends() bool { return len(o.Trace) > 0 }

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
	if t := p.Test; t != nil {
		if err := notNegative("pool.test.if_idle_for", t.IfIdleFor, "pool.test.at_most_every", t.AtMostEvery); err != nil {
			return err
		}
	}
	return notNegative("pool.wait_timeout", p.WaitTimeout, "pool.max_age", p.MaxAge,
		"pool.max_age_jitter", p.MaxAgeJitter, "pool.idle_timeout", p.IdleTimeout)
}

// notNegative takes paths and durations in turn.
func notNegative(pairs ...any) error {
	for i := 0; i < len(pairs); i += 2 {
		if d := pairs[i+1].(Duration); d < 0 {
			return fmt.Errorf("%s: %v is negative", pairs[i], d)
		}
	}
	return nil
}

func (w *Workload) validate() error {
	switch {
	case w.Open == nil && w.Closed == nil:
		return fmt.Errorf("workload: neither open nor closed is set")
	case w.Open != nil && w.Closed != nil:
		return fmt.Errorf("workload: both open and closed are set, must be one of them")
	}
	if c := w.Closed; c != nil {
		if c.Clients < 1 || c.Clients > math.MaxInt32 {
			return fmt.Errorf("workload.closed.clients: %d is not between 1 and %d", c.Clients, math.MaxInt32)
		}
		if c.Think.isZero() && w.Hold.isZero() {
			return fmt.Errorf("workload.closed.think: neither think nor hold takes any time, the run would not end")
		}
		if err := c.Think.validate("workload.closed.think"); err != nil {
			return err
		}
	} else if err := w.Open.validate(); err != nil {
		return err
	}
	if err := w.Hold.validate("workload.hold"); err != nil {
		return err
	}
	return w.Patience.validate("workload.patience")
}

func (o *Open) validate() error {
	set := 0
	for _, is := range []bool{o.Poisson != 0, o.Constant != 0, o.Bursts != nil, len(o.Phases) > 0, len(o.Trace) > 0 || o.TraceCSV != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		return fmt.Errorf("workload.open: %d of poisson, constant, bursts, phases and trace are set, must be one", set)
	}
	if err := rate("workload.open.poisson", o.Poisson, o.Poisson != 0); err != nil {
		return err
	}
	if err := rate("workload.open.constant", o.Constant, o.Constant != 0); err != nil {
		return err
	}
	if b := o.Bursts; b != nil {
		switch {
		case b.On <= 0:
			return fmt.Errorf("workload.open.bursts.on: %v is not positive", b.On)
		case b.Off <= 0:
			return fmt.Errorf("workload.open.bursts.off: %v is not positive", b.Off)
		}
		if err := rate("workload.open.bursts.rate", b.Rate, true); err != nil {
			return err
		}
		return rate("workload.open.bursts.off_rate", b.OffRate, b.OffRate != 0)
	}
	for i, p := range o.Phases {
		path := fmt.Sprintf("workload.open.phases[%d]", i)
		if p.For <= 0 {
			return fmt.Errorf("%s.for: %v is not positive", path, p.For)
		}
		if err := rate(path+".rate", p.Rate, p.Rate != 0); err != nil {
			return err
		}
	}
	for i, at := range o.Trace {
		if at < 0 || i > 0 && at < o.Trace[i-1] {
			return fmt.Errorf("workload.open.trace[%d]: %v is before the arrival before it", i, at)
		}
	}
	return nil
}

// rate checks a rate that is set.
func rate(path string, r float64, set bool) error {
	if set && !(r > 0 && r <= 1e9) {
		return fmt.Errorf("%s: %v is not above 0 and at most 1e9 a second", path, r)
	}
	return nil
}

func (w *World) validate() error {
	for _, d := range []struct {
		path string
		dist *Dist
	}{{"world.open_latency", &w.OpenLatency}, {"world.close_latency", &w.CloseLatency},
		{"world.test_latency", &w.TestLatency}, {"world.life", &w.Life}} {
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
	for i, at := range w.Restarts {
		if at < 0 {
			return fmt.Errorf("world.restarts[%d]: %v is negative", i, at)
		}
	}
	for i, s := range w.Outages {
		if s.At < 0 || s.For <= 0 {
			return fmt.Errorf("world.outages[%d]: at %v for %v is no time in a run", i, s.At, s.For)
		}
	}
	for i, s := range w.Slow {
		switch {
		case s.At < 0 || s.For <= 0:
			return fmt.Errorf("world.slow[%d]: at %v for %v is no time in a run", i, s.At, s.For)
		case !(s.Factor > 0 && s.Factor <= 1e6):
			return fmt.Errorf("world.slow[%d].factor: %v is not above 0 and at most 1e6", i, s.Factor)
		}
	}
	return notNegative("world.idle_timeout", w.IdleTimeout)
}

func (c *Clients) validate() error {
	if err := shares("clients.discard", c.Discard, "clients.panic", c.Panic, "clients.leak", c.Leak); err != nil {
		return err
	}
	if sum := c.Discard + c.Panic + c.Leak; sum > 1 {
		return fmt.Errorf("clients: discard, panic and leak together are %v, above 1", sum)
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
