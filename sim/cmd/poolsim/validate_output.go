//go:build !js

package main

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// comparison is one figure in virtual and in real time.
type comparison struct {
	name                    string
	virtual, real, adjusted float64
}

// off returns how far the real figure is off, as a share of the virtual one.
func off(real, virtual float64) float64 { return (real - virtual) / virtual }

func (v *validation) comparisons() []comparison {
	return compareTimes(&v.virtual.Acquire, &v.adjusted.Acquire, &v.real.Acquire)
}

// totals compares how long requests took in all.
func (v *validation) totals() []comparison {
	return compareTimes(&v.virtual.Total, &v.adjusted.Total, &v.real.Total)
}

func compareTimes(a, b *sim.Times, r *sim.Histogram) []comparison {
	q := func(h *sim.Histogram, q float64) float64 { return h.Quantile(q).Seconds() }
	return []comparison{
		{"mean", a.Mean, r.Mean().Seconds(), b.Mean},
		{"p50", a.P50, q(r, 0.5), b.P50},
		{"p90", a.P90, q(r, 0.9), b.P90},
		{"p99", a.P99, q(r, 0.99), b.P99},
	}
}

// busy returns why the machine was too busy for a verdict, or "". While a goroutine is
// delayed the queue grows, and that is not caused by the pool.
func (v *validation) busy() string {
	if v.visits != nil {
		return "" // a visit is longer than any delay of a goroutine
	}
	if stall := v.real.Arrivals.Quantile(0.999).Seconds(); stall > 1e-3 {
		return fmt.Sprintf("No verdict: the machine was busy. One arrival in 1,000 was late by %s or more, and while a goroutine is held up the queue grows. Try again on an idle machine.", figures.Seconds(stall))
	}
	return ""
}

// hasServer reports whether there is a server with workers, be it real or not.
func (v *validation) hasServer() bool { return v.scenario.World.Server.Workers > 0 }

func (v *validation) text(width int) []byte {
	var b bytes.Buffer
	v.writeHeads(&b, width)
	v.writeTable(&b, "wait", v.comparisons())
	if v.hasServer() {
		b.WriteByte('\n')
		v.writeTable(&b, "total", v.totals())
	}
	if v.visits != nil {
		v.writeWithin(&b, width)
	}
	v.writeOutcomes(&b, width)
	v.writeInstances(&b)
	b.WriteByte('\n')
	if v.visits != nil {
		writeText(&b, width, v.aboutServer())
	} else {
		v.writeDelays(&b, width)
	}
	return b.Bytes()
}

// writeHeads writes why there is no verdict, and what was run.
func (v *validation) writeHeads(b *bytes.Buffer, width int) {
	if why := v.busy(); why != "" {
		writeText(b, width, why)
		b.WriteByte('\n')
	}
	writeScenario(b, v.scenario, describePool(v.scenario), nil, width)
	writeHead(b, width, "run", fmt.Sprintf("seed %d, %s requests, utilization %s; %s in real time", v.scenario.Seed,
		figures.Count(v.virtual.Requests), figures.Percent(v.virtual.Utilization), figures.Seconds(v.took.Seconds())))
	b.WriteByte('\n')
}

func (v *validation) writeTable(b *bytes.Buffer, name string, all []comparison) {
	differs := func(real, virtual float64) string {
		if v.busy() != "" {
			return "-"
		}
		return signed(off(real, virtual))
	}
	fmt.Fprintf(b, "%-9s %10s %10s %10s │ %-10s %10s\n", name, "virtual", "real", "differs", "virtual, with overhead", "differs")
	for _, c := range all {
		fmt.Fprintf(b, "%-9s %10s %10s %10s │ %22s %10s\n", c.name, figures.Seconds(c.virtual), figures.Seconds(c.real),
			differs(c.real, c.virtual), figures.Seconds(c.adjusted), differs(c.real, c.adjusted))
	}
}

// writeOutcomes writes what became of the requests, and of the calls that they are parts of.
func (v *validation) writeOutcomes(b *bytes.Buffer, width int) {
	row := func(name string, virtual, real uint64) {
		fmt.Fprintf(b, "%-9s %10s %10s\n", name, figures.Count(virtual), figures.Count(real))
	}
	granted := v.virtual.Outcomes.Granted
	row("granted", granted, v.real.Granted)
	row("refused", v.virtual.Requests-granted, v.real.Refused)
	v.writeOpens(b, width)
	c, r := v.virtual.Calls, &v.real.Calls
	if c == nil {
		return
	}
	row("retries", c.Retries, r.Retries)
	row("good", c.Good, r.Good)
	row("failed", c.Failed, r.Failed)
	writeArea(b, "virtual", perSecond(v.virtual.Timeline.Good, v.virtual.Timeline.Step), v.mostTries(), width-chartLeft)
	writeArea(b, "real", perSecond(v.realGood(), v.real.Step.Seconds()), v.mostTries(), width-chartLeft)
	fmt.Fprintf(b, "%15s └ good calls a second, over time\n", "")
}

