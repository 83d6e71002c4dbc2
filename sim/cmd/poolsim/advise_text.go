package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// text returns the advice, the table of both pools, and the scenario.
func (v *adviser) text(files []sim.FileRead, width int) []byte {
	var b bytes.Buffer
	for _, sentence := range v.sentences() {
		writeText(&b, width, sentence)
	}
	b.WriteByte('\n')
	v.table(&b)
	b.WriteByte('\n')
	writeScenario(&b, v.now.scenario, describePool(v.now.scenario), files, width)
	if v.best != v.now {
		writeHead(&b, width, "advised", describePool(v.best.scenario))
		if r := &v.best.scenario.Clients.Retry; r.Budget != v.now.scenario.Clients.Retry.Budget {
			writeHead(&b, width, "", describeRetry(r))
		}
	}
	writeHead(&b, width, "runs", v.length())
	return b.Bytes()
}

func (v *adviser) length() string {
	n := v.now.requests / uint64(v.seeds)
	return fmt.Sprintf("%d variants, each with %s requests of %d seeds", v.tried, figures.Count(n), v.seeds)
}

// sentences returns the advice: what to change, what it buys, how sure that is, what else
// was tried, and what it assumes.
func (v *adviser) sentences() []string {
	return []string{v.sayChange(), v.sayGain(), v.saySure(), v.sayTried(), v.sayAssumed()}
}

func (v *adviser) wanted() string {
	var texts []string
	for _, t := range v.targets {
		texts = append(texts, t.text)
	}
	return strings.Join(texts, " and ")
}

func (v *adviser) sayChange() string {
	var set []string
	for _, c := range v.changes {
		text := fmt.Sprintf("%s to %s (now %s)", c.Setting, c.To, c.From)
		if c.Setting == "max-active" {
			text += v.each()
		}
		set = append(set, text)
	}
	todo := strings.Join(set, ", ")
	if cause := v.sayCause(todo); cause != "" {
		return cause
	}
	switch {
	case v.best.meets && v.free && todo == "":
		return fmt.Sprintf("Change nothing: the pool meets %s, as any pool does that keeps up with the load.", v.wanted())
	case v.best.meets && todo == "" && v.best.scenario.Pool.MaxActive == 0:
		return fmt.Sprintf("Change nothing: a pool without a limit meets %s, since no request waits for a connection; to have a size advised, set max-active.", v.wanted())
	case v.best.meets && todo == "":
		return fmt.Sprintf("Change nothing: the pool meets %s.", v.wanted())
	case v.best.meets:
		return fmt.Sprintf("Set %s.", todo)
	case v.flat > 0 && todo == "":
		return fmt.Sprintf("Leave the pool as it is: no size meets %s, and from %d connections on more change nothing, so %s is not the cause.", v.wanted(), v.flat, v.flatThing())
	case v.flat > 0:
		return fmt.Sprintf("Set %s; that does not meet %s, and from %d connections on more change nothing, so the rest is not the pool's doing.", todo, v.wanted(), v.flat)
	case todo == "":
		return fmt.Sprintf("No pool of up to %s meets %s.", v.upToMost(), v.wanted())
	}
	return fmt.Sprintf("Set %s; that does not meet %s, nor does any pool of up to %s.", todo, v.wanted(), v.upToMost())
}

// upToMost says how large the largest pool is that was tried, and why if the server sets it.
func (v *adviser) upToMost() string {
	text := figures.Count(uint64(v.most())) + " connections"
	if sc := v.best.scenario; sc.World.MaxConnections > 0 && v.most() == v.fits() {
		text += fmt.Sprintf(", for which a server of %s has room", figures.Count(uint64(sc.World.MaxConnections)))
	}
	return text
}

// each says of which pools a limit is, if there are several, and what it is for the server.
func (v *adviser) each() string {
	sc := v.best.scenario
	n := poolsOf(sc)
	if n == 1 {
		return ""
	}
	of := "instances"
	if sc.Keys.Count > 0 {
		of = "keys"
	}
	text := fmt.Sprintf(" for each of %d %s, %s connections in all", n, of, figures.Count(uint64(n*sc.Pool.MaxActive)))
	if most := sc.World.MaxConnections; most > 0 {
		text += fmt.Sprintf(" of the server's %s", figures.Count(uint64(most)))
	}
	return text
}

// flatThing is what is not the cause if more connections change nothing. Where requests are
// refused, give up or time out, a setting that was not tried may be.
func (v *adviser) flatThing() string {
	if v.best.denied.Mean > 0 {
		return "its size"
	}
	return "the pool"
}

