package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/respool/respool/docs/internal/report"
)

// results are all measurements of a run.
type results struct {
	Date, Go string
	CPU      string
	Cores    int
	Rounds   int
	Duration time.Duration
	Cases    []benchCase
	Clients  []string
	Samples  map[string]map[string][]measured // by case and client, one for each round
}

func newResults(o *options) *results {
	return &results{
		Date: time.Now().Format(time.DateOnly), Go: report.GoVersion(), CPU: report.CPUModel(), Cores: runtime.NumCPU(),
		Rounds: o.rounds, Duration: o.duration,
		Clients: benchCase{}.clients(), Samples: map[string]map[string][]measured{},
	}
}

func (r *results) add(c benchCase, client string, m *measured) {
	if r.Samples[c.Name] == nil {
		r.Samples[c.Name] = map[string][]measured{}
		r.Cases = append(r.Cases, c)
	}
	r.Samples[c.Name][client] = append(r.Samples[c.Name][client], *m)
}

// figure is one number of a measurement.
type figure func(m measured) float64

func perSecond(m measured) float64  { return m.PerSecond }
func p99(m measured) float64        { return m.P99 }
func clientTime(m measured) float64 { return m.Client }

func (r *results) median(c, client string, f figure) float64 {
	var all []float64
	for _, m := range r.Samples[c][client] {
		all = append(all, f(m))
	}
	m, _ := report.Median(all)
	return m
}

// ratio is the median of the ratios in the rounds.
func (r *results) ratio(c, client, to string, f figure) float64 {
	var all []float64
	a, b := r.Samples[c][client], r.Samples[c][to]
	for i := range min(len(a), len(b)) {
		if d := f(b[i]); d > 0 {
			all = append(all, f(a[i])/d)
		}
	}
	m, _ := report.Median(all)
	return m
}

// target is a ratio that shared connections must reach.
type target struct {
	what, c, to string
	f           figure
	asked       float64
	atMost      bool
}

func targets() (all []target) {
	loop := func(n int) string { return "32 B, loopback, " + callers(n) }
	counts := []int{1, 4, 16, 64, 256, 1024}
	for i, asked := range []float64{1.0, 1.1, 1.8, 4, 5.5, 6} {
		all = append(all, target{"throughput", loop(counts[i]), redigo, perSecond, asked, false})
	}
	for i, asked := range []float64{1.0, 1.0, 1.4, 1.8, 1.9, 1.4} {
		all = append(all, target{"throughput", loop(counts[i]), rueidisN, perSecond, asked, false})
	}
	return append(all,
		target{"client's processor time for a call", loop(256), redigo, clientTime, 0.25, true},
		target{"client's processor time for a call", loop(256), rueidisN, clientTime, 0.6, true},
		target{"p99", loop(256), redigo, p99, 0.35, true},
		target{"p99", loop(256), rueidisN, p99, 0.6, true},
		target{"throughput", "32 B, 1 ms, 64 callers", redigo, perSecond, 6, false},
	)
}

func (r *results) targetTable() string {
	var b strings.Builder
	b.WriteString("| load | what | beside | asked | measured | |\n|---|---|---|---|---|---|\n")
	for _, t := range targets() {
		v := r.ratio(t.c, shared, t.to, t.f)
		if v == 0 {
			continue
		}
		sign, met := ">=", v >= t.asked
		if t.atMost {
			sign, met = "<=", v <= t.asked
		}
		verdict := "met"
		if !met {
			verdict = "**not met**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s %.2f | %.2f | %s |\n", t.c, t.what, t.to, sign, t.asked, v, verdict)
	}
	return b.String()
}

func (r *results) caseTable(c benchCase) string {
	var b strings.Builder
	b.WriteString("| | calls a second | beside redigo | p50, µs | p99, µs | p99.9, µs | client, µs a call | server, µs a call |\n|---|---|---|---|---|---|---|---|\n")
	for _, client := range r.Clients {
		m := func(f figure) float64 { return r.median(c.Name, client, f) }
		fmt.Fprintf(&b, "| %s | %.0f | %.2f | %.0f | %.0f | %.0f | %.1f | %.1f |\n", client, m(perSecond), r.ratio(c.Name, client, redigo, perSecond),
			m(func(m measured) float64 { return m.P50 }), m(p99), m(func(m measured) float64 { return m.P999 }),
			m(clientTime), m(func(m measured) float64 { return m.Server }))
		errors := 0
		for _, s := range r.Samples[c.Name][client] {
			errors += s.Errors
		}
		if errors > 0 {
			fmt.Fprintf(&b, "\n%s: %d calls failed\n", client, errors)
		}
	}
	return b.String()
}

func (r *results) text() string {
	var b strings.Builder
	b.WriteString(r.targetTable())
	for _, c := range r.Cases {
		fmt.Fprintf(&b, "\n### %s\n\n%s", c.Name, r.caseTable(c))
	}
	return b.String()
}

// write puts the results into the page, and the plots beside it.
func (r *results) write(page string) error {
	dir := filepath.Dir(page)
	for name, plot := range map[string]string{
		"throughput.svg":  r.plot("Calls a second, beside redigo's", perSecond),
		"latency.svg":     r.plot("p99, beside redigo's", p99),
		"client-time.svg": r.plot("The client's processor time for a call, beside redigo's", clientTime),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(plot), 0o644); err != nil {
			return err
		}
	}
	if err := report.Write(filepath.Join(dir, "results.json"), r); err != nil {
		return err
	}
	return report.WritePage(page, r.fill)
}

// fill puts the results into a page.
func (r *results) fill(page string) (string, error) {
	conditions := fmt.Sprintf("Measured on %s with %s on %d processors (%s) of a virtual machine; %d rounds of %v for each client and load.\n",
		r.Date, r.Go, r.Cores, r.CPU, r.Rounds, r.Duration)
	return report.Fill(page, "the results", conditions+"\n"+r.text())
}
