package sim

import "fmt"

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
