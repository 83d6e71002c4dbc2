package main

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/respool/respool/sim/internal/figures"
)

// tableColumn is a column of a sweep's table. If the table is too wide, the columns of the
// lowest rank are left out.
type tableColumn struct {
	title string
	rank  int
	left  bool // its text begins on the left
	cell  func(p *point) string
}

const always = 100

func (s *sweep) columns() (all []tableColumn) {
	for i, param := range s.params {
		all = append(all, tableColumn{param.name, always, false, func(p *point) string { return param.format(param.values[p.values[i]]) }})
	}
	share := func(title, name string, rank int) {
		all = append(all, tableColumn{title, rank, false, func(p *point) string { return figures.Percent(p.figures[name].Mean) }})
	}
	time := func(title, name string, rank int) {
		all = append(all, tableColumn{title, rank, false, func(p *point) string { return figures.Seconds(p.figures[name].Mean) }})
	}
	share("use", "utilization", 7)
	share("waited", "waited", 4)
	share("refused", "refused", 8)
	time("wait mean", "mean", 2)
	time("p50", "p50", 3)
	time("p90", "p90", 5)
	time("p99", "p99", always)
	all = append(all, tableColumn{"", 6, true, func(p *point) string { return span(p.figures["p99"]) }})
	time("p99.9", "p999", 1)
	if hasServer(s.base) {
		time("total p99", bestFigure, always)
	}
	if s.base.HasCalls() {
		share("failed", "failed", always)
	}
	return append(all, tableColumn{"", always, true, s.verdict})
}

// verdict returns whether a point meets the targets, with a star for an overloaded pool.
func (s *sweep) verdict(p *point) string {
	var words []string
	switch {
	case len(s.targets) == 0:
	case p.meets:
		words = append(words, "meets")
	case p.meetsMean:
		words = append(words, "unsure")
	}
	if p.overloaded {
		words = append(words, "*")
	}
	return strings.Join(words, " ")
}

// table writes a line for each point that was run.
func (s *sweep) table(b *bytes.Buffer, width int) {
	columns := s.columns()
	cells := make([][]string, len(columns))
	widths := make([]int, len(columns))
	for i, c := range columns {
		cells[i] = []string{c.title}
		for _, p := range s.ran() {
			cells[i] = append(cells[i], c.cell(p))
		}
		for _, text := range cells[i] {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	shown := fitting(columns, widths, width)
	for row := range cells[0] {
		var line strings.Builder
		for _, i := range shown {
			if line.Len() > 0 {
				line.WriteString("  ")
			}
			text := cells[i][row]
			blanks := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if columns[i].left {
				line.WriteString(text + blanks)
			} else {
				line.WriteString(blanks + text)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
}

// fitting returns the columns that fit into a width.
func fitting(columns []tableColumn, widths []int, width int) (shown []int) {
	for rank := 0; ; rank++ {
		total := -2
		shown = nil
		for i, c := range columns {
			if c.rank > rank && widths[i] > 0 {
				shown, total = append(shown, i), total+2+widths[i]
			}
		}
		if total <= width || rank >= always-1 {
			return shown
		}
	}
}
