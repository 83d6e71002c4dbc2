package main

import (
	"fmt"
	"os"
	"strings"
)

// markdown is all tables as the page has them.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s with Redis %s, %s on %d processors (%s); redigo %s, go-redis %s, rueidis %s. Rounds: %d. A cell has the median, and the least and the most in parentheses.\n",
		r.Date, r.Redis, r.Go, r.Cores, r.CPU, r.Versions["redigo"], r.Versions["go-redis"], r.Versions["rueidis"], r.Rounds)
	for _, t := range r.tables() {
		if len(t.rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s", t.title, markdownRow(t.head))
		fmt.Fprintf(&b, "|%s\n", strings.Repeat(" --- |", len(t.head)))
		for _, row := range t.rows {
			b.WriteString(markdownRow(row))
		}
	}
	return b.String()
}

func markdownRow(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

const (
	tablesBegin = "<!-- the tables: written by the program, from results.json -->\n"
	tablesEnd   = "<!-- end of the tables -->\n"
)

// writePage replaces what stands between the marks.
func writePage(name string, r *results) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	page, err := r.fill(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(page), 0o644)
}

// fill puts the tables into a page.
func (r *results) fill(page string) (string, error) {
	before, rest, ok := strings.Cut(page, tablesBegin)
	_, after, ok2 := strings.Cut(rest, tablesEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("the marks %q and %q are not there", strings.TrimSpace(tablesBegin), strings.TrimSpace(tablesEnd))
	}
	return before + tablesBegin + "\n" + r.markdown() + "\n" + tablesEnd + after, nil
}
