// Package report has what the programs that measure share: the frame of the command, tables
// as text and in a page, and what the machine is called.
package report

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// Table is a table of results, for a terminal or a page.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
}

// Text returns the tables for a terminal. Those without rows are left out.
func Text(tables []Table) string {
	var b strings.Builder
	for _, t := range tables {
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n\n", t.Title)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Head}, t.Rows...) {
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		w.Flush()
	}
	return b.String()
}

// Markdown returns the tables for a page, each with a heading.
func Markdown(tables []Table) string {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "\n### %s\n\n%s", t.Title, markdownRow(t.Head))
		fmt.Fprintf(&b, "|%s\n", strings.Repeat(" --- |", len(t.Head)))
		for _, row := range t.Rows {
			b.WriteString(markdownRow(row))
		}
	}
	return b.String()
}

func markdownRow(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// WritePage changes a page. Its error names the page.
func WritePage(name string, fill func(page string) (string, error)) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	page, err := fill(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(page), 0o644)
}

// Fill replaces a part of a page: what stands between its marks. The first mark says by what
// the part is written, and is kept.
func Fill(page, part, text string) (string, error) {
	begin, end := "<!-- "+part+": written by ", "<!-- end of "+part+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	by, rest, closed := strings.Cut(rest, " -->\n")
	_, after, ended := strings.Cut(rest, end)
	if !found || !closed || !ended {
		return "", fmt.Errorf("the marks %q and %q are not there", begin, strings.TrimSpace(end))
	}
	return before + begin + by + " -->\n\n" + text + "\n" + end + after, nil
}
