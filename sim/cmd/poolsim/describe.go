package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/setting"
)

func secondsOf(s float64) time.Duration { return time.Duration(math.Round(float64(s * 1e9))) }

// describeLoad describes the workload in a line.
func describeLoad(sc *sim.Scenario) string {
	w := &sc.Workload
	var s string
	switch o := w.Open; {
	case o == nil:
		s = fmt.Sprintf("%s clients", figures.Count(uint64(w.Closed.Clients)))
		if w.Closed.Think.Mean() > 0 {
			s += ", thinking " + compact.Text(w.Closed.Think)
		}
	case o.Poisson > 0:
		s = figures.Number(o.Poisson) + " requests/s at random"
	case o.Constant > 0:
		s = figures.Number(o.Constant) + " requests/s, evenly spaced"
	case o.Bursts != nil:
		s = fmt.Sprintf("bursts of %s requests/s for %v, then %s for %v",
			figures.Number(o.Bursts.Rate), o.Bursts.On, figures.Number(o.Bursts.OffRate), o.Bursts.Off)
	case len(o.Phases) > 0:
		s = fmt.Sprintf("%s, the first %s requests/s for %v", times(len(o.Phases), "phase"), figures.Number(o.Phases[0].Rate), o.Phases[0].For)
	default:
		s = fmt.Sprintf("a trace of %s arrivals", figures.Count(uint64(len(o.Trace))))
	}
	switch {
	case w.Leases > 1 && w.Nested:
		s += fmt.Sprintf(", each takes %d connections at once, and holds each for %s", w.Leases, compact.Text(w.Hold))
	case w.Leases > 1:
		s += fmt.Sprintf(", each takes %d connections one after another, and holds each for %s", w.Leases, compact.Text(w.Hold))
	default:
		s += ", each holds " + compact.Text(w.Hold)
	}
	if w.Patience.Mean() > 0 {
		s += ", and gives up after " + compact.Text(w.Patience)
	}
	if w.Urgent > 0 {
		s += fmt.Sprintf(", %s of them urgent", figures.Percent(w.Urgent))
	}
	if w.Timeout > 0 {
		s += fmt.Sprintf(", and fails after %v", w.Timeout)
	}
	return s
}

// describePool describes the pool, or that of each key, in a line.
func describePool(sc *sim.Scenario) string {
	p, words := &sc.Pool, describeLimit(sc)
	for _, f := range setting.All() {
		switch f.Path {
		case "pool.max_active", "pool.wait_timeout":
			continue
		}
		if !strings.HasPrefix(f.Path, "pool.") || f.Flag == "" {
			continue
		}
		switch v := f.Of(sc).Interface().(type) {
		case int:
			if v != 0 {
				words = append(words, fmt.Sprintf("%s %d", f.Flag, v))
			}
		case sim.Duration:
			if v != 0 {
				words = append(words, fmt.Sprintf("%s %v", f.Flag, v))
			}
		}
	}
	if p.Order == "fifo" {
		words = append(words, "fifo")
	}
	if p.Test != nil {
		words = append(words, describeTest(p.Test))
	}
	return strings.Join(words, ", ")
}

// describeLimit describes the limit, which may be that of all keys, and what a request does at it.
func describeLimit(sc *sim.Scenario) []string {
	p, limit := &sc.Pool, "no limit"
	switch {
	case p.MaxActive > 0:
		limit = fmt.Sprintf("max-active %d", p.MaxActive)
	case sc.Keys.MaxActive > 0:
		limit = fmt.Sprintf("no limit but max-active %d over all keys", sc.Keys.MaxActive)
	default:
		return []string{limit}
	}
	switch {
	case !p.Wait:
		return []string{limit, "does not wait"}
	case p.WaitTimeout > 0:
		return []string{limit, fmt.Sprintf("waits for up to %v", p.WaitTimeout)}
	}
	return []string{limit, "waits"}
}

func describeTest(t *sim.Test) string {
	text := "tests"
	if t.IfIdleFor > 0 {
		text += fmt.Sprintf(" what was idle for %v", t.IfIdleFor)
	}
	if t.AtMostEvery > 0 {
		text += fmt.Sprintf(" at most every %v", t.AtMostEvery)
	}
	return text
}

