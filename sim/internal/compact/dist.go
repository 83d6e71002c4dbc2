// Package compact reads the parts of a scenario from short texts, such as
// exp:3ms, for a command line.
package compact

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/values"
)

// DistSyntax is what [Dist] reads, for a help text.
const DistSyntax = `  3ms                    always 3 ms (also const:3ms)
  exp:3ms                exponential, mean 3 ms
  uniform:1ms,5ms        evenly between 1 and 5 ms
  lognormal:2ms,0.8      median 2 ms, sigma 0.8: what latencies often look like
  gamma:2ms,3            mean 2 ms, shape 3: 1 is exponential, more is narrower
  pareto:1ms,1.5         at least 1 ms, the share above x falls as x^-1.5
  pareto:1ms,1.5,2s      the same, cut off at 2 s
  samples:1ms,2ms,9ms    drawn evenly from these
  csv:FILE               drawn evenly from the latencies in a file, one a line:
                         2.5ms, or a number; a heading such as latency_ms has
                         its unit, without one it is in seconds
`

// Dist reads a distribution; [DistSyntax] has the forms.
func Dist(text string) (sim.Dist, error) { return sim.ParseDist(text) }

// Duration reads a length of time with its unit, or 0.
func Duration(text string) (sim.Duration, error) { return sim.ParseDuration(text) }

// Number reads a finite number.
func Number(text string) (float64, error) { return values.Number(text) }

// read puts texts into durations and numbers.
func read(args []string, form string, to ...any) error {
	for i := range to {
		if d, is := to[i].(*sim.Duration); is {
			to[i] = (*time.Duration)(d)
		}
	}
	return values.Read(args, form, to...)
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
		return 0, notWhole(text)
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
	if g := d.Gamma; g != nil {
		d.Gamma = &sim.Gamma{Mean: scale(g.Mean), Shape: g.Shape}
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

// Text writes a distribution in the form that [Dist] reads. Of samples it writes only how
// many there are.
func Text(d sim.Dist) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	switch {
	case d.Exponential != 0:
		return "exp:" + d.Exponential.String()
	case d.Uniform != nil:
		return fmt.Sprintf("uniform:%v,%v", d.Uniform.Min, d.Uniform.Max)
	case d.Lognormal != nil:
		return fmt.Sprintf("lognormal:%v,%s", d.Lognormal.Median, number(d.Lognormal.Sigma))
	case d.Gamma != nil:
		return fmt.Sprintf("gamma:%v,%s", d.Gamma.Mean, number(d.Gamma.Shape))
	case d.Pareto != nil && d.Pareto.Max > 0:
		return fmt.Sprintf("pareto:%v,%s,%v", d.Pareto.Min, number(d.Pareto.Alpha), d.Pareto.Max)
	case d.Pareto != nil:
		return fmt.Sprintf("pareto:%v,%s", d.Pareto.Min, number(d.Pareto.Alpha))
	case d.EmpiricalCSV != "":
		return "csv:" + d.EmpiricalCSV
	case len(d.Empirical) > 0:
		return fmt.Sprintf("one of %d samples", len(d.Empirical))
	}
	return d.Constant.String()
}

// rangeForm is two whole numbers with something between them, as people write a range.
var rangeForm = regexp.MustCompile(`^(\d+) ?(:|-|\.\.+|to) ?(\d+)(:\d+)?$`)

// notWhole returns the error about a text that is no whole number.
func notWhole(text string) error {
	switch m := rangeForm.FindStringSubmatch(text); {
	case m == nil:
		return fmt.Errorf("%q is not a whole number", text)
	case m[2] == ":":
		return fmt.Errorf("%q is not a whole number: poolsim sweep takes ranges", text)
	default:
		return fmt.Errorf("%q is not a whole number: a range is %s:%s", text, m[1], m[3])
	}
}
