package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// describe writes the help of the flags.
func (f *flags) describe(w io.Writer) {
	for _, g := range f.groups {
		fmt.Fprintf(w, "\n%s:\n", g.title)
		for _, name := range g.names {
			fl := f.set.Lookup(name)
			value, usage := flag.UnquoteUsage(fl)
			left := "-" + name
			if value != "" {
				left += " " + value
			}
			if strings.HasPrefix(fl.Usage, "`") {
				usage = strings.TrimPrefix(usage, value+" ") // it stands beside the flag
			}
			if d := f.defaults[name]; d != "" {
				usage += " (default " + d + ")"
			}
			if d := fl.DefValue; d != "" && d != "false" && d != "0" { // what zero means stands in the usage
				usage += " (default " + d + ")"
			}
			writeFlag(w, left, usage)
		}
		if g.notes != "" {
			fmt.Fprintf(w, "\n%s", g.notes)
		}
	}
	if len(f.groups) > 0 {
		fmt.Fprintln(w)
		writeText(w, defaultWidth, f.twice())
	}
}

// twice says what a flag means that is given twice.
func (f *flags) twice() string {
	text := "If a flag is given twice, the last one counts."
	var all []string
	f.set.VisitAll(func(fl *flag.Flag) {
		if o, is := fl.Value.(*optionFlag); fl.Name == "target" || fl.Name == "stats" || is && o.option.Repeats {
			all = append(all, "-"+fl.Name)
		}
	})
	if len(all) > 0 {
		text += " Those of " + strings.Join(all, ", ") + " all count."
	}
	return text
}

// writeFlag writes a flag and its meaning in two columns.
func writeFlag(w io.Writer, name, usage string) {
	const column, width = 26, 80
	line := fmt.Sprintf("  %-*s", column-2, name)
	if len(name) > column-3 {
		fmt.Fprintln(w, line)
		line = strings.Repeat(" ", column)
	}
	for _, word := range strings.Fields(usage) {
		if len(line)+1+len(word) > width && len(strings.TrimSpace(line)) > 0 {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", column)
		}
		if !strings.HasSuffix(line, " ") {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}
