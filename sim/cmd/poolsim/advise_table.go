package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// table shows the figures now and as advised.
func (v *adviser) table(b *bytes.Buffer) {
	trials := []*trial{v.now}
	names := []string{"now"}
	if v.best != v.now {
		trials, names = append(trials, v.best), append(names, "advised")
	}
	row := func(name string, of func(t *trial) string) {
		fmt.Fprintf(b, "%-26s", name)
		for _, t := range trials {
			fmt.Fprintf(b, " %14s", of(t))
		}
		b.WriteByte('\n')
	}
	row("", func(t *trial) string {
		for i := range trials {
			if trials[i] == t {
				return names[i]
			}
		}
		return ""
	})
	row("max-active", func(t *trial) string { return count(t.scenario.Pool.MaxActive, "") })
	for _, m := range metrics() {
		switch m.name {
		case "waited", "total.mean", "total.p50", "total.p90", "total.p999":
			continue
		}
		row(m.label(), func(t *trial) string { return m.format(t.figures[m.name].Mean) })
	}
	row("opens a second", func(t *trial) string { return figures.Number(meanOf(t.open)) })
	row("most opens in a second", func(t *trial) string { return figures.Number(meanOf(t.most)) })
}

// label is the name of a metric for readers.
func (m *metric) label() string {
	name := strings.Replace(m.name, "p999", "p99.9", 1)
	switch {
	case m.shares:
		return name
	case strings.HasPrefix(name, "total."):
		return "total " + strings.TrimPrefix(name, "total.")
	}
	return "wait " + name
}

// gain says how a figure differs between two trials.
func (v *adviser) gain(name string, from, to *trial) string {
	for _, m := range metrics() {
		if m.name == name {
			return fmt.Sprintf("%s %s instead of %s", m.label(), m.format(to.figures[name].Mean), m.format(from.figures[name].Mean))
		}
	}
	return ""
}

const opensPerSecond = "opens a second"

func opensBuy(from, to *trial) string {
	return numbers(opensPerSecond, meanOf(from.open), meanOf(to.open))
}

func numbers(what string, from, to float64) string {
	return fmt.Sprintf("%s %s instead of %s", what, figures.Number(to), figures.Number(from))
}

func percents(what string, from, to float64) string {
	return fmt.Sprintf("%s %s instead of %s", what, figures.Percent(to), figures.Percent(from))
}

// count writes a number of connections, or the word for none if n is below zero.
func count(n int, none string) string {
	if n < 0 {
		return none
	}
	return figures.Count(uint64(n))
}

// orNone writes a time, or "none" for zero.
func orNone(d sim.Duration) string {
	if d == 0 {
		return "none"
	}
	return d.String()
}
