package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/fit"
)

// fittedJSON is the result of a fit, in JSON. Times are in seconds.
type fittedJSON struct {
	Scenario *sim.Scenario     `json:"scenario"`
	Flags    map[string]string `json:"flags"` // the same for a command line, at the mean rate; yes is a flag without a value
	Kind     string            `json:"kind"`
	Notes    []string          `json:"notes"`
	Assumed  []string          `json:"assumed"`
	Skipped  []int             `json:"skipped_lines,omitempty"`
	Begin    time.Time         `json:"begin,omitzero"`
	Load     *fit.Load         `json:"load,omitempty"`
	Hold     []fit.Candidate   `json:"hold,omitempty"`
	Open     []fit.Candidate   `json:"open,omitempty"`
}

func (r *fitted) json() *fittedJSON {
	return &fittedJSON{r.scenario, r.asFlags(), r.kind, r.data.Notes, r.assumed, r.data.Skipped, r.data.Begin, r.load, r.hold, r.open}
}

// asFlags returns the scenario as flags have it. Where the rate changes, it is the mean.
func (r *fitted) asFlags() map[string]string {
	sc := r.scenario
	rate := sc.Workload.Open.Poisson
	if r.load != nil {
		rate = r.load.Rate
	}
	flags := map[string]string{"rate": strconv.FormatFloat(rate, 'g', 6, 64), "hold": distFlag(&sc.Workload.Hold)}
	if !sc.World.OpenLatency.IsZero() {
		flags["open-latency"] = distFlag(&sc.World.OpenLatency)
	}
	if n := sc.Pool.MaxActive; n > 0 {
		flags["max-active"] = strconv.Itoa(n)
	}
	if sc.Pool.Wait {
		flags["wait"] = "yes"
	}
	return flags
}

// distFlag returns a distribution in the form of a flag. Samples get four digits.
func distFlag(d *sim.Dist) string {
	if len(d.Empirical) == 0 {
		return compact.Text(*d)
	}
	samples := make([]string, len(d.Empirical))
	for i, x := range d.Empirical {
		unit := time.Duration(1)
		for time.Duration(x) >= 10_000*unit {
			unit *= 10
		}
		samples[i] = time.Duration(x).Round(unit).String()
	}
	return "samples:" + strings.Join(samples, ",")
}
