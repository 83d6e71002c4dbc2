package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/sim/internal/values"
)

// forms is an example of each distribution that needs its name.
var forms = map[string]string{
	"exp": "exp:3ms", "exponential": "exp:3ms", "uniform": "uniform:1ms,5ms", "lognormal": "lognormal:2ms,0.8", "gamma": "gamma:2ms,3",
	"pareto": "pareto:1ms,1.5", "samples": "samples:1ms,2ms", "csv": "csv:FILE",
}

// ParseDist reads a distribution from the short form of poolsim's flags and of scenarios:
//
//	3ms, const:3ms         always 3 ms
//	exp:3ms                exponential, mean 3 ms
//	uniform:1ms,5ms        evenly between 1 and 5 ms
//	lognormal:2ms,0.8      median 2 ms, sigma 0.8
//	gamma:2ms,3            mean 2 ms, shape 3: 1 is exponential, more is narrower
//	pareto:1ms,1.5[,2s]    at least 1 ms, alpha 1.5, cut off at 2 s
//	samples:1ms,2ms,9ms    drawn from these with equal probability
//	csv:FILE               drawn from the samples in a file: see [Scenario.Load]
//
// It does not validate the values: [Scenario.Validate] does.
func ParseDist(text string) (Dist, error) {
	kind, rest, named := strings.Cut(strings.TrimSpace(text), ":")
	switch form := forms[kind]; {
	case !named && form != "":
		return Dist{}, fmt.Errorf("%q names a distribution without its values: write %s", text, form)
	case !named:
		kind, rest = "const", text
	}
	args := strings.Split(rest, ",")
	var d Dist
	var err error
	switch kind {
	case "const", "constant":
		err = read(args, "3ms", &d.Constant)
	case "exp", "exponential":
		err = read(args, "exp:3ms", &d.Exponential)
	case "uniform":
		d.Uniform = new(Uniform)
		err = read(args, "uniform:1ms,5ms", &d.Uniform.Min, &d.Uniform.Max)
	case "lognormal":
		d.Lognormal = new(Lognormal)
		err = read(args, "lognormal:2ms,0.8", &d.Lognormal.Median, &d.Lognormal.Sigma)
	case "gamma":
		d.Gamma = new(Gamma)
		err = read(args, "gamma:2ms,3", &d.Gamma.Mean, &d.Gamma.Shape)
	case "pareto":
		d.Pareto = new(Pareto)
		if len(args) == 2 {
			err = read(args, "pareto:1ms,1.5", &d.Pareto.Min, &d.Pareto.Alpha)
		} else {
			err = read(args, "pareto:1ms,1.5,2s", &d.Pareto.Min, &d.Pareto.Alpha, &d.Pareto.Max)
		}
	case "samples", "empirical":
		d.Empirical = make([]Duration, len(args))
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
		err = fmt.Errorf("%q is not a distribution: there are const, exp, uniform, lognormal, gamma, pareto, samples, csv", text)
	}
	return d, err
}

// ParseDuration reads a duration with its unit, or 0. There may be a space between the
// number and the unit: 3 ms. It returns an error if the unit is missing or unknown.
func ParseDuration(text string) (Duration, error) {
	d, err := values.Duration(text)
	return Duration(d), err
}

// read parses texts into durations and numbers.
func read(args []string, form string, to ...any) error {
	for i := range to {
		if d, is := to[i].(*Duration); is {
			to[i] = (*time.Duration)(d)
		}
	}
	return values.Read(args, form, to...)
}

// UnmarshalJSON reads a distribution as an object, or as text in the form of
// [ParseDist].
func (d *Dist) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		type plain Dist
		return json.Unmarshal(data, (*plain)(d))
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	read, err := ParseDist(text)
	if err == nil {
		*d = read
	}
	return err
}
