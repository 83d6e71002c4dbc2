package sim

import (
	"fmt"
	"math"
	"strings"
)

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

func (o *OpenLoop) ends() bool { return len(o.Trace) > 0 || o.TraceCSV != "" }

func (o *OpenLoop) validate() error {
	set := 0
	for _, is := range []bool{o.Poisson != 0, o.Constant != 0, o.Bursts != nil, len(o.Phases) > 0, len(o.Trace) > 0, o.TraceCSV != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		return fmt.Errorf("workload.open: %d of poisson, constant, bursts, phases, trace and trace_csv are set, must be one", set)
	}
	switch {
	case o.Poisson != 0:
		return rate("workload.open.poisson", o.Poisson)
	case o.Constant != 0:
		return rate("workload.open.constant", o.Constant)
	case o.Bursts != nil:
		return o.Bursts.validate()
	}
	for i, p := range o.Phases {
		if err := p.validate(fmt.Sprintf("workload.open.phases[%d]", i)); err != nil {
			return err
		}
	}
	return validateTrace(o.Trace)
}

func validateTrace(trace []Duration) error {
	for i, at := range trace {
		path := fmt.Sprintf("workload.open.trace[%d]", i)
		if err := spans(path, at); err != nil {
			return err
		}
		if i > 0 && at < trace[i-1] {
			return fmt.Errorf("%s: %v is before the arrival before it, at %v", path, at, trace[i-1])
		}
	}
	return nil
}

func (b *Bursts) validate() error {
	switch {
	case b.On <= 0:
		return fmt.Errorf("workload.open.bursts.on: %v is not positive", b.On)
	case b.Off <= 0:
		return fmt.Errorf("workload.open.bursts.off: %v is not positive", b.Off)
	}
	if err := spans("workload.open.bursts.on", b.On, "workload.open.bursts.off", b.Off); err != nil {
		return err
	}
	if err := rate("workload.open.bursts.rate", b.Rate); err != nil || b.OffRate == 0 {
		return err
	}
	return rate("workload.open.bursts.off_rate", b.OffRate)
}

func (p *Phase) validate(path string) error {
	if p.For <= 0 {
		return fmt.Errorf("%s.for: %v is not positive", path, p.For)
	}
	if err := spans(path+".for", p.For); err != nil || p.Rate == 0 {
		return err
	}
	return rate(path+".rate", p.Rate)
}

// rate checks a rate that is not left out.
func rate(path string, r float64) error {
	if !(r > 0 && r <= 1e9) {
		return fmt.Errorf("%s: %v is not above 0 and at most 1e9 a second", path, r)
	}
	return nil
}

// timed reports whether a distribution takes any time.
func (d *Dist) timed() bool { return d.EmpiricalCSV != "" || d.Mean() > 0 }

// validate reports what is wrong with a distribution at a path of the scenario.
func (d *Dist) validate(path string) error {
	var set []string
	note := func(is bool, name string) {
		if is {
			set = append(set, name)
		}
	}
	note(d.Constant != 0, "constant")
	note(d.Exponential != 0, "exponential")
	note(d.Uniform != nil, "uniform")
	note(d.Lognormal != nil, "lognormal")
	note(d.Pareto != nil, "pareto")
	note(len(d.Empirical) > 0, "empirical")
	note(d.EmpiricalCSV != "", "empirical_csv")
	if len(set) > 1 {
		return fmt.Errorf("%s: has %s, must have one of them", path, strings.Join(set, " and "))
	}
	for i, v := range d.Empirical {
		if err := spans(fmt.Sprintf("%s.empirical[%d]", path, i), v); err != nil {
			return err
		}
	}
	switch {
	case d.Uniform != nil:
		return d.Uniform.validate(path + ".uniform")
	case d.Lognormal != nil:
		return d.Lognormal.validate(path + ".lognormal")
	case d.Pareto != nil:
		return d.Pareto.validate(path + ".pareto")
	}
	return spans(path+".constant", d.Constant, path+".exponential", d.Exponential)
}

func (u *Uniform) validate(path string) error {
	if u.Max < u.Min {
		return fmt.Errorf("%s.max: %v is below min, %v", path, u.Max, u.Min)
	}
	return spans(path+".min", u.Min, path+".max", u.Max)
}

func (l *Lognormal) validate(path string) error {
	switch {
	case l.Median <= 0:
		return fmt.Errorf("%s.median: %v is not positive", path, l.Median)
	case !(l.Sigma >= 0 && l.Sigma <= 10):
		return fmt.Errorf("%s.sigma: %v is not between 0 and 10", path, l.Sigma)
	}
	return spans(path+".median", l.Median)
}

func (p *Pareto) validate(path string) error {
	switch {
	case p.Min <= 0:
		return fmt.Errorf("%s.min: %v is not positive", path, p.Min)
	case !(p.Alpha > 0 && p.Alpha <= 100):
		return fmt.Errorf("%s.alpha: %v is not above 0 and at most 100", path, p.Alpha)
	case p.Max != 0 && p.Max < p.Min:
		return fmt.Errorf("%s.max: %v is below min, %v", path, p.Max, p.Min)
	}
	return spans(path+".min", p.Min, path+".max", p.Max)
}
