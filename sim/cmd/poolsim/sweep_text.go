package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/respool/respool/sim/internal/estimate"
	"github.com/respool/respool/sim/internal/figures"
)

// text returns the result of a sweep, and its table.
func (s *sweep) text(width int) []byte {
	var b bytes.Buffer
	for _, a := range s.advice() {
		writeText(&b, width, s.say(a))
		b.WriteByte('\n')
	}
	for _, r := range s.bestRanges() {
		writeText(&b, width, s.sayBest(r))
		b.WriteByte('\n')
	}
	if text := s.stopped(); text != "" {
		writeText(&b, width, text)
		b.WriteByte('\n')
	}
	writeScenario(&b, s.base, s.describePool(), s.files, width)
	about := s.describe()
	if size, rest := s.size(); size < 0 || rest >= 0 {
		about += "; above is the first"
	}
	writeHead(&b, width, "sweep", about)
	writeHead(&b, width, "runs", s.describeRuns())
	b.WriteByte('\n')
	s.table(&b, width)
	for _, p := range s.ran() {
		if p.overloaded {
			b.WriteByte('\n')
			writeText(&b, width, "* overload: the offered load is at least the pool; the queue grows without a bound, and the waits depend on the length of the run")
			break
		}
	}
	for _, warning := range s.warnings() {
		b.WriteByte('\n')
		writeText(&b, width, warning)
	}
	for _, note := range s.notes() {
		b.WriteByte('\n')
		writeText(&b, width, "note: "+note)
	}
	return b.Bytes()
}

// notes returns what a reader might overlook.
func (s *sweep) notes() (all []string) {
	for _, p := range s.ran() {
		if !p.scenario.Pool.Wait && p.figures["refused"].Mean > 0 {
			return []string{refusesNote}
		}
	}
	return nil
}

// describePool leaves out a size that the sweep changes.
func (s *sweep) describePool() string {
	sc := *s.base
	for _, p := range s.params {
		if p.name == "max-active" {
			sc.Pool.MaxActive = max(sc.Pool.MaxActive, 1) // the first size may be 0, for no limit
			_, rest, _ := strings.Cut(describePool(&sc), ", ")
			return rest
		}
	}
	return describePool(&sc)
}

// span writes an interval between brackets.
func span(i estimate.Interval) string {
	if i.Low == i.High || !i.Known() {
		return ""
	}
	if math.IsInf(i.High, 1) {
		return fmt.Sprintf("[%s, ?]", figures.Seconds(max(i.Low, 0)))
	}
	return fmt.Sprintf("[%s, %s]", figures.Seconds(max(i.Low, 0)), figures.Seconds(i.High))
}

// describeRuns describes the runs.
func (s *sweep) describeRuns() string {
	if s.seeds == 1 {
		return fmt.Sprintf("1 for each point, seed %d; one seed shows no spread: no range is known", s.base.Seed)
	}
	return fmt.Sprintf("%d for each point, seeds %d to %d; a range is a 95 %% confidence interval",
		s.seeds, s.base.Seed, s.base.Seed+uint64(s.seeds)-1)
}

// describe names the parameters with their ends.
func (s *sweep) describe() (text string) {
	for i, p := range s.params {
		if i > 0 {
			text += ", "
		}
		n := len(p.values)
		text += fmt.Sprintf("%s %s to %s, %d values", p.name, p.format(p.values[0]), p.format(p.values[n-1]), n)
	}
	return text
}
