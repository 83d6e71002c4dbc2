package sim

import (
	"fmt"
	"strings"
)

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
