package main

import (
	"fmt"
	"slices"

	"github.com/respool/respool/docs/internal/report"
)

// markdown is all tables as the page has them. Those without rows are left out.
func (r *results) markdown() string {
	begin := fmt.Sprintf("Measured on %s with Redis %s, %s on %d processors (%s); redigo %s, go-redis %s, rueidis %s. Rounds: %d. A cell has the median, and the least and the most in parentheses.%s\n",
		r.Date, r.Redis, r.Go, r.Cores, r.CPU, r.Versions["redigo"], r.Versions["go-redis"], r.Versions["rueidis"], r.Rounds, r.again())
	return begin + report.Markdown(slices.DeleteFunc(r.tables(), func(t table) bool { return len(t.Rows) == 0 }))
}

// writePage replaces what stands between the marks.
func writePage(name string, r *results) error { return report.WritePage(name, r.fill) }

// fill puts the tables into a page.
func (r *results) fill(page string) (string, error) { return report.Fill(page, "tables", r.markdown()) }
