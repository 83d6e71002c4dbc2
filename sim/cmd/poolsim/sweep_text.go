package main

import (
	"bytes"
	"fmt"
	"math"

	"github.com/respool/respool/sim/internal/estimate"
	"github.com/respool/respool/sim/internal/figures"
)

// text is the table of a sweep, and what follows from it.
func (s *sweep) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "load     %s\n", describeLoad(s.base))
	fmt.Fprintf(&b, "pool     %s\n", describePool(&s.base.Pool))
	fmt.Fprintf(&b, "sweep    %s; above is the first\n", s.describe())
	fmt.Fprintf(&b, "runs     %s\n\n", s.describeRuns())
	for _, p := range s.params {
		fmt.Fprintf(&b, "%12s ", p.name)
	}
	fmt.Fprintf(&b, "%8s %9s %9s │ wait: %8s %9s %9s %9s  %-19s %9s\n",
		"use", "waited", "refused", "mean", "p50", "p90", "p99", "", "p99.9")
	crowded := false
	for i := range s.points {
		p := &s.points[i]
		crowded = s.row(&b, p) || crowded
	}
	if crowded {
		b.WriteString("\n* overload: the offered load is at least the pool; the queue grows without a bound,\n" +
			"  and the waits depend on the length of the run\n")
	}
	for _, warning := range s.warnings() {
		fmt.Fprintf(&b, "\n%s\n", warning)
	}
	for _, a := range s.advice() {
		fmt.Fprintf(&b, "\n%s\n", s.say(a))
	}
	return b.Bytes()
}

// row writes a point, and reports whether it is crowded.
func (s *sweep) row(b *bytes.Buffer, p *point) bool {
	for i, param := range s.params {
		fmt.Fprintf(b, "%12s ", param.format(param.values[p.values[i]]))
	}
	f := p.figures
	share := func(name string) string { return figures.Percent(f[name].Mean) }
	time := func(name string) string { return figures.Seconds(f[name].Mean) }
	fmt.Fprintf(b, "%8s %9s %9s │       %8s %9s %9s %9s  %-19s %9s", share("utilisation"), share("waited"), share("refused"),
		time("mean"), time("p50"), time("p90"), time("p99"), span(f["p99"]), time("p999"))
	if len(s.targets) > 0 {
		switch {
		case p.meets:
			b.WriteString("  meets")
		case p.meetsMean:
			b.WriteString("  unsure")
		}
	}
	if p.overloaded {
		b.WriteString("  *")
	}
	b.WriteByte('\n')
	return p.overloaded
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

// describeRuns says what the runs can tell.
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
