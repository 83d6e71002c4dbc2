package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
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
Prints each event of a run with its effects, in the ledger's own words: the words of
package resource/ledger/story. A line is an event, preceded by the time since the
one before, and after each bar an effect: the answer to the caller (->), the waiters
that it wakes, what is to be closed or opened.

  $ poolsim trace -rate 500 -hold exp:3ms -max-active 1 -wait -requests 2
  acquire r1 | -> open slot 1.1
  opened r1 | -> granted slot 1.1
  +1.2ms acquire r2 | -> wait
  +311µs release r1 | -> done | wakes r2: granted slot 1.2

What it prints can be replayed on the ledger, with poolsim replay. -story sets each
effect on a line of its own, as the ledger's golden stories have it. A request's
name is used again when it is done.
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
	story  *bool
	format *output
}

func newTrace() *traceFlags {
	f := newFlags("trace")
	t := &traceFlags{flags: f, recipe: f.recipe(false, traceRequests)}
	f.group("Output")
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
	pool, err := check.StoryPool(sc)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(p.stdout)
	tell := t.begin(w, sc, pool)
	if _, err = check.Trace(sc, tell); err == nil {
		err = w.Flush()
	}
	if errors.Is(err, syscall.EPIPE) { // the reader has seen enough
		return nil
	}
	return err
}

// begin prints the head of a trace, and returns a function that prints an event.
func (t *traceFlags) begin(w *bufio.Writer, sc *sim.Scenario, pool story.Pool) func(*story.Step) error {
	about := fmt.Sprintf("poolsim trace: seed %d, %s", sc.Seed, describeLoad(sc))
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
