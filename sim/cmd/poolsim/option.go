package main

import (
	"fmt"
	"strconv"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
)

// option is a flag that sets a field of a scenario.
type option struct {
	name  string
	field string // its path in the scenario, as errors have it
	usage string
	set   func(sc *sim.Scenario, text string) error
	kind  kind // with a range of such values it can be swept over
	yes   bool // has no value but true or false
}

// kind is of what kind the values of a sweep are.
type kind uint8

const (
	fixed kind = iota // cannot be swept over
	whole
	decimal
	length
)

type optionGroup struct {
	title   string
	notes   string
	options []option
}

func optionGroups() []optionGroup {
	return []optionGroup{
		{"Length", "", lengthOptions()},
		{"Workload", "A DIST is a distribution of durations:\n\n" + compact.DistSyntax, workloadOptions()},
		{"Pool", "", poolOptions()},
		{"World", "", worldOptions()},
		{"Clients that misbehave, as shares of all leases", "", clientOptions()},
	}
}

// The constructors below make an option for a field of one type.

func intOption(name, field, usage string, to func(*sim.Scenario) *int) option {
	return option{name: name, field: field, usage: usage, kind: whole, set: func(sc *sim.Scenario, text string) error {
		n, err := compact.Int(text)
		*to(sc) = n
		return err
	}}
}

func durationOption(name, field, usage string, to func(*sim.Scenario) *sim.Duration) option {
	return option{name: name, field: field, usage: usage, kind: length, set: func(sc *sim.Scenario, text string) error {
		d, err := compact.Duration(text)
		*to(sc) = d
		return err
	}}
}

func distOption(name, field, usage string, to func(*sim.Scenario) *sim.Dist) option {
	return option{name: name, field: field, usage: usage, set: func(sc *sim.Scenario, text string) error {
		d, err := compact.Dist(text)
		*to(sc) = d
		return err
	}}
}

func shareOption(name, field, usage string, to func(*sim.Scenario) *float64) option {
	return option{name: name, field: field, usage: usage, set: func(sc *sim.Scenario, text string) error {
		x, err := compact.Share(text)
		*to(sc) = x
		return err
	}}
}

func yesOption(name, field, usage string, to func(*sim.Scenario) *bool) option {
	return option{name: name, field: field, usage: usage, yes: true, set: func(sc *sim.Scenario, text string) error {
		v, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*to(sc) = v
		return nil
	}}
}

// anyOption is for a field that a parser makes as a whole.
func anyOption[T any](name, field, usage string, parse func(string) (T, error), put func(*sim.Scenario, T)) option {
	return option{name: name, field: field, usage: usage, set: func(sc *sim.Scenario, text string) error {
		v, err := parse(text)
		if err == nil {
			put(sc, v)
		}
		return err
	}}
}
