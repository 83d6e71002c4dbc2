package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/respool/respool/sim/check"
)

// exhaustResult is the result of check -exhaust: what was tried in each model.
type exhaustResult struct {
	Models    []modelJSON    `json:"models"`
	Violation *violationJSON `json:"violation"`
	Run       *realTime      `json:"run,omitempty"`
}

type modelJSON struct {
	Name     string `json:"name"`
	Clients  int    `json:"clients"`
	Pool     string `json:"pool"`
	Depth    int    `json:"depth"`
	States   int    `json:"states"`
	Events   int    `json:"events"`
	Orders   uint64 `json:"orders"`
	Complete bool   `json:"complete"`

	coverage check.Coverage
}

// mostDepth is the most events in a row: every state that they lead to is kept in memory.
const mostDepth = 20

// consistent refuses flags that would have no effect.
func (c *checkFlags) consistent(files []string) error {
	given := c.flags.given
	switch {
	case !*c.every && given["depth"]:
		return errors.New("-depth: it needs -exhaust")
	case *c.depth > mostDepth:
		return fmt.Errorf("-depth: %d is above %d: each event more leads to many more states, and all are kept in memory", *c.depth, mostDepth)
	case *c.every && len(files) > 0:
		return fmt.Errorf("-exhaust: its models take the place of %s", files[0])
	}
	for _, name := range []string{"seeds", "first", "cores"} {
		if *c.every && given[name] {
			return fmt.Errorf("-%s: with -exhaust nothing is drawn from seeds, and all processors are used", name)
		}
	}
	return nil
}

// exhaust tries every order of events in all models.
func (c *checkFlags) exhaust(ctx context.Context, p *process, begin time.Time) error {
	models := check.Models()
	r := &exhaustResult{Models: make([]modelJSON, len(models))}
	g := p.progress()
	defer g.end()
	err := parallel(len(models), func(job int) error {
		m := models[job]
		if *c.depth > 0 {
			m.Depth = *c.depth
		}
		x := check.Exhaust(ctx, m)
		r.Models[job] = modelJSON{m.Name, m.Clients, m.Pool.String(), x.Depth, x.States, x.Events, x.Orders, x.Complete, x}
		if x.Violation != nil {
			return x.Violation
		}
		return nil
	}, func(done int) {
		g.say(float64(done)/float64(len(models)), fmt.Sprintf("%d of %d models", done, len(models)))
	})
	if v := (*check.Violation)(nil); errors.As(err, &v) {
		r.Models = nil // how far the others came is a matter of real time
		r.Violation = violationOf(v)
	}
	return c.showExhausted(p, r, begin)
}

// showExhausted prints what was tried. Its error is errUnmet if there is a violation.
func (c *checkFlags) showExhausted(p *process, r *exhaustResult, begin time.Time) (err error) {
	if c.output.json() {
		events := uint64(0)
		for _, m := range r.Models {
			events += uint64(m.Events)
		}
		r.Run = c.output.took(begin, events)
		err = p.printJSON(r)
	} else {
		_, err = p.stdout.Write(r.text())
	}
	if err == nil && r.Violation != nil {
		err = errUnmet
	}
	return err
}

func (r *exhaustResult) text() []byte {
	if r.Violation != nil {
		return r.Violation.text("")
	}
	var b bytes.Buffer
	for _, m := range r.Models {
		fmt.Fprintf(&b, "%s (%d clients, %s): %v\n", m.Name, m.Clients, m.Pool, m.coverage)
	}
	b.WriteString("no violation\n")
	return b.Bytes()
}
