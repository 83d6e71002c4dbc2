package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/estimate"
	"github.com/respool/respool/sim/internal/figures"
)

// text is the table of a sweep, and what follows from it.
func (s *sweep) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "load     %s\n", describeLoad(s.base))
	fmt.Fprintf(&b, "pool     %s\n", describePool(&s.base.Pool))
	fmt.Fprintf(&b, "sweep    %s; above is the first\n", s.describe())
	fmt.Fprintf(&b, "runs     %d for each point, seeds %d to %d; a range is a 95 %% confidence interval\n\n",
		s.seeds, s.base.Seed, s.base.Seed+uint64(s.seeds)-1)
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
		b.WriteString("\n* more load than the pool can bear: its waits grow with the length of the run\n")
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
	crowded := overloaded(p.scenario)
	if crowded {
		b.WriteString("  *")
	}
	b.WriteByte('\n')
	return crowded
}

// span writes an interval between brackets.
func span(i estimate.Interval) string {
	if i.Low == i.High {
		return ""
	}
	return fmt.Sprintf("[%s, %s]", figures.Seconds(max(i.Low, 0)), figures.Seconds(i.High))
}

// overloaded reports whether a line can only grow.
func overloaded(sc *sim.Scenario) bool {
	o, p := sc.Workload.Open, &sc.Pool
	if o == nil || !p.Wait || p.MaxActive == 0 || p.WaitTimeout > 0 || p.MaxWaiters > 0 || sc.Workload.Patience.Mean() > 0 {
		return false
	}
	return max(o.Poisson, o.Constant)*time.Duration(sc.Workload.Hold.Mean()).Seconds() >= float64(p.MaxActive)
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
