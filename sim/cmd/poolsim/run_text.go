package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// runText returns the report of a run as text.
func runText(sc *sim.Scenario, r *sim.Report, files []sim.FileRead, width int) []byte {
	var b bytes.Buffer
	if sc.Name != "" {
		fmt.Fprintf(&b, "%s\n\n", sc.Name)
	}
	writeScenario(&b, sc, describePool(sc), files, width)
	text := fmt.Sprintf("seed %d, %s of virtual time, %s events of the pool", r.Seed, figures.Seconds(r.Duration), figures.Count(r.Events))
	if sc.WarmUp > 0 {
		text += fmt.Sprintf(", counted after a warm-up of %v", sc.WarmUp)
	}
	writeHead(&b, width, "run", text)
	b.WriteByte('\n')
	writeOutcomes(&b, r)
	writeCalls(&b, r)
	writeTimes(&b, r)
	writeLevels(&b, sc, r)
	writeFleet(&b, r, width)
	writeKeys(&b, r, width)
	writeTimeline(&b, sc, r, width)
	writeWaits(&b, r, width)
	for _, note := range notes(sc, r) {
		b.WriteByte('\n')
		writeText(&b, width, "note: "+note)
	}
	return b.Bytes()
}

// writeScenario describes a scenario, with everything that was set. pool describes its pool.
func writeScenario(b *bytes.Buffer, sc *sim.Scenario, pool string, files []sim.FileRead, width int) {
	writeHead(b, width, "load", describeLoad(sc))
	writeFiles(b, width, files)
	writeHead(b, width, "pool", pool)
	if w := describeWorld(&sc.World); w != "" {
		writeHead(b, width, "world", w)
	}
	if f := describeFleet(&sc.Fleet); f != "" {
		writeHead(b, width, "fleet", f)
	}
	if k := describeKeys(&sc.Keys); k != "" {
		writeHead(b, width, "keys", k)
	}
	if c := describeClients(&sc.Clients); c != "" {
		writeHead(b, width, "leases", c)
	}
	if c := describeRetry(&sc.Clients.Retry); c != "" {
		writeHead(b, width, "retries", c)
	}
}

type counted struct {
	name string
	n    uint64
}

func writeOutcomes(w io.Writer, r *sim.Report) {
	o, u := &r.Outcomes, &r.Uses
	fmt.Fprintf(w, "requests %12s\n", figures.Count(r.Requests))
	for _, c := range []counted{
		{"granted", o.Granted}, {"refused: exhausted", o.Exhausted}, {"refused: queue full", o.QueueFull},
		{"refused: timed out", o.TimedOut}, {"refused: shed", o.Shed}, {"refused: reserved", o.Reserved}, {"gave up", o.GaveUp}, {"could not open", o.OpenFailed}, {"never served", o.Stuck},
	} {
		if c.n > 0 || c.name == "granted" {
			fmt.Fprintf(w, "  %-20s %12s  %8s\n", c.name, figures.Count(c.n), part(c.n, r.Requests))
		}
	}
	fmt.Fprintf(w, "  %-20s %12s  %8s  of those granted\n", "had to wait", "", figures.Percent(r.WaitedFraction))
	for _, c := range []counted{
		{"found it broken", u.Broken}, {"discarded it", u.Discarded}, {"panicked", u.Panicked}, {"leaked it", u.Leaked},
		{"timed out with it", u.TimedOut}, {"held it to the end", u.Held},
	} {
		if c.n > 0 {
			fmt.Fprintf(w, "  %-20s %12s  %8s  of those granted\n", c.name, figures.Count(c.n), part(c.n, o.Granted))
		}
	}
	fmt.Fprintln(w)
}

// writeCalls writes what became of calls: requests with their retries.
func writeCalls(w io.Writer, r *sim.Report) {
	c := r.Calls
	if c == nil {
		return
	}
	fmt.Fprintf(w, "calls    %12s  with %s retries\n", figures.Count(c.Calls), figures.Count(c.Retries))
	for _, n := range []counted{{"good", c.Good}, {"failed", c.Failed}, {"never ended", c.Stuck}} {
		if n.n > 0 || n.name == "good" {
			fmt.Fprintf(w, "  %-20s %12s  %8s\n", n.name, figures.Count(n.n), part(n.n, c.Calls))
		}
	}
	if c.OverBudget > 0 {
		fmt.Fprintf(w, "  %-20s %12s\n", "retries over budget", figures.Count(c.OverBudget))
	}
	fmt.Fprintln(w)
}

func part(n, of uint64) string {
	if of == 0 {
		return figures.Percent(0)
	}
	return figures.Percent(float64(n) / float64(of))
}

func writeTimes(w io.Writer, r *sim.Report) {
	fmt.Fprintf(w, "%-9s %9s %9s %9s %9s %9s %9s\n", "", "mean", "p50", "p90", "p99", "p99.9", "max")
	type row struct {
		name string
		t    *sim.Times
	}
	rows := []row{{"wait", &r.Wait}, {"acquire", &r.Acquire}, {"open", &r.Open}, {"total", &r.Total}}
	if r.UrgentWait != nil {
		rows = slices.Insert(rows, 1, row{"urgent", r.UrgentWait})
	}
	if r.Server != nil {
		rows = append(rows, row{"at server", &r.Server.Total})
	}
	if r.Calls != nil {
		rows = append(rows, row{"good call", &r.Calls.Total})
	}
	for _, row := range rows {
		fmt.Fprintf(w, "%-9s", row.name)
		for _, s := range []float64{row.t.Mean, row.t.P50, row.t.P90, row.t.P99, row.t.P999, row.t.Max} {
			fmt.Fprintf(w, " %9s", figures.Seconds(s))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func writeLevels(w io.Writer, sc *sim.Scenario, r *sim.Report) {
	if sc.Pool.MaxActive > 0 {
		fmt.Fprintf(w, "utilization %s: mean leased / max-active\n", figures.Percent(r.Utilization))
	}
	for _, l := range []struct {
		name string
		mean float64
		peak int
	}{{"active", r.Mean.Active, r.Peak.Active}, {"leased", r.Mean.Leased, r.Peak.Leased},
		{"idle", r.Mean.Idle, r.Peak.Idle}, {"in queue", r.Mean.Waiting, r.Peak.Waiting}} {
		fmt.Fprintf(w, "%-9s mean %8s   most %8s\n", l.name, figures.Number(l.mean), figures.Count(uint64(l.peak)))
	}
	if s := r.Server; s != nil {
		fmt.Fprintf(w, "at server mean %8s   most %8s in its queue; its workers are busy %s\n",
			figures.Number(s.Queue), figures.Count(uint64(s.PeakQueue)), figures.Percent(s.Utilization))
	}
	fmt.Fprintf(w, "opens     %s, %s a second", figures.Count(r.Opens), figures.Number(r.OpensPerSec))
	if r.OpensFailed > 0 {
		fmt.Fprintf(w, "; %s failed", figures.Count(r.OpensFailed))
	}
	if r.MostOpens > 0 {
		fmt.Fprintf(w, "\n          most in one second %s, under way at once %s",
			figures.Count(uint64(r.MostOpens)), figures.Count(uint64(r.Peak.Opening)))
	}
	var why []string
	for reason, n := range r.Closes {
		if n > 0 {
			why = append(why, strings.ReplaceAll(reason, "_", " ")+" "+figures.Count(n))
		}
	}
	slices.Sort(why)
	if len(why) == 0 {
		why = []string{"none"}
	}
	fmt.Fprintf(w, "\ncloses    %s\n", strings.Join(why, ", "))
}
