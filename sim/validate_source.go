package sim

import (
	"errors"
	"fmt"
	"strings"
)

// validateSource checks that requests come from exactly one source.
func (w *Workload) validateSource() error {
	switch {
	case w.Open == nil && w.Closed == nil:
		return errors.New("workload: neither open nor closed is set")
	case w.Open != nil && w.Closed != nil:
		return errors.New("workload: both open and closed are set, must be one of them")
	case w.Closed != nil:
		return nil
	}
	o, set := w.Open, 0
	for _, is := range []bool{o.Poisson != 0, o.Constant != 0, o.Bursts != nil, len(o.Phases) > 0, len(o.Trace) > 0, o.TraceCSV != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		return fmt.Errorf("workload.open: %d of poisson, constant, bursts, phases, trace and trace_csv are set, must be one", set)
	}
	return nil
}

// ends reports whether the arrivals end by themselves.
func (o *OpenLoop) ends() bool { return len(o.Trace) > 0 || o.TraceCSV != "" }

// validateTrace checks that the arrivals of a trace are in order.
func (w *Workload) validateTrace() error {
	if w.Open == nil {
		return nil
	}
	trace := w.Open.Trace
	for i, at := range trace {
		if i > 0 && at < trace[i-1] {
			return fmt.Errorf("workload.open.trace[%d]: %v is before the arrival before it, at %v", i, at, trace[i-1])
		}
	}
	return nil
}

// timed reports whether a distribution takes any time.
func (d *Dist) timed() bool { return d.EmpiricalCSV != "" || d.Mean() > 0 }

// validate returns an error if a distribution is invalid, and the path of the wrong field:
// ".constant".
func (d *Dist) validate() (field string, err error) {
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
	note(d.Gamma != nil, "gamma")
	note(d.Pareto != nil, "pareto")
	note(len(d.Empirical) > 0, "empirical")
	note(d.EmpiricalCSV != "", "empirical_csv")
	if len(set) > 1 {
		return "", fmt.Errorf("has %s, must have one of them", strings.Join(set, " and "))
	}
	for i, v := range d.Empirical {
		if err := validSpan(v); err != nil {
			return fmt.Sprintf(".empirical[%d]", i), err
		}
	}
	switch {
	case d.Uniform != nil:
		return d.Uniform.validate()
	case d.Lognormal != nil:
		return d.Lognormal.validate()
	case d.Gamma != nil:
		return d.Gamma.validate()
	case d.Pareto != nil:
		return d.Pareto.validate()
	case d.Exponential != 0:
		return ".exponential", validSpan(d.Exponential)
	}
	return ".constant", validSpan(d.Constant)
}

func (u *Uniform) validate() (field string, err error) {
	if u.Max < u.Min {
		return ".uniform.max", fmt.Errorf("%v is below min, %v", u.Max, u.Min)
	}
	if err := validSpan(u.Min); err != nil {
		return ".uniform.min", err
	}
	return ".uniform.max", validSpan(u.Max)
}

func (l *Lognormal) validate() (field string, err error) {
	switch {
	case l.Median <= 0:
		return ".lognormal.median", fmt.Errorf("%v is not positive", l.Median)
	case !(l.Sigma >= 0 && l.Sigma <= 10):
		return ".lognormal.sigma", fmt.Errorf("%v is not between 0 and 10", l.Sigma)
	}
	return ".lognormal.median", validSpan(l.Median)
}

func (g *Gamma) validate() (field string, err error) {
	switch {
	case g.Mean <= 0:
		return ".gamma.mean", fmt.Errorf("%v is not positive", g.Mean)
	case !(g.Shape >= 0.01 && g.Shape <= 1e6):
		return ".gamma.shape", fmt.Errorf("%v is not between 0.01 and 1e6", g.Shape)
	}
	return ".gamma.mean", validSpan(g.Mean)
}

func (p *Pareto) validate() (field string, err error) {
	switch {
	case p.Min <= 0:
		return ".pareto.min", fmt.Errorf("%v is not positive", p.Min)
	case !(p.Alpha > 0 && p.Alpha <= 100):
		return ".pareto.alpha", fmt.Errorf("%v is not above 0 and at most 100", p.Alpha)
	case p.Max != 0 && p.Max < p.Min:
		return ".pareto.max", fmt.Errorf("%v is below min, %v", p.Max, p.Min)
	}
	if err := validSpan(p.Min); err != nil {
		return ".pareto.min", err
	}
	return ".pareto.max", validSpan(p.Max)
}
