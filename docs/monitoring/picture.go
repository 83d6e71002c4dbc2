package main

import (
	"context"
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// drawDashboard runs the program and a Prometheus for a minute, and draws the panels of the first dashboard.
func drawDashboard(ctx context.Context, file string) error {
	p, err := start("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer p.close()
	s, err := startServer(p.addr)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.ready(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
	}
	text, err := draw(ctx, s, dashboards[0], "resource_pool", time.Now().Add(-50*time.Second), time.Now())
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

const (
	chartWidth, chartHeight = 470, 190
	left, right, top        = 52, 12, 34
	plotHeight              = 100
)

// style follows the reader's choice of a light or a dark page.
const style = `.page{fill:#fff}.ink{fill:#222}.soft{fill:#555}.grid{stroke:#ddd}` +
	`@media(prefers-color-scheme:dark){.page{fill:#1b1b1f}.ink{fill:#ddd}.soft{fill:#aaa}.grid{stroke:#3a3a40}}`

// colors are eight colors that are meant to differ for color-blind readers as well, on white
// and on black.
var colors = []string{"#3b82c4", "#d9822b", "#3a9d5d", "#b95fb0", "#c94f4f", "#8a8a3a", "#4fb3bf", "#8c6d5a"}

// draw draws a dashboard as an SVG, two panels in a row.
func draw(ctx context.Context, s *server, d dashboard, prefix string, from, to time.Time) (string, error) {
	var b strings.Builder
	rows := (len(d.panels) + 1) / 2
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="10">`+"\n",
		2*chartWidth, rows*chartHeight)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n", html.EscapeString(d.title), style)
	ink := palette{}
	for i, p := range d.panels {
		var lines []line
		for _, q := range p.queries {
			of := prefix
			if strings.Contains(q.expr, "_shared_") {
				of = "redis_pool" // only these pools share
			}
			result, err := s.queryRange(ctx, plain(q.expr, of), from, to)
			if err != nil {
				return "", err
			}
			for _, one := range result {
				if slices.ContainsFunc(one.Values, point.shown) {
					lines = append(lines, ink.line(legend(q.legend, one.Metric), one.Values, lines))
				}
			}
		}
		c := chart{panel: p, lines: lines, from: float64(from.Unix()), to: float64(to.Unix())}
		fmt.Fprintf(&b, "<g transform=\"translate(%d %d)\">\n%s</g>\n", i%2*chartWidth, i/2*chartHeight, c.svg())
	}
	b.WriteString("</svg>\n")
	return b.String(), nil
}

type line struct {
	name   string
	points []point
	color  int
	dash   int // 0: none; else the pattern that distinguishes lines of one color
}

// palette has the color of each pool, which is the same in all panels.
type palette map[string]int

// line is a line of a chart that has others already. A legend begins with the name of the pool.
func (p palette) line(name string, points []point, others []line) line {
	pool, _, _ := strings.Cut(name, " ")
	color, known := p[pool]
	if !known {
		color = len(p) % len(colors)
		p[pool] = color
	}
	l := line{name: name, points: points, color: color}
	for _, o := range others {
		if o.color == color {
			l.dash++
		}
	}
	return l
}

// shown reports whether a value can be drawn. The quantile of an empty histogram is not a
// number.
func (p point) shown() bool { return !math.IsNaN(p.V) && !math.IsInf(p.V, 0) }

// chart is a panel with its data.
type chart struct {
	panel
	lines    []line
	from, to float64
}

// most is the highest value that the chart shows.
func (c *chart) most() float64 {
	most := 0.0
	for _, l := range c.lines {
		for _, p := range l.points {
			if p.shown() {
				most = max(most, p.V)
			}
		}
	}
	if most == 0 {
		return 1
	}
	return most
}

func (c *chart) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"18\" font-size=\"13\" font-weight=\"600\" class=\"ink\">%s</text>\n", left, html.EscapeString(c.title))
	most := c.most()
	for i := range 3 {
		y := top + plotHeight*i/2
		fmt.Fprintf(&b, "<path d=\"M%d %dH%d\" class=\"grid\"/><text x=\"%d\" y=\"%d\" text-anchor=\"end\" class=\"soft\">%s</text>\n",
			left, y, chartWidth-right, left-5, y+3, inUnit(most*float64(2-i)/2, c.unit))
	}
	for _, l := range c.lines {
		fmt.Fprintf(&b, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\"%s d=\"%s\"/>\n", colors[l.color], l.dashes(), c.path(l, most))
	}
	b.WriteString(c.legend())
	return b.String()
}

func (l line) dashes() string {
	if l.dash == 0 {
		return ""
	}
	return fmt.Sprintf(` stroke-dasharray="%d 3"`, 1+l.dash*2)
}

func (c *chart) path(l line, most float64) string {
	var b strings.Builder
	pen := "M"
	for _, p := range l.points {
		if !p.shown() {
			pen = "M"
			continue
		}
		x := left + (p.At-c.from)/(c.to-c.from)*(chartWidth-left-right)
		fmt.Fprintf(&b, "%s%.0f %.1f", pen, x, top+plotHeight*(1-p.V/most))
		pen = "L"
	}
	return b.String()
}

// legend has the names of the lines that there is room for.
func (c *chart) legend() string {
	var b strings.Builder
	x, y := left, top+plotHeight+16
	for i, l := range c.lines {
		width := 18 + len(l.name)*6
		if x+width > chartWidth-right {
			x, y = left, y+13
		}
		if y > chartHeight-8 {
			fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" class=\"soft\">and %d more</text>\n", chartWidth-right, y-13, len(c.lines)-i)
			break
		}
		fmt.Fprintf(&b, "<path d=\"M%d %dh9\" stroke=\"%s\" stroke-width=\"2\"%s/><text x=\"%d\" y=\"%d\" class=\"ink\">%s</text>\n",
			x, y-3, colors[l.color], l.dashes(), x+12, y, html.EscapeString(l.name))
		x += width
	}
	return b.String()
}

// inUnit is a value in a unit of Grafana's.
func inUnit(v float64, unit string) string {
	number := func(v float64, unit string) string {
		if v >= 100 {
			return strconv.FormatFloat(v, 'f', 0, 64) + unit
		}
		return strconv.FormatFloat(v, 'g', 2, 64) + unit
	}
	switch {
	case v == 0:
		return "0"
	case unit == "percentunit":
		return number(v*100, " %")
	case unit == "s" && v < 1e-3:
		return number(v*1e6, " µs")
	case unit == "s" && v < 1:
		return number(v*1e3, " ms")
	case unit == "s":
		return number(v, " s")
	}
	return number(v, "")
}
