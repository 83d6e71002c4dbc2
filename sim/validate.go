package sim

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/respool/respool/sim/internal/setting"
)

// Validate returns an error about the first field whose value is not valid, which
// begins with the field's path.
func (s *Scenario) Validate() error {
	for _, check := range []func() error{s.validateLength, s.Workload.validateSource, s.validateFields,
		s.validateWarmUp, s.Workload.validateTrace, s.Pool.validateLimits, s.Clients.validateSum, s.validateThinking, s.validateDependent, s.validateFleet, s.validateKeys, s.validateSizes} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateFields checks each field by itself, as the table of fields says.
func (s *Scenario) validateFields() error {
	for _, f := range setting.All() {
		if f.Rule == setting.Free {
			continue
		}
		within := "" // in a distribution
		path, err := f.Each(s, func(v reflect.Value) (err error) {
			if f.Rule == setting.Dist {
				within, err = v.Addr().Interface().(*Dist).validate()
				return err
			}
			return valid(f.Rule, v)
		})
		if err != nil {
			return fmt.Errorf("%s%s: %w", path, within, err)
		}
	}
	return nil
}

// farthest is the longest span that a scenario can have, 36 years.
const farthest = Duration(1) << 60

// valid checks a value by a rule.
func valid(rule setting.Rule, v reflect.Value) error {
	switch rule {
	case setting.NotNegative, setting.Count, setting.CountOrNone, setting.Clients:
		return validCount(rule, v.Int())
	case setting.Span, setting.PositiveSpan:
		d := Duration(v.Int())
		if rule == setting.PositiveSpan && d <= 0 {
			return fmt.Errorf("%v is not positive", d)
		}
		return validSpan(d)
	case setting.Share, setting.Rate, setting.RateOrNone, setting.Factor:
		return validNumber(rule, v.Float())
	case setting.Order:
		if o := v.String(); o != "" && o != "lifo" && o != "fifo" {
			return fmt.Errorf("%q is neither lifo nor fifo", o)
		}
	}
	return nil
}

func validCount(rule setting.Rule, n int64) error {
	switch {
	case rule == setting.Clients && (n < 1 || n > setting.MaxCount):
		return fmt.Errorf("%d is not between 1 and %d", n, setting.MaxCount)
	case rule == setting.CountOrNone && n < -1:
		return fmt.Errorf("%d is below -1, which means none", n)
	case rule != setting.CountOrNone && n < 0:
		return fmt.Errorf("%d is negative", n)
	case rule != setting.NotNegative && n > setting.MaxCount:
		return fmt.Errorf("%d is above %d, the most that a pool can have", n, setting.MaxCount)
	}
	return nil
}

func validSpan(d Duration) error {
	switch {
	case d < 0:
		return fmt.Errorf("%v is negative", d)
	case d > farthest:
		return fmt.Errorf("%v is beyond what a run can last, %v", d, farthest)
	}
	return nil
}

func validNumber(rule setting.Rule, x float64) error {
	switch {
	case rule == setting.Share && !(x >= 0 && x <= 1):
		return fmt.Errorf("%v is not between 0 and 1", x)
	case rule == setting.Factor && !(x > 0 && x <= 1e6):
		return fmt.Errorf("%v is not above 0 and at most 1e6", x)
	case rule == setting.RateOrNone && x == 0:
		return nil
	case (rule == setting.Rate || rule == setting.RateOrNone) && !(x > 0 && x <= 1e9):
		return fmt.Errorf("%v is not above 0 and at most 1e9 a second", x)
	}
	return nil
}

// What a run has in memory at once, or does for one request, is limited: a count that is meant
// for another field, or that has too many digits, would otherwise take all memory or years.
const (
	mostAtOnce  = 1_000_000
	mostLeases  = 1000
	mostRetries = 1_000_000
)

// validateSizes refuses counts that no simulation can have.
func (s *Scenario) validateSizes() error {
	pools := max(s.Fleet.Instances, s.Fleet.Autoscale.Max, s.Keys.Count, 1)
	clients := 0
	if s.Workload.Closed != nil {
		clients = s.Workload.Closed.Clients
	}
	for _, c := range []struct {
		path    string
		n, most int
	}{
		{"workload.closed.clients", clients, mostAtOnce / max(s.Fleet.Instances, 1)},
		{"workload.leases", s.Workload.Leases, mostLeases},
		{"pool.min_idle", s.Pool.MinIdle, mostAtOnce / pools},
		{"clients.retry.retries", s.Clients.Retry.Retries, mostRetries},
	} {
		if c.n > c.most {
			return fmt.Errorf("%s: %d is above %d, the most that a simulation has", c.path, c.n, c.most)
		}
	}
	return nil
}

// validateLength refuses a scenario without an end.
func (s *Scenario) validateLength() error {
	if s.Requests == 0 && s.Duration == 0 && (s.Workload.Open == nil || !s.Workload.Open.ends()) {
		return errors.New("requests: neither requests nor duration is set, the run would not end")
	}
	return nil
}

func (s *Scenario) validateWarmUp() error {
	if s.Duration > 0 && s.WarmUp >= s.Duration {
		return fmt.Errorf("warm_up: %v is not below duration, %v", s.WarmUp, s.Duration)
	}
	return nil
}

// validateThinking refuses a closed loop whose clients would make requests at one
// instant without an end.
func (s *Scenario) validateThinking() error {
	c := s.Workload.Closed
	if c == nil || s.Requests > 0 || c.Think.timed() {
		return nil
	}
	const path = "workload.closed.think"
	if !s.Workload.Hold.timed() && !s.World.Server.Service.timed() {
		return fmt.Errorf("%s: neither think nor hold takes any time, and requests is not set: the run would not end", path)
	}
	p, w := &s.Pool, &s.World
	if !p.Wait || p.MaxWaiters > 0 || s.Workload.Background > 0 || w.OpenFailure > 0 || len(w.Outages) > 0 || w.MaxConnections > 0 {
		return fmt.Errorf("%s: takes no time, and requests is not set: "+
			"a client who is refused would ask again at once, and the run would not end", path)
	}
	return nil
}

// validateLimits checks the limits that depend on one another.
func (p *Pool) validateLimits() error {
	above := func(limit int) bool { return limit != 0 && p.MinIdle > max(limit, 0) }
	switch {
	case above(p.MaxActive):
		return fmt.Errorf("pool.min_idle: %d is above max_active, %d", p.MinIdle, p.MaxActive)
	case above(p.MaxIdle):
		return fmt.Errorf("pool.min_idle: %d is above max_idle, %d", p.MinIdle, p.MaxIdle)
	case p.MaxAgeJitter > p.MaxAge:
		return fmt.Errorf("pool.max_age_jitter: %v is above max_age, %v", p.MaxAgeJitter, p.MaxAge)
	case p.TestSuspects && p.Test == nil && p.Gate == nil:
		return fmt.Errorf("pool.test_suspects is set, test is not")
	case p.Reserve > 0 && p.Reserve >= p.MaxActive:
		return fmt.Errorf("pool.reserve: %d is not below max_active, %d", p.Reserve, p.MaxActive)
	case p.ShedInterval > 0 && p.ShedTarget == 0:
		return fmt.Errorf("pool.shed_interval: %v is set, shed_target is not", p.ShedInterval)
	case p.ReplaceAhead > 0 && p.MaxAge == 0 && p.Lifetime == nil:
		return fmt.Errorf("pool.replace_ahead: %v is set, max_age is not", p.ReplaceAhead)
	case p.TestIdleEvery > 0 && p.Test == nil && p.Gate == nil:
		return fmt.Errorf("pool.test_idle_every: %v is set, test is not", p.TestIdleEvery)
	case p.SoftIdleMin > 0 && p.IdleTimeout == 0:
		return fmt.Errorf("pool.soft_idle_min: %d is set, idle_timeout is not", p.SoftIdleMin)
	}
	return nil
}

// validateDependent refuses fields that mean nothing without another one.
func (s *Scenario) validateDependent() error {
	w, r := &s.Workload, &s.Clients.Retry
	switch {
	case w.Nested && w.Leases < 2:
		return errors.New("workload.nested: is set, and leases is not above 1")
	case s.World.Server.Workers == 0 && !s.World.Server.Service.IsZero():
		return errors.New("world.server.service: is set, workers is not")
	case s.World.Server.Workers == 0 && s.World.Server.Contention > 0:
		return errors.New("world.server.contention: is set, workers is not")
	case r.Retries > 0:
		return nil
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"backoff", r.Backoff > 0}, {"max_backoff", r.MaxBackoff > 0}, {"jitter", r.Jitter > 0}, {"budget", r.Budget > 0}, {"burst", r.Burst > 0}} {
		if f.set {
			return fmt.Errorf("clients.retry.%s: is set, retries is not", f.name)
		}
	}
	return nil
}

// validateSum checks that there are not more leases that end badly than leases.
func (c *Clients) validateSum() error {
	const rounding = 1e-9 // three shares written in decimal may sum to a little more than 1
	if sum := c.Discard + c.Panic + c.Leak; sum > 1+rounding {
		return fmt.Errorf("clients: discard, panic and leak together are %v, above 1", sum)
	}
	return nil
}
