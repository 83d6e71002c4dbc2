package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/respool/respool/docs/internal/report"
)

type table = report.Table

// column is a figure of a table. show writes one value of it.
type column struct {
	head string
	of   figure
	show func(float64) string
}

func count(v float64) string   { return strconv.FormatFloat(v, 'f', -1, 64) }
func seconds(v float64) string { return fmt.Sprintf("%.1f s", v) }

var (
	errorsColumn = column{"errors", func(f *figures) float64 { return float64(f.Errors) }, count}
	ackedColumn  = column{"acknowledged", func(f *figures) float64 { return float64(f.Acknowledged) }, count}
	lostColumn   = column{"lost", func(f *figures) float64 { return float64(f.Lost) }, count}
	wrongColumn  = column{"wrong replies", func(f *figures) float64 { return float64(len(f.Wrong)) }, count}
	lastColumn   = column{"last error after", func(f *figures) float64 { return f.LastError }, seconds}
	gapColumn    = column{"longest gap", func(f *figures) float64 { return f.Gap }, seconds}
	slotsColumn  = column{"in its slots", func(f *figures) float64 { return f.SlotsGap }, seconds}
	backColumn   = column{"service back after", func(f *figures) float64 { return f.Back }, seconds}
	promoColumn  = column{"promotion after", func(f *figures) float64 { return f.Promoted }, seconds}
	slowColumn   = column{"slowest call", func(f *figures) float64 { return f.Slowest }, seconds}
	dialsColumn  = column{"dials", func(f *figures) float64 { return float64(f.Dials) }, count}
	askedColumn  = column{"dials to sentinels", func(f *figures) float64 { return float64(f.Asked) }, count}
	idleColumn   = column{"idle before", func(f *figures) float64 { return float64(f.Idle) }, count}
)

// columnsOf says what is shown of a scenario.
func columnsOf(scenario string) []column {
	switch scenario {
	case "sentinel-planned":
		return []column{promoColumn, errorsColumn, ackedColumn, lostColumn, gapColumn, dialsColumn}
	case "sentinel-kill", "sentinel-stop":
		return []column{promoColumn, errorsColumn, lastColumn, backColumn, dialsColumn, askedColumn, lostColumn}
	case "cluster-kill", "cluster-stop":
		return []column{promoColumn, errorsColumn, lastColumn, gapColumn, slotsColumn, dialsColumn, wrongColumn, lostColumn}
	case "down":
		return []column{dialsColumn, errorsColumn, lastColumn, backColumn}
	case "restart":
		return []column{idleColumn, errorsColumn, dialsColumn}
	}
	return []column{errorsColumn, wrongColumn, lostColumn, slowColumn, dialsColumn}
}

func (r *results) tables() []table {
	all := []table{r.targetTable()}
	for _, s := range scenarios() {
		all = append(all, r.scenarioTable(s))
	}
	return append(all, r.kindTable(), r.stateTable())
}

func (r *results) scenarioTable(s scenario) table {
	t := table{Title: s.title, Head: []string{""}}
	columns := columnsOf(s.name)
	for _, c := range columns {
		t.Head = append(t.Head, c.head)
	}
	for _, o := range r.Cases {
		if o.Scenario != s.name {
			continue
		}
		row := []string{o.Contender}
		for _, c := range columns {
			row = append(row, o.cell(c))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// cell shows the median, and the least and the most if they differ.
func (o *outcome) cell(c column) string {
	all := o.all(c.of)
	m, ok := report.Median(all)
	if !ok || c.head == lastColumn.head && slices.Max(o.all(errorsColumn.of)) == 0 {
		return "–"
	}
	middle, least, most := c.show(m), c.show(all[0]), c.show(all[len(all)-1])
	if least == most {
		return middle
	}
	return fmt.Sprintf("%s (%s to %s)", middle, strings.TrimSuffix(least, " s"), most)
}

// shownKinds is how many kinds of errors are shown of a contender in a scenario.
const shownKinds = 3

// kindTable shows the most frequent errors of all rounds.
func (r *results) kindTable() table {
	t := table{Title: "The most frequent errors, all rounds together", Head: []string{"", "", "calls", "error"}}
	for _, o := range r.Cases {
		kinds := map[string]int{}
		for _, s := range o.Samples {
			for kind, n := range s.Kinds {
				kinds[kind] += n
			}
		}
		names := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
			return cmp.Or(kinds[b]-kinds[a], strings.Compare(a, b))
		})
		for _, kind := range names[:min(len(names), shownKinds)] {
			t.Rows = append(t.Rows, []string{o.Scenario, o.Contender, strconv.Itoa(kinds[kind]), "`" + kind + "`"})
		}
	}
	return t
}

// stateTable shows the worst of the rounds.
func (r *results) stateTable() table {
	t := table{Title: "What is left after the load, and after Close", Head: []string{
		"", "", "sockets at the servers", "as the client counts", "leased", "waiting", "sockets after Close", "goroutines after Close",
	}}
	for _, o := range r.Cases {
		if len(o.Samples) == 0 {
			continue
		}
		row := []string{o.Scenario, o.Contender}
		worst := slices.MaxFunc(o.Samples, func(a, b *figures) int { return a.State.disorder() - b.State.disorder() }).State
		for _, n := range []int{worst.Sockets, worst.Open, worst.Leased, worst.Waiting, worst.LeftOpen, worst.Goroutines} {
			cell := "–"
			if n != unknown {
				cell = strconv.Itoa(n)
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// disorder is how much is not as it should be.
func (s state) disorder() int {
	n := max(0, s.Leased) + max(0, s.Waiting) + s.LeftOpen + s.Goroutines
	if s.Open != unknown {
		n += max(s.Open-s.Sockets, s.Sockets-s.Open)
	}
	return n
}

func (r *results) text() string { return report.Text(r.tables()) }

// markdown is all tables as the page has them. Those without rows are left out.
func (r *results) markdown() string {
	begin := fmt.Sprintf("Measured on %s with Redis %s, %s on %d processors (%s); redigo %s, go-redis %s, rueidis %s. Rounds: %d. A cell has the median, and the least and the most in parentheses.%s\n",
		r.Date, r.Redis, r.Go, r.Cores, r.CPU, r.Versions["redigo"], r.Versions["go-redis"], r.Versions["rueidis"], r.Rounds, r.again())
	return begin + report.Markdown(slices.DeleteFunc(r.tables(), func(t table) bool { return len(t.Rows) == 0 }))
}

// writePage replaces what stands between the marks.
func writePage(name string, r *results) error { return report.WritePage(name, r.fill) }

// fill puts the tables into a page.
func (r *results) fill(page string) (string, error) {
	return report.Fill(page, "the tables", r.markdown())
}
