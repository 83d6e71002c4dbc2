package main

import (
	"fmt"
	"slices"
	"strings"
)

// advice is the smallest pool that meets the targets, for one value of the other
// parameter if there is one.
type advice struct {
	other  int    // which value; -1: there is no other parameter
	best   *point // nil: none does
	nearly *point // smaller, and meets them by its means alone
}

// size is the number of the parameter that is the pool's size, and rest that of
// the other, -1 if there is none.
func (s *sweep) size() (size, rest int) {
	size = slices.IndexFunc(s.params, func(p *parameter) bool { return p.name == "max-active" })
	if rest = 1 - size; rest >= len(s.params) {
		rest = -1
	}
	return size, rest
}

// advice is empty without targets.
func (s *sweep) advice() (all []advice) {
	if len(s.targets) == 0 {
		return nil
	}
	size, rest := s.size()
	groups := 1
	if rest >= 0 {
		groups = len(s.params[rest].values)
	}
	for g := range groups {
		a := advice{other: g}
		if rest < 0 {
			a.other = -1
		}
		smaller := func(p, than *point) bool {
			return than == nil || s.params[size].values[p.values[size]] < s.params[size].values[than.values[size]]
		}
		for i := range s.points {
			p := &s.points[i]
			if rest >= 0 && p.values[rest] != g {
				continue
			}
			if p.meets && smaller(p, a.best) {
				a.best = p
			}
			if p.meetsMean && smaller(p, a.nearly) {
				a.nearly = p
			}
		}
		if a.nearly == a.best {
			a.nearly = nil
		}
		all = append(all, a)
	}
	return all
}

// say puts an advice in words.
func (s *sweep) say(a advice) string {
	size, rest := s.size()
	p := s.params[size]
	var b strings.Builder
	if rest >= 0 {
		fmt.Fprintf(&b, "%s %s: ", s.params[rest].name, s.params[rest].format(s.params[rest].values[a.other]))
	}
	if a.best == nil {
		fmt.Fprintf(&b, "no pool from max-active %s to %s meets %s", p.format(slices.Min(p.values)), p.format(slices.Max(p.values)), s.wanted())
	} else {
		fmt.Fprintf(&b, "max-active %s is the smallest that meets %s: %s", p.format(p.values[a.best.values[size]]), s.wanted(), s.shown(a.best))
	}
	if a.best != nil && p.values[a.best.values[size]] == slices.Min(p.values) {
		b.WriteString("\n  (it is the smallest of the range: a smaller one may do)")
	}
	if a.nearly != nil {
		fmt.Fprintf(&b, "\n  (%s does by its mean, but not for sure: %s; more -seeds or -requests would tell)",
			p.format(p.values[a.nearly.values[size]]), s.shown(a.nearly))
	}
	return b.String()
}

func (s *sweep) wanted() string {
	var texts []string
	for _, t := range s.targets {
		texts = append(texts, t.text)
	}
	return strings.Join(texts, " and ")
}

// shown writes the figures that the targets are about, with their intervals.
func (s *sweep) shown(p *point) string {
	var texts []string
	for _, t := range s.targets {
		f := p.figures[t.name]
		texts = append(texts, fmt.Sprintf("%s %s, between %s and %s with 95 %% confidence",
			t.name, t.format(f.Mean), t.format(max(f.Low, 0)), t.format(f.High)))
	}
	return strings.Join(texts, "; ")
}
