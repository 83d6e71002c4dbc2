package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// runText returns the report of a run as text.
func runText(sc *sim.Scenario, r *sim.Report, files []sim.FileRead, width int) []byte {
	var b bytes.Buffer
	if sc.Name != "" {
		fmt.Fprintf(&b, "%s\n\n", sc.Name)
	}
	writeScenario(&b, sc, describePool(&sc.Pool), files, width)
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

// refusesNote is for a target about waits of a pool in which no request waits.
const refusesNote = "the pool does not wait; with -wait it would: without, no request waits, and a busy pool refuses it at once"

// notes returns what a reader might overlook.
func notes(sc *sim.Scenario, r *sim.Report) (all []string) {
	end := sim.D(time.Duration(r.Duration*1e9)) + sc.WarmUp
	late := func(what string, at sim.Duration) {
		if at > end {
			all = append(all, fmt.Sprintf("the %s at %v is after the end of the run, at %v", what, at, end))
		}
	}
	for _, at := range sc.World.Restarts {
		late("restart", at)
	}
	for _, s := range sc.World.Outages {
		late("outage", s.At)
	}
	for _, s := range sc.World.Slow {
		late("slow spell", s.At)
	}
	for _, s := range sc.World.Stalls {
		late("stall", s.At)
	}
	if text := overload(sc); text != "" {
		all = append(all, text)
	} else if text := serverOverload(sc); text != "" {
		all = append(all, "overload: "+text+"; so some requests fail, whatever the pool's size")
	} else if text := short(sc); text != "" {
		all = append(all, text)
	}
	if n := r.Requests; n == 0 {
		all = append(all, "nothing was asked for in this run: its figures say nothing")
	} else if endedEarly(sc, r) {
		all = append(all, fmt.Sprintf("the arrivals ended after %s requests of the %s that were asked for", figures.Count(arrived(r)), figures.Count(asked(sc))))
	}
	if sc.Workload.Hold.Mean() == 0 && sc.World.Server.Workers == 0 {
		all = append(all, "leases end the moment they begin: there is no -hold")
	}
	if sc.World.Server.Workers > 0 && sc.World.Server.Service.Mean() == 0 {
		all = append(all, "visits to the server take no time: there is no -service")
	}
	if r.Outcomes.Exhausted > 0 && !sc.Pool.Wait {
		all = append(all, refusesNote)
	}
	if n := r.OpensCut; n > 0 && 10*n >= r.OpensFailed {
		all = append(all, fmt.Sprintf("%s of %s that failed ended because the request had no time left; with -open-detached an opening goes on then, and serves another request",
			figures.Count(n), times(int(r.OpensFailed), "opening")))
	}
	if r.Deadlocks != nil {
		all = append(all, deadlock(sc, r.Deadlocks))
	} else if r.Outcomes.Stuck > 0 {
		all = append(all, "some requests are never served, since the connections that they wait for have leaked")
	}
	return all
}

// deadlock describes the first deadlock of a run: the connections, their holders, and the
// waiters.
func deadlock(sc *sim.Scenario, d *sim.Deadlocks) string {
	text := "deadlock"
	if sc.Fleet.Instances > 0 {
		text += fmt.Sprintf(" of instance %d", d.Instance)
	}
	text += fmt.Sprintf(" at %s, with %s in the queue: %s.", figures.Seconds(d.First), times(d.Waiting, "request"), d)
	if d.Forever {
		text += " It never ends, since nothing ends a wait."
	} else {
		text += fmt.Sprintf(" It ends when one of them gives up. There were %s, %s in all.", times(d.Count, "deadlock"), figures.Seconds(d.Total))
	}
	if c := sc.Workload.Closed; c != nil {
		text += fmt.Sprintf(" %d clients with %d connections at once need %d: clients x (connections - 1) + 1.",
			c.Clients, sc.Workload.Leases, c.Clients*(sc.Workload.Leases-1)+1)
	}
	return text
}

// endedEarly reports whether fewer requests arrived than the scenario has, although there
// was no warm-up.
func endedEarly(sc *sim.Scenario, r *sim.Report) bool {
	return sc.Requests > 0 && arrived(r) < asked(sc) && sc.WarmUp == 0
}

// asked returns how many requests a scenario has, those of all instances.
func asked(sc *sim.Scenario) uint64 { return uint64(sc.Requests) * uint64(max(sc.Fleet.Instances, 1)) }

// arrived returns how many requests have arrived: a call is one, however often it is made.
func arrived(r *sim.Report) uint64 {
	if r.Calls != nil {
		return r.Calls.Calls
	}
	return r.Requests
}
