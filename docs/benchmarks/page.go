package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/docs/internal/report"
)

type table = report.Table

func (r *results) tables() []table {
	return slices.Concat([]table{r.targetTable()}, r.cycleTables(), r.crowdTables(), r.redisTables())
}

func (r *results) targetTable() table {
	t := table{Title: "Targets", Head: []string{"what", "asked", "measured", "in the rounds", "verdict"}}
	for _, target := range targets() {
		value, spread, ok := target.is(r)
		if !ok {
			continue
		}
		verdict := "met"
		if !target.met(value) {
			verdict = "**not met**"
		}
		t.Rows = append(t.Rows, []string{target.what, target.asked(), number(value) + target.unit, spread, verdict})
	}
	return t
}

// number shows three digits or so.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 100:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// works returns the works that begin with one of some prefixes, in the order of
// the cases.
func (r *results) works(prefixes ...string) (works []string) {
	for _, o := range r.Cases {
		begins := func(p string) bool { return strings.HasPrefix(o.Work, p) }
		if slices.ContainsFunc(prefixes, begins) && !slices.Contains(works, o.Work) {
			works = append(works, o.Work)
		}
	}
	return works
}

// grid has a row for each work and a column for each contender.
func (r *results) grid(name string, works, contenders []string, cell func(name string) string) table {
	t := table{Title: name, Head: append([]string{""}, contenders...)}
	for _, w := range works {
		row := []string{title(w)}
		for _, c := range contenders {
			row = append(row, cell(w+"/"+c))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// beside shows a case's median, and how many times that of ours it is.
func (r *results) beside(f figure) func(string) string {
	return func(name string) string {
		m, ok := r.median(name, f)
		if !ok {
			return ""
		}
		work := name[:strings.LastIndex(name, "/")]
		ratio, _, _, ok := r.ratio(name, work+"/"+ours, f)
		if !ok || strings.HasSuffix(name, "/"+ours) {
			return number(m)
		}
		return fmt.Sprintf("%s (%.2f×)", number(m), ratio)
	}
}

func (r *results) cycleTables() []table {
	all := []string{ours, plain, redisOurs, redigo, puddleName, sqlName, channel, mutexes, syncPool}
	waits := []string{ours, redisOurs, redigo, puddleName, sqlName, channel, nothing}
	ns := r.beside(nsOf)
	parts := []string{clockRead, lockPair, swap, contextErr}
	tables := []table{
		r.grid("What a cycle is made of, ns", r.works("part"), parts, r.plain(nsOf)),
		r.grid("A cycle, ns (and as a multiple of ours)", r.works("serial/", "parallel"), all, ns),
		r.grid("A cycle with few places, ns (and as a multiple of ours)", r.works("convoy", "hand-off"), waits, ns),
		r.grid("How many of those cycles had to wait, where the pool counts it", r.works("convoy", "hand-off", "canceled"), []string{ours, redisOurs, redigo, puddleName, sqlName}, r.plain(extra("waits/op"))),
		r.grid("Opening, testing, giving up, ns (and as a multiple of ours)", r.works("open", "borrow", "canceled"), pools(), ns),
		r.grid("Allocations", r.works("serial/", "hand-off", "open", "borrow", "canceled"), pools(), r.plain(allocsOf)),
	}
	if works := r.works("watched/"); len(works) > 0 {
		tables = append(tables, r.grid("A cycle of a pool that is watched, ns (and as a multiple of one that is not)", works,
			[]string{ours, plain, measured, observed, watched}, ns))
	}
	return tables
}

func (r *results) plain(f figure) func(string) string {
	return func(name string) string {
		if m, ok := r.median(name, f); ok {
			return number(m)
		}
		return ""
	}
}

func (r *results) crowdTables() []table {
	some := []string{ours, redisOurs, redigo, puddleName, sqlName}
	last := fmt.Sprintf("idle-%d/", crowds[len(crowds)-1])
	ns := r.beside(nsOf)
	one := r.beside(extra("one-ns"))
	return []table{
		r.grid("Many idle: a cycle, Stats, ns (and as a multiple of ours)", slices.DeleteFunc(r.works("idle-"), func(w string) bool {
			return !strings.HasSuffix(w, "/cycle") && !strings.HasSuffix(w, "/stats")
		}), some, ns),
		r.grid("Many idle: one acquire that finds all stale; Close, ns", slices.DeleteFunc(r.works("idle-"), func(w string) bool {
			return !strings.HasSuffix(w, "/all-stale") && !strings.HasSuffix(w, "/close")
		}), some, one),
		r.grid("The longest stall of others meanwhile, ns", r.works(last+"close", last+"reaper", last+"quiet"), some, r.plain(extra("stall-max-ns"))),
		r.grid("Bytes for an idle resource, itself not counted", r.works(last+"bytes"), some, r.plain(extra("bytes-each"))),
	}
}

func (r *results) redisTables() []table {
	conn := r.grid("Get and Close of redigo's connection, ns", r.works("redis-conn"), []string{redisOurs, redigo}, r.plain(nsOf))
	get := table{Title: "GET, 16 connections", Head: []string{"", "", "a second", "p50, us", "p99, us", "p99.9, us", "allocations"}}
	for _, w := range r.works("GET/") {
		for _, c := range []string{redisOurs, redigo, goRedis} {
			name := w + "/" + c
			second, ok := r.median(name, perSecond)
			if !ok {
				continue
			}
			row := []string{title(w), c, fmt.Sprintf("%.0f", second)}
			for _, unit := range []string{"p50-ns", "p99-ns", "p999-ns"} {
				m, _ := r.median(name, extra(unit))
				row = append(row, number(m/1000))
			}
			allocs, _ := r.median(name, allocsOf)
			get.Rows = append(get.Rows, append(row, number(allocs)))
		}
	}
	return []table{conn, get}
}

func (r *results) text() string { return report.Text(r.tables()) }

// markdown is all tables as the page has them.
func (r *results) markdown() string {
	var b strings.Builder
	near := 0
	for _, round := range r.Rounds {
		if round.Phase == "near" {
			near++
		}
	}
	fmt.Fprintf(&b, "Measured on %s with %s on %d processors (%s). %d rounds, in %d of which the two cores were near each other; %d samples of %d were dropped because other processes disturbed them.\n",
		r.Date, r.Go, r.Cores, r.CPU, len(r.Rounds), near, r.Dropped, len(r.Rounds)*len(r.Cases))
	b.WriteString(report.Markdown(r.tables()))
	return b.String()
}

// writePage replaces what stands between the marks.
func writePage(name string, r *results) error { return report.WritePage(name, r.fill) }

// fill puts all parts into a page.
func (r *results) fill(page string) (string, error) {
	page, err := report.Fill(page, "the summary", r.summary())
	if err != nil {
		return "", err
	}
	if page, err = report.Fill(page, "the later runs", r.laterRuns()); err != nil {
		return "", err
	}
	return report.Fill(page, "the tables", r.markdown())
}
