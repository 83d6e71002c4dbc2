package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/check"
)

func traceCommand() *command {
	return &command{
		name: "trace", args: "[flags] [scenario.json]", files: 1,
		summary: "print what happens to the pool's ledger, an event a line",
		text: `
Prints each event of a run with its effects, in the words of package
resource/ledger/story. A line begins with the time since the event before, if any
has passed, and the event. After each bar it has an effect: the answer to the caller
(->), a waiter to wake, a slot to close or to open.

  $ poolsim trace -rate 500 -hold exp:3ms -max-active 1 -wait -requests 2
  acquire r1 | -> open slot 1.1
  opened r1 | -> granted slot 1.1
  +1.2ms acquire r2 | -> wait
  +311µs release r1 | -> done | wakes r2: granted slot 1.2

Replay the output on a ledger with poolsim replay. -story prints each effect on a
line of its own, as in the ledger's golden stories. When a request is done, a later
request gets its name.

With several instances (-instances) all of them run, and trace prints the ledger of
-instance. If that instance stops, the trace has a resize and a reset; if it starts,
a resize. Requests that come from other instances look like its own, and so do
connections that the server refuses because of other instances.

  poolsim trace -rate 300 -instances 3 -deploy-every 20ms -instance 1

With keys (-keys) each event begins with its key, and has the answer as its only
effect. Each key numbers its own requests and slots, and the slot that a close makes
room for is that of the key which opens it. The pools share limits, so an event
can have effects on another key: they show with that key's next events. Such a trace
cannot be replayed.

  poolsim trace -rate 500 -hold exp:3ms -wait -keys 2 -keys-max-active 1 -key 1
`,
		begin: func() (*flags, action) {
			t := newTrace()
			return t.flags, t.start
		},
	}
}

const traceRequests = 20

type traceFlags struct {
	flags  *flags
	recipe *recipe

	instance *int
	key      *int
	story    *bool
	format   *output
}

func newTrace() *traceFlags {
	f := newFlags("trace")
	t := &traceFlags{flags: f, recipe: f.recipe(false, traceRequests)}
	f.group("Output")
	t.instance = f.number("instance", 0, 0, "of several instances, show this one: a `number` from 0 on")
	t.key = f.number("key", 0, 0, "with keys, show only this one: a `number` from 0 on")
	t.story = f.yes("story", false, "an effect a line, as the ledger's golden stories have it")
	t.format = f.format()
	return t
}

func (t *traceFlags) start(p *process, files []string) error {
	if *t.story && t.format.json() {
		return errors.New("-story: a story is text, not json")
	}
	sc, err := t.recipe.whole(new(sim.Scenario), p, files)
	if err != nil {
		return err
	}
	if t.flags.given["instance"] && sc.Fleet.Instances == 0 {
		return errors.New("-instance: there is one pool; -instances makes several")
	}
	if n := max(sc.Fleet.Instances, sc.Fleet.Autoscale.Max, 1); *t.instance >= n {
		return fmt.Errorf("-instance: there is no instance %d: those of the fleet are 0 to %d", *t.instance, n-1)
	}
	if t.flags.given["key"] && sc.Keys.Count == 0 {
		return errors.New("-key: there is one pool; -keys makes several")
	}
	w := bufio.NewWriter(p.stdout)
	if sc.Keys.Count > 0 {
		err = t.traceKeys(w, sc)
	} else {
		var pool story.Pool
		if pool, err = check.StoryPool(sc.Instance(*t.instance)); err == nil {
			err = t.trace(sc, t.begin(w, sc, pool))
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if readerGone(err) { // the reader has seen enough
		return nil
	}
	return err
}

// trace calls show with each event of the pool, or of the instance that is to be shown.
func (t *traceFlags) trace(sc *sim.Scenario, show func(*story.Step) error) error {
	var err error
	if sc.Fleet.Instances > 0 {
		_, err = check.TraceInstance(sc, *t.instance, show)
	} else {
		_, err = check.Trace(sc, show)
	}
	return err
}

// begin prints the head of a trace, and returns a function that prints an event.
func (t *traceFlags) begin(w *bufio.Writer, sc *sim.Scenario, pool story.Pool) func(*story.Step) error {
	about := fmt.Sprintf("poolsim trace: seed %d, %s", sc.Seed, describeLoad(sc))
	if f := &sc.Fleet; f.Instances > 0 {
		about += fmt.Sprintf("; this is instance %d, of 0 to %d", *t.instance, max(f.Instances, f.Autoscale.Max)-1)
	}
	switch {
	case t.format.json():
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(traceHead{about, pool.String()}) // a writer's error stays until it is flushed
		var at time.Duration
		return func(s *story.Step) error {
			at += s.After
			return e.Encode(traceLine{at.Seconds(), s.After.String(), s.Event.String(), s.Effects})
		}
	case *t.story:
		fmt.Fprintf(w, "# %s\n\n%s\n", about, pool)
		return func(s *story.Step) error { return writeStep(w, s, "\n    ") }
	}
	fmt.Fprintf(w, "# %s\n%s\n", about, pool)
	return func(s *story.Step) error { return writeStep(w, s, bar) }
}

// bar separates an event from its effects on one line.
const bar = " | "

func writeStep(w *bufio.Writer, s *story.Step, before string) error {
	if s.After > 0 {
		fmt.Fprintf(w, "+%v ", s.After)
	}
	w.WriteString(s.Event.String())
	for _, e := range s.Effects {
		w.WriteString(before)
		w.WriteString(e)
	}
	return w.WriteByte('\n')
}

// traceHead and traceLine are the lines of a trace in JSON.
type traceHead struct {
	About string `json:"about"`
	Pool  string `json:"pool"`
}

type traceLine struct {
	At      float64  `json:"at"` // seconds of virtual time
	After   string   `json:"after"`
	Event   string   `json:"event"`
	Effects []string `json:"effects"`
}

// storyOf returns a line of a trace as a line of a story.
func (l *traceLine) storyOf() string {
	when := ""
	if l.After != "" && l.After != "0s" {
		when = "+" + l.After + " "
	}
	return strings.Join(append([]string{when + l.Event}, l.Effects...), bar)
}
