package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/respool/respool/sim/internal/estimate"
	"github.com/respool/respool/sim/internal/figures"
)

// advice is the smallest pool that meets the targets, for one value of the other
// parameter if there is one.
type advice struct {
	other  int    // which value; -1: there is no other parameter
	best   *point // nil: none does
	nearly *point // smaller, and its means meet the targets, but its intervals do not
}

// size is the index of the parameter that is the pool's size, and rest that of the other
// one, or -1.
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
	_, rest := s.size()
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
			return than == nil || s.sizeOf(p) < s.sizeOf(than)
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

// sizeOf returns the limit of a point's pool, or 0 if it has none.
func (s *sweep) sizeOf(p *point) float64 {
	size, _ := s.size()
	if n := s.params[size].values[p.values[size]]; n > 0 {
		return n
	}
	return math.Inf(1)
}

// minSize returns the smallest limit of the range.
func (s *sweep) minSize() float64 {
	least := math.Inf(1)
	for i := range s.points {
		least = math.Min(least, s.sizeOf(&s.points[i]))
	}
	return least
}

// say returns an advice in words.
func (s *sweep) say(a advice) string {
	size, rest := s.size()
	p := s.params[size]
	var b strings.Builder
	if rest >= 0 {
		fmt.Fprintf(&b, "%s %s: ", s.params[rest].name, s.params[rest].format(s.params[rest].values[a.other]))
	}
	switch {
	case a.best == nil:
		fmt.Fprintf(&b, "no pool from max-active %s to %s meets %s", p.format(slices.Min(p.values)), p.format(slices.Max(p.values)), s.wanted())
	case s.sizeOf(a.best) == math.Inf(1):
		fmt.Fprintf(&b, "no pool with a limit meets %s; one without (max-active 0) does: %s", s.wanted(), s.shown(a.best))
	default:
		fmt.Fprintf(&b, "max-active %s is the smallest that meets %s: %s", p.format(s.sizeOf(a.best)), s.wanted(), s.shown(a.best))
		if s.sizeOf(a.best) == s.minSize() {
			b.WriteString("\n  (it is the smallest of the range: a smaller one may do)")
		}
	}
	if a.best != nil && s.seeds == 1 {
		b.WriteString("\n  (one seed shows no spread: whether it does on another day is not known; give it more -seeds)")
	}
	if a.nearly != nil {
		fmt.Fprintf(&b, "\n  (%s meets it on average, but this is not certain: %s; more -seeds or -requests would show)",
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
	say := func(name string, f estimate.Interval, format func(float64) string) {
		switch {
		case !f.Known():
			texts = append(texts, fmt.Sprintf("%s %s in one run", name, format(f.Mean)))
		case math.IsInf(f.High, 1):
			texts = append(texts, fmt.Sprintf("%s %s, above %s with 95 %% confidence, and no more is known", name, format(f.Mean), format(max(f.Low, 0))))
		default:
			texts = append(texts, fmt.Sprintf("%s %s, between %s and %s with 95 %% confidence", name, format(f.Mean), format(max(f.Low, 0)), format(f.High)))
		}
	}
	strictest := 0.0 // the highest percentile: it decides how many requests may be denied
	for _, t := range s.targets {
		say(t.name, p.figures[t.name], t.format)
		strictest = max(strictest, t.level)
	}
	if strictest > 0 && p.denied.Mean > 0 {
		say("refused, out of patience or timed out", p.denied, figures.Percent)
		texts[len(texts)-1] += fmt.Sprintf(" (at most %s may be)", figures.Percent(1-strictest))
	}
	return strings.Join(texts, "; ")
}
