// Package compact reads the parts of a scenario from short texts, such as
// exp:3ms, for a command line.
package compact

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim"
)

// DistSyntax is what [Dist] reads, for a help text.
const DistSyntax = `  3ms                    always 3 ms (also const:3ms)
  exp:3ms                exponential, mean 3 ms
  uniform:1ms,5ms        evenly between 1 and 5 ms
  lognormal:2ms,0.8      median 2 ms, sigma 0.8: what latencies often look like
  pareto:1ms,1.5         at least 1 ms, the share above x falls as x^-1.5: a heavy tail
  pareto:1ms,1.5,2s      the same, cut off at 2 s
  samples:1ms,2ms,9ms    drawn evenly from these
  csv:FILE               drawn evenly from the latencies in a file, one a line:
                         2.5ms, or a number of seconds
`

// Dist reads a distribution; [DistSyntax] has the forms.
func Dist(text string) (sim.Dist, error) {
	kind, rest, named := strings.Cut(text, ":")
	if !named {
		kind, rest = "const", text
	}
	args := strings.Split(rest, ",")
	var d sim.Dist
	var err error
	switch kind {
	case "const", "constant":
		err = read(args, "3ms", &d.Constant)
	case "exp", "exponential":
		err = read(args, "exp:3ms", &d.Exponential)
	case "uniform":
		d.Uniform = new(sim.Uniform)
		err = read(args, "uniform:1ms,5ms", &d.Uniform.Min, &d.Uniform.Max)
	case "lognormal":
		d.Lognormal = new(sim.Lognormal)
		err = read(args, "lognormal:2ms,0.8", &d.Lognormal.Median, &d.Lognormal.Sigma)
	case "pareto":
		d.Pareto = new(sim.Pareto)
		if len(args) == 2 {
			err = read(args, "pareto:1ms,1.5", &d.Pareto.Min, &d.Pareto.Alpha)
		} else {
			err = read(args, "pareto:1ms,1.5,2s", &d.Pareto.Min, &d.Pareto.Alpha, &d.Pareto.Max)
		}
	case "samples", "empirical":
		d.Empirical = make([]sim.Duration, len(args))
		for i := range args {
			if err == nil {
				err = read(args[i:i+1], "samples:1ms,2ms", &d.Empirical[i])
			}
		}
	case "csv":
		if d.EmpiricalCSV = rest; rest == "" {
			err = fmt.Errorf("%q names no file, as in csv:latencies.csv", text)
		}
	default:
		err = fmt.Errorf("%q is not a distribution: there are const, exp, uniform, lognormal, pareto, samples, csv", text)
	}
	return d, err
}

// read puts texts into durations and numbers.
func read(args []string, form string, to ...any) error {
	if len(args) != len(to) {
		return fmt.Errorf("%d values where %s has %d", len(args), form, len(to))
	}
	for i, arg := range args {
		switch to := to[i].(type) {
		case *sim.Duration:
			v, err := Duration(arg)
			if err != nil {
				return err
			}
			*to = v
		case *float64:
			v, err := Number(arg)
			if err != nil {
				return err
			}
			*to = v
		}
	}
	return nil
}

// Duration reads a length of time with its unit, or 0.
func Duration(text string) (sim.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration: write a number with a unit, such as 3ms", text)
	}
	return sim.D(d), nil
}

// Number reads a finite number.
func Number(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return x, nil
}

// Share reads a part of a whole: 0.01 or 1%.
func Share(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	x, err := Number(number)
	if err != nil {
		return 0, fmt.Errorf("%q is not a share: write 0.01 or 1%%", text)
	}
	if percent {
		x /= 100
	}
	return x, nil
}

// Int reads a whole number.
func Int(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	return n, nil
}

// Scale returns d with another mean and the same shape. The mean of d must be
// finite and positive.
func Scale(d sim.Dist, mean sim.Duration) sim.Dist {
	by := float64(mean) / float64(d.Mean())
	scale := func(v sim.Duration) sim.Duration { return sim.Duration(math.Round(float64(float64(v) * by))) }
	d.Constant, d.Exponential = scale(d.Constant), scale(d.Exponential)
	if u := d.Uniform; u != nil {
		d.Uniform = &sim.Uniform{Min: scale(u.Min), Max: scale(u.Max)}
	}
	if l := d.Lognormal; l != nil {
		d.Lognormal = &sim.Lognormal{Median: scale(l.Median), Sigma: l.Sigma}
	}
	if p := d.Pareto; p != nil {
		d.Pareto = &sim.Pareto{Min: scale(p.Min), Alpha: p.Alpha, Max: scale(p.Max)}
	}
	samples := d.Empirical
	d.Empirical = nil
	for _, v := range samples {
		d.Empirical = append(d.Empirical, scale(v))
	}
	return d
}