func (v *adviser) sayGain() string {
	if v.best == v.now {
		return fmt.Sprintf("As it is, %s.", v.means(v.now))
	}
	buys := v.buys()
	if len(buys) == 0 {
		return fmt.Sprintf("In these runs it makes no difference (%s).", v.means(v.best))
	}
	text := "That buys: " + strings.Join(buys, "; ")
	switch {
	case v.now.stuck > 0:
		text += " (now there are deadlocks: requests hold all connections and wait for another one)"
	case v.now.overloaded:
		text += " (now the pool is overloaded, and its figures depend on the length of the run)"
	}
	return text + "."
}

// buys returns the figures that differ between now and best, of those that matter.
func (v *adviser) buys() (buys []string) {
	differs := func(name string) {
		if v.now.figures[name].Mean != v.best.figures[name].Mean {
			buys = append(buys, v.gain(name, v.now, v.best))
		}
	}
	for _, t := range v.targets {
		differs(t.name)
	}
	if !v.about("refused") {
		differs("refused")
	}
	if v.best.scenario.HasCalls() && !v.about("failed") {
		differs("failed")
	}
	if v.free && !v.now.overloaded && v.now.scenario.Pool.Wait {
		differs("p99")
	}
	for _, c := range v.changes {
		switch {
		case strings.HasPrefix(c.Buys, opensPerSecond):
			buys = append(buys, opensBuy(v.now, v.best))
		case c.Setting == "max-age-jitter" || c.Setting == "idle-timeout":
			buys = append(buys, c.Buys)
		}
	}
	return buys
}

// about reports whether a target is about a figure.
func (v *adviser) about(name string) bool {
	return slices.ContainsFunc(v.targets, func(t *target) bool { return t.name == name })
}

func (v *adviser) saySure() string {
	if v.seeds == 1 {
		return "One seed shows no spread, so how sure this is cannot be said: give it more -seeds."
	}
	text := "With 95 % confidence " + v.shown(v.best)
	if v.best != v.now && !v.now.overloaded {
		t := v.targets[0]
		d := v.best.change(v.now, t.of)
		if d.Low != d.High {
			text += fmt.Sprintf("; for the same requests, %s changes by %s to %s", t.name, byHow(t, d.Low), byHow(t, d.High))
		}
	}
	return text + fmt.Sprintf(" (%d seeds).", v.seeds)
}

func byHow(t *target, x float64) string {
	if math.IsInf(x, 0) {
		return "an unknown amount"
	}
	if x < 0 {
		return "-" + t.format(-x)
	}
	return "+" + t.format(x)
}

// shown returns the figures of a trial that the targets are about.
func (v *adviser) shown(t *trial) string {
	s := sweep{targets: v.targets, seeds: v.seeds}
	text := strings.ReplaceAll(s.shown(&t.point), " with 95 % confidence", "")
	if t.denied.Mean > 0 {
		text += fmt.Sprintf(", and %s are refused, give up or time out", figures.Percent(t.denied.Mean))
	}
	return text
}

// means does the same without the intervals.
func (v *adviser) means(t *trial) string {
	var texts []string
	for _, of := range v.targets {
		texts = append(texts, of.name+" "+of.format(t.figures[of.name].Mean))
	}
	text := strings.Join(texts, "; ")
	if t.denied.Mean > 0 {
		text += fmt.Sprintf(", and %s are refused, give up or time out", figures.Percent(t.denied.Mean))
	}
	return text
}

