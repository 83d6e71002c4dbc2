package main

import (
	"bytes"
	"fmt"
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
