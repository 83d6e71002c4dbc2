package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// defaultWidth is the width of a terminal if it is not known.
const defaultWidth = 80

// minWidth is the least width of a report.
const minWidth = 72

// width returns the number of columns: COLUMNS, or the width of the terminal.
func (p *process) width() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, minWidth)
	}
	if f, is := p.stdout.(*os.File); is {
		if n := terminalWidth(f); n > 0 {
			return max(n, minWidth)
		}
	}
	return defaultWidth
}

// wrapped breaks a text into lines that are not wider than a width.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Split(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// writeHead writes a line of a report's head. Further lines are indented to its text.
func writeHead(w io.Writer, width int, name, text string) {
	const column = 9
	for i, line := range wrapped(text, width-column) {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "%-*s%s\n", column, name, line)
	}
}

// writeText writes a text in lines that are not wider than a width. It keeps the
// indentation.
func writeText(w io.Writer, width int, text string) {
	for _, paragraph := range strings.Split(text, "\n") {
		bare := strings.TrimLeft(paragraph, " ")
		indent := paragraph[:len(paragraph)-len(bare)]
		for _, line := range wrapped(bare, width-len(indent)) {
			fmt.Fprintf(w, "%s%s\n", indent, line)
		}
	}
}
