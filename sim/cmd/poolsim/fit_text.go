package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/respool/respool/sim/internal/figures"
	"github.com/respool/respool/sim/internal/fit"
)

func percent(x float64) string { return figures.Percent(x) }

// text shows what was understood.
func (r *fitted) text(out string, width int) []byte {
	var b bytes.Buffer
	writeHead(&b, width, "file", fmt.Sprintf("%s, %s: %s", r.file, fit.NameOf(r.kind), r.why))
	for _, note := range r.data.Notes {
		writeHead(&b, width, "read", note)
	}
	if n := len(r.data.Skipped); n > 0 {
		writeHead(&b, width, "left out", fmt.Sprintf("%s that cannot be read: %s", times(n, "line"), lines(r.data.Skipped)))
	}
	for _, text := range r.assumed {
		writeHead(&b, width, "assumed", text)
	}
	r.writeLoad(&b, width)
	if r.data.Latency != nil {
		writeCandidates(&b, width, "hold", r.data.Latency, r.hold)
	}
	if r.data.Open != nil {
		writeCandidates(&b, width, "open", r.data.Open, r.open)
	}
	b.WriteByte('\n')
	writeScenario(&b, r.scenario, describePool(r.scenario), nil, width)
	if out != "" {
		writeHead(&b, width, "written", out)
	} else {
		writeText(&b, width, "note: -out FILE writes the scenario, and -print prints it")
	}
	return b.Bytes()
}

// mostLines is how many lines are listed.
const mostLines = 10

func lines(all []int) string {
	var b bytes.Buffer
	for i, n := range all {
		if i == mostLines {
			fmt.Fprintf(&b, " and %s more", figures.Count(uint64(len(all)-i)))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, n)
	}
	return b.String()
}

// writeLoad shows the rate by time.
func (r *fitted) writeLoad(b *bytes.Buffer, width int) {
	l := r.load
	if l == nil {
		return
	}
	from := ""
	if !r.data.Begin.IsZero() {
		end := r.data.Begin.Add(time.Duration(l.Duration))
		from = fmt.Sprintf(", from %s to %s UTC", r.data.Begin.Format("2006-01-02 15:04:05"), end.Format("2006-01-02 15:04:05"))
	}
	fmt.Fprintf(b, "\narrivals\n")
	writeHead(b, width, "", fmt.Sprintf("%s in %v%s: %s/s on average", figures.Count(uint64(len(r.data.Arrivals.At))), l.Duration, from, figures.Number(l.Rate)))
	writeHead(b, width, l.Kind, l.Why)
	if len(l.Rates) > 1 {
		columns := min(width-chartLeft, maxChart)
		writeArea(b, "rate/s", l.Rates, largest(l.Rates), columns)
		right := l.Duration.String()
		fmt.Fprintf(b, "%15s └0%*s\n", "", columns-1, right)
	}
}

// writeCandidates shows a sample, and how near each distribution is.
func writeCandidates(b *bytes.Buffer, width int, what string, s *fit.Sample, all []fit.Candidate) {
	fmt.Fprintf(b, "\n%s\n", what)
	writeHead(b, width, "", fmt.Sprintf("%s: mean %s, p50 %s, p90 %s, p99 %s, max %s", figures.Count(s.Count), figures.Seconds(s.Mean),
		figures.Seconds(s.Quantile(0.5)), figures.Seconds(s.Quantile(0.9)), figures.Seconds(s.Quantile(0.99)), figures.Seconds(s.Max)))
	for _, c := range all {
		mark := " "
		if c.Chosen {
			mark = "*"
		}
		fmt.Fprintf(b, "       %s %-12s distance %-6s p99 %-8s %s\n", mark, c.Name, fmt.Sprintf("%.3f", c.Distance), figures.Seconds(c.P99), c.Text())
	}
	for _, c := range all {
		if c.Chosen {
			writeHead(b, width, "", c.Name+": "+c.Why)
		}
	}
}
