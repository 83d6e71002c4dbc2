package compact

import (
	"fmt"
	"strconv"

	"github.com/respool/respool/sim"
)

// Text writes a distribution in the form that [Dist] reads, but for samples,
// which are many.
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