func (v *adviser) sayTried() string {
	var parts []string
	if v.best.meets && v.smaller != nil && v.smaller.scenario.Pool.MaxActive == v.best.scenario.Pool.MaxActive-1 {
		parts = append(parts, fmt.Sprintf("with %d connections the targets are not met (%s)", v.smaller.scenario.Pool.MaxActive, v.shown(v.smaller)))
	}
	for _, c := range v.useless {
		if c.trades {
			parts = append(parts, fmt.Sprintf("%s %s trades waits for errors (%s)", c.Setting, c.To, c.Buys))
			continue
		}
		if what, from, is := strings.Cut(c.Buys, " instead of "); is && strings.HasSuffix(what, " "+from) {
			parts = append(parts, fmt.Sprintf("%s %s changes nothing that counts here", c.Setting, c.To))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s is no certain gain (%s)", c.Setting, c.To, c.Buys))
	}
	parts = append(parts, v.untried()...)
	if len(parts) == 0 {
		return fmt.Sprintf("Nothing else of %d variants helped.", v.tried)
	}
	return "Also tried: " + strings.Join(parts, "; ") + "."
}

// untried says what the advice leaves open, and why.
func (v *adviser) untried() (parts []string) {
	sc := v.best.scenario
	if n := v.fewest(); n > 1 {
		parts = append(parts, fmt.Sprintf("fewer than %d connections can deadlock, since each of %d clients keeps %d while it waits for another",
			n, sc.Workload.Closed.Clients, atOnce(sc)-1))
	}
	switch {
	case v.free:
		parts = append(parts, fmt.Sprintf("the target does not say how long a request may wait (p99 %s): give it one such as -target p99=20ms", figures.Seconds(v.best.figures["p99"].Mean)))
	case !sc.Pool.Wait && v.onlyAbout("refused", "failed") && v.now.denied.Mean > 0:
		parts = append(parts, "with -wait fewer connections do, but then requests wait: give it a target such as -target p99=20ms")
	}
	return parts
}

func (v *adviser) sayAssumed() string {
	sc := v.best.scenario
	assumed := []string{"hold times stay as they are, however many connections there are"}
	if n := sc.World.Server.Workers; n > 0 {
		assumed = []string{fmt.Sprintf("the server has %s, as the scenario says", times(n, "worker"))}
	}
	if sc.Workload.Open != nil {
		again := "none is tried again"
		if sc.Clients.Retry.Retries > 0 {
			again = "those that fail are tried again as the scenario says"
		}
		assumed = append(assumed, "requests come whatever becomes of the earlier ones, and "+again)
	} else {
		assumed = append(assumed, "each client has one request at a time")
	}
	w := &sc.World
	if faults(w) == "" && w.OpenFailure == 0 && w.TestFailure == 0 && w.Life.Mean() == 0 {
		assumed = append(assumed, "the server neither fails nor slows down")
	} else {
		assumed = append(assumed, "the server fails as the scenario says, and not otherwise")
	}
	if sc.Workload.Open != nil && canDeadlock(sc) && sc.Pool.MaxActive > 0 {
		assumed = append(assumed, fmt.Sprintf("no more than %d requests are under way at a time, since more can deadlock in a pool of %d",
			(sc.Pool.MaxActive-1)/(atOnce(sc)-1), sc.Pool.MaxActive))
	}
	for _, what := range v.missing {
		assumed = append(assumed, "the runs are too short for the "+what)
	}
	for _, text := range []string{short(v.best.scenario)} {
		if text != "" {
			assumed = append(assumed, text)
		}
	}
	return "Assumed: " + strings.Join(assumed, "; ") + "."
}

// table shows the figures now and as advised.
func (v *adviser) table(b *bytes.Buffer) {
	trials := []*trial{v.now}
	names := []string{"now"}
	if v.best != v.now {
		trials, names = append(trials, v.best), append(names, "advised")
	}
	row := func(name string, of func(t *trial) string) {
		fmt.Fprintf(b, "%-26s", name)
		for _, t := range trials {
			fmt.Fprintf(b, " %14s", of(t))
		}
		b.WriteByte('\n')
	}
	row("", func(t *trial) string {
		for i := range trials {
			if trials[i] == t {
				return names[i]
			}
		}
		return ""
	})
	row("max-active", func(t *trial) string { return count(t.scenario.Pool.MaxActive, "") })
	for _, m := range metrics() {
		switch m.name {
		case "waited", "total.mean", "total.p50", "total.p90", "total.p999":
			continue
		}
		row(m.label(), func(t *trial) string { return m.format(t.figures[m.name].Mean) })
	}
	row("opens a second", func(t *trial) string { return figures.Number(meanOf(t.open)) })
	row("most opens in a second", func(t *trial) string { return figures.Number(meanOf(t.most)) })
}

// label is the name of a metric for readers.
func (m *metric) label() string {
	name := strings.Replace(m.name, "p999", "p99.9", 1)
	switch {
	case m.shares:
		return name
	case strings.HasPrefix(name, "total."):
		return "total " + strings.TrimPrefix(name, "total.")
	}
	return "wait " + name
}

// gain says how a figure differs between two trials.
func (v *adviser) gain(name string, from, to *trial) string {
	for _, m := range metrics() {
		if m.name == name {
			return fmt.Sprintf("%s %s instead of %s", m.label(), m.format(to.figures[name].Mean), m.format(from.figures[name].Mean))
		}
	}
	return ""
}

const opensPerSecond = "opens a second"

func opensBuy(from, to *trial) string {
	return numbers(opensPerSecond, meanOf(from.open), meanOf(to.open))
}

func numbers(what string, from, to float64) string {
	return fmt.Sprintf("%s %s instead of %s", what, figures.Number(to), figures.Number(from))
}

func percents(what string, from, to float64) string {
	return fmt.Sprintf("%s %s instead of %s", what, figures.Percent(to), figures.Percent(from))
}

// count writes a number of connections, or the word for none if n is below zero.
func count(n int, none string) string {
	if n < 0 {
		return none
	}
	return figures.Count(uint64(n))
}

// orNone writes a time, or "none" for zero.
func orNone(d sim.Duration) string {
	if d == 0 {
		return "none"
	}
	return d.String()
}
