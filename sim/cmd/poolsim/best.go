package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// bestRange is the sizes of a pool that are as good as the best one, for one value of the
// other parameter if there is one. If a server has a queue, ever more connections do not
// help. So the best pool is of interest, not only the smallest that meets the targets.
type bestRange struct {
	other int // which value; -1: there is no other parameter
	best  *point
	sizes []*point // within the noise of the best, by size
	rest  []*point // the others, by size
}

// bestFigure is the figure by which pools are compared: how long requests take in all.
const bestFigure = "total.p99"

// hasServer reports whether a scenario's server has a queue.
func hasServer(sc *sim.Scenario) bool { return sc.World.Server.Workers > 0 }

// bestRanges is empty without a range of sizes, and for a server without a queue.
func (s *sweep) bestRanges() (all []bestRange) {
	size, rest := s.size()
	if size < 0 {
		return nil
	}
	byOther := map[int][]*point{}
	var order []int
	for _, p := range s.ran() {
		if !hasServer(p.scenario) {
			continue
		}
		other := s.other(p, rest)
		if byOther[other] == nil {
			order = append(order, other)
		}
		byOther[other] = append(byOther[other], p)
	}
	for _, other := range order {
		if points := byOther[other]; len(points) > 1 {
			all = append(all, s.bestOf(other, points))
		}
	}
	return all
}

// bestOf first looks at how many requests the pools serve, and then at how long those
// take.
func (s *sweep) bestOf(other int, points []*point) bestRange {
	slices.SortFunc(points, func(a, b *point) int {
		if s.sizeOf(a) < s.sizeOf(b) {
			return -1
		}
		return 1
	})
	served := within(points, "failed")
	r := bestRange{other: other, sizes: within(served, bestFigure)}
	for _, p := range r.sizes {
		if r.best == nil || p.figures[bestFigure].Mean < r.best.figures[bestFigure].Mean {
			r.best = p
		}
	}
	for _, p := range points {
		if !slices.Contains(r.sizes, p) {
			r.rest = append(r.rest, p)
		}
	}
	return r
}

// within returns the points whose figure cannot be distinguished from the least one:
// their intervals overlap.
func within(points []*point, name string) (all []*point) {
	least := slices.MinFunc(points, func(a, b *point) int {
		if a.figures[name].Mean < b.figures[name].Mean {
			return -1
		}
		return 1
	}).figures[name]
	high := least.Mean
	if least.Known() {
		high = math.Max(high, least.High)
	}
	for _, p := range points {
		f := p.figures[name]
		low := f.Mean
		if f.Known() {
			low = math.Min(low, f.Low)
		}
		if low <= high {
			all = append(all, p)
		}
	}
	return all
}

// sayBest returns a range in words.
func (s *sweep) sayBest(r bestRange) string {
	var b strings.Builder
	if _, rest := s.size(); rest >= 0 {
		fmt.Fprintf(&b, "%s %s: ", s.params[rest].name, s.params[rest].format(s.params[rest].values[r.other]))
	}
	shown := func(p *point) string {
		text := figures.Seconds(p.figures[bestFigure].Mean)
		if failed := p.figures["failed"].Mean; failed > 0 {
			text += fmt.Sprintf(" with %s failed", figures.Percent(failed))
		}
		return text
	}
	f := r.best.figures[bestFigure]
	fmt.Fprintf(&b, "best: max-active %s. Total p99 is %s at %s", s.sizesOf(r.sizes), shown(r.best), s.sizeText(r.best))
	if f.Known() {
		fmt.Fprintf(&b, ", between %s and %s with 95 %% confidence", figures.Seconds(math.Max(f.Low, 0)), figures.Seconds(f.High))
	}
	if len(r.sizes) > 1 {
		b.WriteString("; the others of these are within the noise of it")
	}
	if len(r.rest) == 0 {
		b.WriteString(", and so are all that were run")
	}
	b.WriteString(".")
	smallest, largest := s.sizeOf(r.sizes[0]), s.sizeOf(r.sizes[len(r.sizes)-1])
	var less, more *point // the nearest sizes that are worse
	for _, p := range r.rest {
		if s.sizeOf(p) < smallest {
			less = p
		}
		if more == nil && s.sizeOf(p) > largest {
			more = p
		}
	}
	if less != nil {
		fmt.Fprintf(&b, " With %s it is %s: requests wait for the pool.", s.sizeText(less), shown(less))
	}
	if more != nil {
		last := r.rest[len(r.rest)-1]
		fmt.Fprintf(&b, " With %s it is %s", s.sizeText(more), shown(more))
		if last != more {
			fmt.Fprintf(&b, ", with %s %s", s.sizeText(last), shown(last))
		}
		b.WriteString(": they wait for the server.")
	}
	return b.String()
}

// sizesOf names sizes that follow one another by the first and the last.
func (s *sweep) sizesOf(points []*point) string {
	if len(points) == 1 {
		return s.sizeText(points[0])
	}
	return s.sizeText(points[0]) + " to " + s.sizeText(points[len(points)-1])
}

func (s *sweep) sizeText(p *point) string {
	if n := s.sizeOf(p); !math.IsInf(n, 1) {
		return figures.Number(n)
	}
	return "0 (no limit)"
}
