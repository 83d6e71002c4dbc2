package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// usualWidth is that of a terminal which does not say how wide it is.
const usualWidth = 80

// leastWidth is what a report needs at least.
const leastWidth = 72

// width is how many columns there are: those that COLUMNS names, or those of the
// terminal that standard output is.
func (p *process) width() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, leastWidth)
	}
	if f, is := p.stdout.(*os.File); is {
		if n := terminalWidth(f); n > 0 {
			return max(n, leastWidth)
		}
	}
	return usualWidth
}

// wrapped breaks a text into lines of at most a width.
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

// writeHead writes a line of a report's head, and goes on under its text.
func writeHead(w io.Writer, width int, name, text string) {
	const column = 9
	for i, line := range wrapped(text, width-column) {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "%-*s%s\n", column, name, line)
	}
}

// writeText writes a text in lines of at most a width. Each line of it after the
// first is set in by as much as it was.
func writeText(w io.Writer, width int, text string) {
	for _, paragraph := range strings.Split(text, "\n") {
		bare := strings.TrimLeft(paragraph, " ")
		indent := paragraph[:len(paragraph)-len(bare)]
		for _, line := range wrapped(bare, width-len(indent)) {
			fmt.Fprintf(w, "%s%s\n", indent, line)
		}
	}
}
