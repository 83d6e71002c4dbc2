package compact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
)

const ms = sim.Duration(time.Millisecond)

func TestDist(t *testing.T) {
	for text, want := range map[string]sim.Dist{
		"0":                  {},
		"3ms":                {Constant: 3 * ms},
		"const:3ms":          {Constant: 3 * ms},
		"exp:3ms":            {Exponential: 3 * ms},
		"exponential:1m":     {Exponential: 60000 * ms},
		"uniform:1ms,5ms":    {Uniform: &sim.Uniform{Min: ms, Max: 5 * ms}},
		"gamma:2ms,0.5":      {Gamma: &sim.Gamma{Mean: 2 * ms, Shape: 0.5}},
		"lognormal:2ms,0.8":  {Lognormal: &sim.Lognormal{Median: 2 * ms, Sigma: 0.8}},
		"pareto:1ms,1.5":     {Pareto: &sim.Pareto{Min: ms, Alpha: 1.5}},
		"pareto:1ms,1.5,2s":  {Pareto: &sim.Pareto{Min: ms, Alpha: 1.5, Max: 2000 * ms}},
		"samples:1ms,2ms":    {Empirical: []sim.Duration{ms, 2 * ms}},
		"csv:dir/lat:it.csv": {EmpiricalCSV: "dir/lat:it.csv"},
	} {
		got, err := compact.Dist(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestDistRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "is not a duration",
		"3":                "such as 3ms",
		"exp:":             "is not a duration",
		"exp:3ms,4ms":      "2 values where exp:3ms has 1",
		"uniform:1ms":      "1 values where uniform:1ms,5ms has 2",
		"lognormal:2ms,x":  `"x" is not a number`,
		"pareto:1ms":       "1 values where pareto:1ms,1.5,2s has 3",
		"pareto:1ms,NaN":   "is not a number",
		"samples:1ms,,2ms": "is not a duration",
		"csv:":             "names no file",
		"weibull:3ms":      "there are const, exp, uniform",
	} {
		if got, err := compact.Dist(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", text, got, err, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	if x, err := compact.Share("0.1%"); err != nil || x != 0.001 {
		t.Errorf("0.1%%: %v, %v", x, err)
	}
	if x, err := compact.Share("0.25"); err != nil || x != 0.25 {
		t.Errorf("0.25: %v, %v", x, err)
	}
	for _, text := range []string{"", "%", "x", "inf"} {
		if x, err := compact.Share(text); err == nil {
			t.Errorf("%q: %v, want an error", text, x)
		}
	}
	if n, err := compact.Int("1e3"); err == nil {
		t.Errorf("1e3: %d, want an error", n)
	}
}
