package compact

import (
	"fmt"
	"strings"

	"github.com/respool/respool/sim"
)

// Instants reads instants: 10s,1m.
func Instants(text string) (all []sim.Duration, err error) {
	for _, word := range strings.Split(text, ",") {
		d, err := Duration(word)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// Intervals reads times in a run: 10s+500ms is half a second from the tenth on.
func Intervals(text string) (all []sim.Interval, err error) {
	for _, word := range strings.Split(text, ",") {
		s, err := interval(word, "10s+500ms")
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func interval(text, form string) (s sim.Interval, err error) {
	at, length, ok := strings.Cut(text, "+")
	if !ok {
		return s, fmt.Errorf("%q is not of the form %s, an instant and how long", text, form)
	}
	if s.At, err = Duration(at); err == nil {
		s.For, err = Duration(length)
	}
	return s, err
}

// Slowdowns reads times in which everything takes longer: 10s+5s*3.
func Slowdowns(text string) (all []sim.Slowdown, err error) {
	for _, word := range strings.Split(text, ",") {
		when, factor, ok := strings.Cut(word, "*")
		if !ok {
			return nil, fmt.Errorf("%q is not of the form 10s+5s*3, an instant, how long, and how many times slower", word)
		}
		s, err := interval(when, "10s+5s*3")
		if err != nil {
			return nil, err
		}
		x, err := Number(factor)
		if err != nil {
			return nil, err
		}
		all = append(all, sim.Slowdown{At: s.At, For: s.For, Factor: x})
	}
	return all, nil
}

// Phases reads rates that follow one another: 1m:500,30s:2000.
func Phases(text string) (all []sim.Phase, err error) {
	for _, word := range strings.Split(text, ",") {
		length, rate, ok := strings.Cut(word, ":")
		if !ok {
			return nil, fmt.Errorf("%q is not of the form 30s:2000, how long and how many a second", word)
		}
		var p sim.Phase
		if err := read([]string{length, rate}, "30s:2000", &p.For, &p.Rate); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Bursts reads a rate that comes and goes: 5000,1s,9s is 5000 a second for one
// second of ten, and 5000,1s,9s,100 has 100 a second between.
func Bursts(text string) (*sim.Bursts, error) {
	b := new(sim.Bursts)
	args := strings.Split(text, ",")
	if len(args) == 3 {
		return b, read(args, "5000,1s,9s", &b.Rate, &b.On, &b.Off)
	}
	return b, read(args, "5000,1s,9s,100", &b.Rate, &b.On, &b.Off, &b.OffRate)
}

// Test reads when a resource is tested: always, none, if-idle-for:1m or
// at-most-every:5s, or the latter two with a comma between.
func Test(text string) (*sim.Test, error) {
	switch text {
	case "none":
		return nil, nil
	case "always":
		return new(sim.Test), nil
	}
	t := new(sim.Test)
	for _, word := range strings.Split(text, ",") {
		kind, value, _ := strings.Cut(word, ":")
		to := map[string]*sim.Duration{"if-idle-for": &t.IfIdleFor, "at-most-every": &t.AtMostEvery}[kind]
		if to == nil {
			return nil, fmt.Errorf("%q is not a test: there are always, none, if-idle-for:1m, at-most-every:5s", word)
		}
		var err error
		if *to, err = Duration(value); err != nil {
			return nil, err
		}
	}
	return t, nil
}
