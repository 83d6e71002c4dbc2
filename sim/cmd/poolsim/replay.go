package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/plain"
)

func replayCommand() *command {
	return &command{
		name: "replay", args: "[flags] FILE", files: 1,
		summary: "play a trace or a story on the ledger, and compare the answers",
		text: `
Plays the events of a trace (poolsim trace), or of one of the ledger's stories, on a
new ledger, and compares every effect with the one in the file. It checks the
ledger's invariants after each event. - is standard input.

  poolsim trace -rate 500 -hold exp:3ms -max-active 1 -wait | poolsim replay -
  poolsim replay resource/ledger/testdata/stories/cancel_in_line.txt

If all effects are the same, it says so. If not, it prints the first difference, and
the exit status is 1.
`,
		begin: func() (*flags, action) {
			r := newReplay()
			return r.flags, r.start
		},
	}
}

type replayFlags struct {
	flags  *flags
	format *output
}

func newReplay() *replayFlags {
	f := newFlags("replay")
	f.group("Output")
	return &replayFlags{f, f.format()}
}

// replayed is the result of a replay.
type replayed struct {
	Events int    `json:"events"` // that went as written
	Same   bool   `json:"same"`
	Line   int    `json:"line,omitempty"` // of the first event that did not
	Event  string `json:"event,omitempty"`
	// Written and Happened are its effects; Violation is why the ledger's contract
	// does not allow it, or which invariant is broken after it.
	Written   []string `json:"written,omitempty"`
	Happened  []string `json:"happened,omitempty"`
	Violation string   `json:"violation,omitempty"`
}

func (r *replayFlags) start(p *process, files []string) error {
	if len(files) == 0 {
		return errors.New("name a file, or - for standard input")
	}
	var data []byte
	var err error
	if files[0] == "-" {
		files[0] = "standard input"
		data, err = plain.Read(p.stdin, plain.Most)
	} else {
		data, err = plain.ReadFile(files[0], plain.Most)
	}
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return fmt.Errorf("%s: it is empty, and a trace begins with a pool", files[0])
	}
	found, err := replay(files[0], data)
	if err != nil {
		return err
	}
	if r.format.json() {
		err = p.printJSON(found)
	} else {
		_, err = p.stdout.Write(found.text(files[0]))
	}
	if err == nil && !found.Same {
		err = errUnmet
	}
	return err
}

func replay(file string, data []byte) (*replayed, error) {
	data, err := plain.Text(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	text, lines, err := unfold(file, data)
	if err != nil {
		return nil, err
	}
	s, err := story.Parse(file, text)
	if err != nil {
		return nil, notTrace(relocate(err, file, lines))
	}
	played, broken := s.Replay()
	out := &replayed{Same: true}
	for i, step := range played.Steps {
		if written := s.Steps[i].Effects; !slices.Equal(written, step.Effects) {
			out.differ(&step, written, lines)
			break
		}
		out.Events++
	}
	if broken != nil {
		last := played.Steps[len(played.Steps)-1]
		if out.Same { // the effects were as written
			out.Events--
			out.differ(&last, s.Steps[len(played.Steps)-1].Effects, lines)
		}
		if out.Line == lines[last.Line-1] {
			_, out.Violation, _ = strings.Cut(broken.Error(), last.Event.String()+": ")
		}
	}
	return out, nil
}

// notTrace returns an error about a text that is no trace, since it has no pool.
func notTrace(err error) error {
	if where, _, is := strings.Cut(err.Error(), "stands where the pool should"); is {
		at := strings.SplitN(where, ":", 3)
		return fmt.Errorf("%s: %w", strings.Join(at[:min(2, len(at))], ":"), errNotTrace)
	}
	return err
}

func (r *replayed) differ(step *story.Step, written []string, lines []int) {
	r.Same, r.Line, r.Event, r.Written, r.Happened = false, lines[step.Line-1], step.Event.String(), written, step.Effects
}

func (r *replayed) text(file string) []byte {
	var b bytes.Buffer
	if r.Same {
		fmt.Fprintf(&b, "%s: %s events, every answer the same\n", file, figures.Count(uint64(r.Events)))
		return b.Bytes()
	}
	fmt.Fprintf(&b, "%s:%d: %s, after %s events with the same answers\n", file, r.Line, r.Event, figures.Count(uint64(r.Events)))
	effects := func(name string, all []string) {
		if len(all) == 0 {
			all = []string{"nothing"}
		}
		fmt.Fprintf(&b, "  %-9s %s\n", name, strings.Join(all, bar))
	}
	effects("written", r.Written)
	effects("happened", r.Happened)
	if r.Violation != "" {
		fmt.Fprintf(&b, "  %-9s %s\n", "violation", r.Violation)
	}
	return b.Bytes()
}
