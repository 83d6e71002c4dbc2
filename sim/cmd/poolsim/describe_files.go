package main

import (
	"fmt"
	"io"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// writeFiles writes how CSV files were read.
func writeFiles(w io.Writer, width int, files []sim.FileRead) {
	seconds := func(d sim.Duration) string { return figures.Seconds(float64(d) / 1e9) }
	for _, f := range files {
		text := fmt.Sprintf("%s: %s values, mean %s, p99 %s (%s)", f.File, figures.Count(uint64(f.Count)), seconds(f.Mean), seconds(f.P99), f.Unit)
		if f.Arrivals {
			text = fmt.Sprintf("%s: %s arrivals, mean gap %s, longest %s (%s)", f.File, figures.Count(uint64(f.Count)), seconds(f.Mean), seconds(f.Max), f.Unit)
		}
		writeHead(w, width, "file", text)
	}
}