// describeClients describes which leases end otherwise than with Release.
func describeClients(c *sim.Clients) string {
	var words []string
	for _, s := range []struct {
		share float64
		what  string
	}{{c.Discard, "discard"}, {c.Panic, "panic"}, {c.Leak, "leak"}} {
		if s.share > 0 {
			words = append(words, figures.Percent(s.share)+" "+s.what)
		}
	}
	return strings.Join(words, ", ")
}

// describeRetry describes how often clients try again, and when, or returns "".
func describeRetry(r *sim.Retry) string {
	if r.Retries == 0 {
		return ""
	}
	text := times(r.Retries, "retry")
	if r.Backoff > 0 {
		text += fmt.Sprintf(" after %v", r.Backoff)
		if r.Retries > 1 {
			text += ", twice as long each time"
			if r.MaxBackoff > 0 {
				text += fmt.Sprintf(" up to %v", r.MaxBackoff)
			}
		}
		if r.Jitter > 0 {
			text += ", jitter " + figures.Percent(r.Jitter)
		}
	}
	if r.Budget > 0 {
		text += ", budget " + figures.Percent(r.Budget)
	}
	return text
}

func describeWorld(w *sim.World) string {
	var words []string
	if s := &w.Server; s.Workers > 0 {
		words = append(words, fmt.Sprintf("%s of the server, each takes %s", times(s.Workers, "worker"), compact.Text(s.Service)))
		if s.Contention > 0 {
			words[0] += fmt.Sprintf(" and %s more for each that waits", figures.Percent(s.Contention))
		}
	}
	takes := func(what string, d sim.Dist) {
		if d.Mean() > 0 {
			words = append(words, what+" takes "+compact.Text(d))
		}
	}
	takes("opening", w.OpenLatency)
	takes("opening that fails", w.FailLatency)
	if w.DeadLatency.Mean() > 0 {
		words = append(words, "a dead connection is noticed after "+compact.Text(w.DeadLatency))
	}
	takes("closing", w.CloseLatency)
	takes("a test", w.TestLatency)
	if n := len(w.Restarts); n > 0 {
		words = append(words, times(n, "restart"))
	}
	if n := len(w.Outages); n > 0 {
		words = append(words, times(n, "outage"))
	}
	if n := len(w.Slow); n > 0 {
		words = append(words, times(n, "slowdown"))
	}
	if n := len(w.Stalls); n > 0 {
		words = append(words, times(n, "stall"))
	}
	if w.OpenFailure > 0 {
		words = append(words, figures.Percent(w.OpenFailure)+" of openings fail")
	}
	if w.TestFailure > 0 {
		words = append(words, figures.Percent(w.TestFailure)+" of tests fail")
	}
	if w.IdleTimeout > 0 {
		words = append(words, fmt.Sprintf("the server closes what is idle for %v", w.IdleTimeout))
	}
	if w.Life.Mean() > 0 {
		words = append(words, "connections live "+compact.Text(w.Life))
	}
	if w.MaxConnections > 0 {
		words = append(words, fmt.Sprintf("the server takes %d connections", w.MaxConnections))
	}
	return strings.Join(words, ", ")
}

func times(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, is := strings.CutSuffix(what, "y"); is {
		what = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeFiles writes how CSV files were read.
func writeFiles(w io.Writer, width int, files []sim.FileRead) {
	seconds := func(d sim.Duration) string { return figures.Seconds(float64(d) / 1e9) }
	for _, f := range files {
		text := fmt.Sprintf("%s: %s values, mean %s, p99 %s (%s)", f.File, figures.Count(uint64(f.Count)), seconds(f.Mean), seconds(f.P99), f.Unit)
		if f.Arrivals {
			text = fmt.Sprintf("%s: %s arrivals, mean gap %s, longest %s (%s)", f.File, figures.Count(uint64(f.Count)), seconds(f.Mean), seconds(f.Max), f.Unit)
		}
		if f.Columns > 1 {
			text += fmt.Sprintf("; the first of %d columns is used", f.Columns)
		}
		writeHead(w, width, "file", text)
	}
}
