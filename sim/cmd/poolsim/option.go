package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/setting"
)

// option is a flag that sets a field of a scenario.
type option struct {
	setting.Setting
	name string
	set  func(sc *sim.Scenario, text string) error
	kind kind // with a range of such values it can be swept over
	yes  bool // has no value but true or false
}

// kind is the kind of a parameter's values in a sweep.
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

// optionGroups returns the flags of the fields, from the table of settings.
func optionGroups() (all []optionGroup) {
	for _, g := range setting.Groups {
		group := optionGroup{title: g.Title}
		for _, s := range g.Settings {
			if s.Flag != "" {
				group.options = append(group.options, optionOf(s))
			}
		}
		if g.Title == "Workload" {
			group.notes = "A DIST is a distribution of durations:\n\n" + compact.DistSyntax
			group.options = append(group.options, holdMean())
		}
		all = append(all, group)
	}
	return all
}

func optionOf(s setting.Setting) option {
	o := option{Setting: s, name: s.Flag, set: func(sc *sim.Scenario, text string) error {
		if err := chooseSource(sc, &s); err != nil {
			return err
		}
		return parseInto(s.Of(sc).Addr().Interface(), s.Rule, text)
	}}
	switch s.Of(new(sim.Scenario)).Addr().Interface().(type) {
	case *bool:
		o.yes = true
	case *int:
		o.kind = whole
	case *sim.Duration:
		o.kind = length
	case *float64:
		if s.Rule == setting.RateOrNone {
			o.kind = decimal
		}
	}
	if s.Fixed {
		o.kind = fixed
	}
	return o
}

// source reports whether an option describes the arrivals of requests. A command line has
// one of them.
func (o *option) source() bool {
	return strings.HasPrefix(o.Path, "workload.open.") || o.Path == "workload.closed.clients"
}

// chooseSource has requests come from an open or a closed loop, if a setting is of one.
func chooseSource(sc *sim.Scenario, s *setting.Setting) error {
	w := &sc.Workload
	switch {
	case strings.HasPrefix(s.Path, "workload.open."):
		w.Open, w.Closed = new(sim.OpenLoop), nil
	case s.Path == "workload.closed.clients":
		closed := new(sim.ClosedLoop)
		if w.Closed != nil {
			*closed = *w.Closed
		}
		w.Open, w.Closed = nil, closed
	case strings.HasPrefix(s.Path, "workload.closed.") && w.Closed == nil:
		return errors.New("only clients think: it needs -clients")
	case strings.HasPrefix(s.Path, "workload.closed."):
		closed := *w.Closed // the points of a sweep share the old one
		w.Closed = &closed
	}
	return nil
}

// parseInto reads the text of a flag into a field.
func parseInto(field any, rule setting.Rule, text string) error {
	switch to := field.(type) {
	case *uint64:
		return put(to, text, parseSeed)
	case *int64:
		return put(to, text, parseCount)
	case *int:
		return put(to, text, compact.Int)
	case *bool:
		return put(to, text, parseBool)
	case *string:
		if rule == setting.File {
			return put(to, text, fileName)
		}
		*to = text
		return nil
	case *float64:
		if rule == setting.Share {
			return put(to, text, compact.Share)
		}
		if rule == setting.Free {
			return put(to, text, compact.Number)
		}
		return put(to, text, readRate)
	case *sim.Duration:
		return put(to, text, compact.Duration)
	case *sim.Dist:
		return put(to, text, compact.Dist)
	case **sim.Test:
		return put(to, text, compact.Test)
	case **sim.Bursts:
		return put(to, text, compact.Bursts)
	case *[]sim.Phase:
		return put(to, text, compact.Phases)
	case *[]sim.Duration:
		return put(to, text, compact.Instants)
	case *[]sim.Interval:
		return put(to, text, compact.Intervals)
	case *[]sim.Slowdown:
		return put(to, text, compact.Slowdowns)
	}
	panic(fmt.Sprintf("poolsim: no flag can set a %T", field))
}

func put[T any](to *T, text string, parse func(string) (T, error)) error {
	v, err := parse(text)
	if err == nil {
		*to = v
	}
	return err
}

func parseSeed(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number from 0 on", text)
	}
	return n, nil
}

// parseCount reads a number of requests; 1e8 is easier to get right than its
// zeros.
func parseCount(text string) (int64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x != math.Trunc(x) {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	if math.Abs(x) > 1<<62 {
		return 0, fmt.Errorf("%s is more than a run can have", text)
	}
	return int64(x), nil
}

func parseBool(text string) (bool, error) {
	v, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", text)
	}
	return v, nil
}

// readRate reads arrivals a second. In a scenario 0 means that the rate is not set, so it is
// refused here.
func readRate(text string) (float64, error) {
	x, err := compact.Number(text)
	switch {
	case err != nil:
		err = fmt.Errorf("%w: write arrivals a second, such as 2000", err)
	case x == 0:
		err = errors.New("must be above 0")
	}
	return x, err
}

func fileName(text string) (string, error) {
	if text == "" {
		return "", errors.New("names no file")
	}
	return text, nil
}

// holdMean is the one flag that does not set a field: it scales one.
func holdMean() option {
	s := setting.Setting{Path: "workload.hold", Usage: "scale -hold, keeping its shape, so that its mean is this `time`"}
	return option{Setting: s, name: "hold-mean", kind: length, set: setHoldMean}
}

func setHoldMean(sc *sim.Scenario, text string) error {
	mean, err := compact.Duration(text)
	if err != nil {
		return err
	}
	switch shape := sc.Workload.Hold.Mean(); {
	case shape <= 0:
		return errors.New("it needs -hold, for the shape")
	case shape == math.MaxInt64:
		return errors.New("the mean of -hold is infinite, and cannot be scaled")
	case mean <= 0:
		return fmt.Errorf("%v is not positive", mean)
	}
	sc.Workload.Hold = compact.Scale(sc.Workload.Hold, mean)
	return nil
}