// writeDelays writes by how much a real run is later than a virtual one, and where.
func (v *validation) writeDelays(b *bytes.Buffer, width int) {
	b.WriteString("The wait is from arrival to grant. What real time adds:\n")
	type lateness interface {
		Mean() time.Duration
		Quantile(q float64) time.Duration
	}
	late := func(name string, h lateness, what string) {
		fmt.Fprintf(b, "  %-9s mean %7s  p50 %7s  p99 %7s\n", name, figures.Seconds(h.Mean().Seconds()),
			figures.Seconds(h.Quantile(0.5).Seconds()), figures.Seconds(h.Quantile(0.99).Seconds()))
		writeText(b, width, "            "+what)
	}
	late("timer", v.sleep, "time.Sleep is late by that: not used here")
	late("clock", v.precise, "the clock of this run is late by that, with nothing else to do")
	late("arrival", &v.real.Arrivals, "arrivals come late: it shifts the load, and adds nothing")
	late("lease", &v.real.Late, "leases end late")
	if v.hasServer() {
		late("worker", &v.real.Worker, "the server's workers end their visits late")
	}
	late("hand-over", &v.real.HandOver, "from a release until the goroutine that waited for it runs")
	fmt.Fprintf(b, "\nA lease occupies its place for %s longer than drawn", figures.Seconds(v.real.Overhead().Seconds()))
	if mean := v.scenario.Workload.Hold.Mean(); mean > 0 {
		fmt.Fprintf(b, ", %s of the mean of %v", figures.Percent(float64(v.real.Overhead())/float64(mean)), mean)
	}
	b.WriteString(".\n")
	writeText(b, width, "Near saturation a wait grows much faster than that. The right half is the virtual run with leases that last longer by that much. "+
		"What still differs there is chance in the machine's scheduling, and a hand-over at the end of each wait.")
}

func signed(share float64) string {
	switch {
	case math.IsNaN(share):
		return "0 %"
	case math.IsInf(share, 0):
		return "-"
	}
	return fmt.Sprintf("%+.1f %%", float64(100*share))
}

// validationJSON is a validation in JSON. Times are in seconds.
type validationJSON struct {
	Seed     uint64                        `json:"seed"`
	Requests uint64                        `json:"requests"`
	Wait     map[string]map[string]float64 `json:"wait"`             // by figure; differs is a share
	Total    map[string]map[string]float64 `json:"total,omitempty"`  // with workers
	Within   map[string]bool               `json:"within,omitempty"` // 10 % of the virtual run with overhead; with a real server
	Calls    map[string]sim.CallCounts     `json:"calls,omitempty"`
	Granted  map[string]uint64             `json:"granted"`
	Fleet    *fleetJSON                    `json:"fleet,omitempty"`
	Keys     []instanceJSON                `json:"keys,omitempty"` // each of them
	Busy     bool                          `json:"busy"`           // too busy for a verdict
	Run      map[string]float64            `json:"run"`
}

func (v *validation) json() *validationJSON {
	run := map[string]float64{"wall_seconds": v.took.Seconds()}
	if v.visits != nil {
		run["worker_late"], run["visit_late"] = v.visits.Busy.Seconds(), v.visits.Idle.Quantile(0.5).Seconds()
		run["worker_late_in_run"] = v.real.Worker.Mean().Seconds()
	} else {
		run["overhead"] = v.real.Overhead().Seconds()
		run["sleep_late"], run["clock_late"] = v.sleep.Mean().Seconds(), v.precise.Mean().Seconds()
		if v.hasServer() {
			run["worker_late_in_run"] = v.real.Worker.Mean().Seconds()
		}
		run["lease_late"], run["hand_over"] = v.real.Late.Mean().Seconds(), v.real.HandOver.Mean().Seconds()
	}
	out := &validationJSON{
		Seed: v.scenario.Seed, Requests: v.virtual.Requests, Busy: v.busy() != "",
		Granted: map[string]uint64{"virtual": v.virtual.Outcomes.Granted, "real": v.real.Granted},
		Run:     run,
	}
	out.Wait = comparisonsJSON(v.comparisons())
	if v.hasServer() {
		out.Total = comparisonsJSON(v.totals())
	}
	if v.visits != nil {
		out.Within = map[string]bool{}
		for _, f := range v.judged() {
			out.Within[f.name] = near(f.real, f.adjusted)
		}
	}
	if out.Fleet = v.fleetJSON(); out.Fleet == nil {
		out.Keys = v.eachJSON()
	}
	if v.virtual.Calls != nil {
		out.Calls = map[string]sim.CallCounts{"virtual": v.virtual.Calls.CallCounts, "real": v.real.Calls}
	}
	return out
}

func comparisonsJSON(all []comparison) map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for _, c := range all {
		figure := map[string]float64{"virtual": c.virtual, "real": c.real, "virtual_with_overhead": c.adjusted}
		for name, d := range map[string]float64{"differs": off(c.real, c.virtual), "differs_with_overhead": off(c.real, c.adjusted)} {
			if !math.IsNaN(d) && !math.IsInf(d, 0) {
				figure[name] = d
			}
		}
		out[c.name] = figure
	}
	return out
}
