package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim/internal/nearest"
	"github.com/respool/respool/sim/internal/values"
)

// flags is a command's flags: a [flag.FlagSet] with groups, for the help, that also takes
// flags after other arguments.
type flags struct {
	set    *flag.FlagSet
	groups []group
	given  map[string]bool // on the command line
	checks []func() error  // of values, when all flags are read

	defaults map[string]string // for the help, of flags that have none by themselves
}

type group struct {
	title string
	notes string // after the flags
	names []string
}

func newFlags(name string) *flags {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return &flags{set: set, given: map[string]bool{}, defaults: map[string]string{}}
}

// group begins a group. The flags that are defined next belong to it.
func (f *flags) group(title string) { f.groups = append(f.groups, group{title: title}) }

func (f *flags) add(name string) {
	g := &f.groups[len(f.groups)-1]
	g.names = append(g.names, name)
}

func (f *flags) text(name, value, usage string) *string {
	f.add(name)
	return f.set.String(name, value, usage)
}

func (f *flags) yes(name string, value bool, usage string) *bool {
	f.add(name)
	f.set.Var(switchFlag{&value}, name, usage)
	return &value
}

// switchFlag is a flag that needs no value. Its error names the texts that it takes.
type switchFlag struct{ on *bool }

func (s switchFlag) String() string   { return "" }
func (s switchFlag) IsBoolFlag() bool { return true }

func (s switchFlag) Set(text string) error { return put(s.on, text, parseBool) }

// number defines a whole number from least on.
func (f *flags) number(name string, value, least int, usage string) *int {
	f.add(name)
	n := &value
	f.set.Var(checked{strconv.Itoa(value), func(text string) error {
		v, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		if v < least {
			return fmt.Errorf("%d is below %d", v, least)
		}
		*n = v
		return nil
	}}, name, usage)
	return n
}

// seed defines a number of 64 bits, on any machine, which is zero if it is not given.
func (f *flags) seed(name, usage string) *uint64 {
	f.add(name)
	seed := new(uint64)
	f.set.Var(checked{"0", func(text string) (err error) {
		*seed, err = parseSeed(text)
		return err
	}}, name, usage)
	return seed
}

// length defines a duration, which must not be negative.
func (f *flags) length(name string, value time.Duration, usage string) *time.Duration {
	f.add(name)
	d := &value
	shown := value.String()
	if value == 0 {
		shown = ""
	}
	f.set.Var(checked{shown, func(text string) error {
		v, err := values.Duration(text)
		if err != nil || v < 0 {
			return fmt.Errorf("%q is not a duration: write a number with a unit, such as 3s", text)
		}
		*d = v
		return nil
	}}, name, usage)
	return d
}

// checked is a flag with a parser of its own.
type checked struct {
	shown string
	parse func(string) error
}

func (c checked) String() string     { return c.shown }
func (c checked) Set(s string) error { return c.parse(s) }

// notEmpty is a flag that refuses an empty value: it comes from a variable that is not set, and
// to most flags it would mean that they are not given.
type notEmpty struct{ flag.Value }

func (n notEmpty) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("its value is empty")
	}
	return n.Value.Set(text)
}

func (n notEmpty) IsBoolFlag() bool {
	b, is := n.Value.(interface{ IsBoolFlag() bool })
	return is && b.IsBoolFlag()
}

// parse reads the command line, and returns the arguments that are not flags.
func (f *flags) parse(args []string, most int) ([]string, error) {
	f.set.VisitAll(func(g *flag.Flag) { g.Value = notEmpty{g.Value} })
	var rest []string
	for {
		if err := f.set.Parse(args); err != nil {
			return nil, f.flagError(err)
		}
		args = f.set.Args()
		if len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	f.set.Visit(func(g *flag.Flag) { f.given[g.Name] = true })
	if len(rest) > most {
		return nil, tooMuch(rest, most)
	}
	for _, check := range f.checks {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// unitWord reports whether an argument is the unit of a duration that was written with a
// space.
func unitWord(text string) bool {
	return slices.Contains([]string{"ns", "us", "µs", "μs", "ms", "s", "m", "h"}, text)
}

// tooMuch returns the error about an argument that belongs to no flag.
func tooMuch(rest []string, most int) error {
	for _, word := range rest {
		if unitWord(word) {
			return fmt.Errorf("%q is a unit by itself: write the number and its unit without a space, such as 3%s", word, word)
		}
	}
	return fmt.Errorf("%q is not a flag: flags begin with a dash", rest[most])
}

// hint returns a suggestion for a flag that does not exist.
func (f *flags) hint(name string) string {
	var known []string
	f.set.VisitAll(func(g *flag.Flag) { known = append(known, g.Name) })
	help := "poolsim help " + f.set.Name()
	if n := nearest.Of(strings.TrimLeft(name, "-"), known); n != "" {
		return fmt.Sprintf("did you mean -%s? (%s)", n, help)
	}
	return "see " + help
}

// flagError shortens an error of package flag, and puts the flag's name first.
func (f *flags) flagError(err error) error {
	text := err.Error()
	_, rest, ok := strings.Cut(text, " for flag -")
	if !ok {
		_, rest, ok = strings.Cut(text, " for -")
	}
	if ok && strings.HasPrefix(text, "invalid ") {
		if name, why, ok := strings.Cut(rest, ": "); ok {
			return fmt.Errorf("-%s: %s", name, why)
		}
	}
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		return fmt.Errorf("%s: there is no such flag; %s", name, f.hint(name))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return fmt.Errorf("%s: its value is missing", name)
	}
	return errors.New(text)
}
