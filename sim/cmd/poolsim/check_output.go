package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/check"
	"github.com/respool/respool/sim/internal/figures"
)

// checkResult is the result of a search.
type checkResult struct {
	First     uint64         `json:"first_seed"`
	Seeds     uint64         `json:"seeds,omitempty"`
	Events    uint64         `json:"events,omitempty"`
	Violation *violationJSON `json:"violation"`
	Run       *realTime      `json:"run,omitempty"`
}

type violationJSON struct {
	Seed   uint64  `json:"seed"`
	Code   string  `json:"revision"` // of the code: a seed means the same only in the same code
	At     float64 `json:"at"`       // seconds of virtual time
	Oracle string  `json:"oracle"`
	Detail string  `json:"detail"`
	Story  string  `json:"story,omitempty"`

	Scenario *sim.Scenario `json:"scenario,omitempty"` // if there are keys
}

// show prints the result of a search. Its error is errUnmet if there is a violation.
func (c *checkFlags) show(p *process, r check.SearchResult, begin time.Time) (err error) {
	found := &checkResult{First: c.firstSeed(), Seeds: r.Seeds, Events: r.Events}
	if v := r.Violation; v != nil {
		// How many other seeds were done by then is a matter of real time.
		found.Seeds, found.Events = 0, 0
		found.Violation = violationOf(v)
	}
	if c.output.json() {
		found.Run = c.output.took(begin, r.Events)
		err = p.printJSON(found)
	} else {
		_, err = p.stdout.Write(found.text())
	}
	if err == nil && found.Violation != nil {
		err = errUnmet
	}
	return err
}

func violationOf(v *check.Violation) *violationJSON {
	return &violationJSON{v.Seed, sim.Revision(), time.Duration(v.At).Seconds(), v.Oracle, v.Detail, v.Story, v.Scenario}
}

func (r *checkResult) text() []byte {
	var b bytes.Buffer
	v := r.Violation
	if v == nil {
		fmt.Fprintf(&b, "%s seeds from %d on", figures.Count(r.Seeds), r.First)
		if r.Events > 0 {
			fmt.Fprintf(&b, ", %s events", figures.Count(r.Events))
		}
		b.WriteString(": no violation\n")
		return b.Bytes()
	}
	return v.text(fmt.Sprintf("seed %d, ", v.Seed))
}

// text returns the text about a violation. The words about the seed may be empty.
func (v *violationJSON) text(seed string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "VIOLATION, %sat %v: %s: %s\nrevision %s\n", seed, secondsOf(v.At), v.Oracle, v.Detail, v.Code)
	if v.Story != "" {
		fmt.Fprintf(&b, "\nThe shortest story found in which it happens:\n\n%s\n", strings.TrimRight(v.Story, "\n"))
	}
	if v.Scenario != nil {
		b.WriteString("\nThe smallest scenario found in which it happens. poolsim trace prints its events, and poolsim check -seeds 1 checks it:\n\n")
		text, err := json.MarshalIndent(v.Scenario, "", "  ")
		if err != nil {
			text = []byte(err.Error()) // a scenario is plain data
		}
		b.Write(append(text, '\n'))
	}
	return b.Bytes()
}
