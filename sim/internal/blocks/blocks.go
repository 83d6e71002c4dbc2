// Package blocks draws small charts with the block characters of a terminal.
package blocks

import (
	"math"
	"strings"
)

var eighths = []rune(" ▁▂▃▄▅▆▇█")

// Area draws values as columns, from zero to top, in so many rows, the upper
// first. Values are thinned out or repeated to fill the width; of several in one
// column the largest is drawn, since a peak matters.
func Area(values []float64, top float64, width, height int) []string {
	columns := fit(values, width)
	rows := make([]string, height)
	for row := range rows {
		var b strings.Builder
		below := float64(height - 1 - row)
		for _, v := range columns {
			level := 0.0
			if top > 0 {
				level = float64(v / top * float64(height))
			}
			n := int(math.Round(float64((level - below) * 8)))
			if row == height-1 && v > 0 {
				n = max(n, 1) // little is not nothing
			}
			b.WriteRune(eighths[min(max(n, 0), 8)])
		}
		rows[row] = b.String()
	}
	return rows
}

func fit(values []float64, width int) []float64 {
	out := make([]float64, width)
	n := len(values)
	if n == 0 {
		return out
	}
	for i := range out {
		from, to := i*n/width, (i+1)*n/width
		out[i] = values[from]
		for _, v := range values[from:max(to, from+1)] {
			out[i] = max(out[i], v)
		}
	}
	return out
}

var parts = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bar draws a share of a width.
func Bar(share float64, width int) string {
	n := int(math.Round(float64(min(max(share, 0), 1) * float64(width*8))))
	if share > 0 {
		n = max(n, 1)
	}
	return strings.Repeat("█", n/8) + parts[n%8]
}
