package picture

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Lines is a chart of lines over an axis.
type Lines struct {
	Title string
	X, Y  Axis
	Lines []Line
	Marks []Mark
}

// Line is points that are joined. A point that is infinite or not a number, or
// not positive on a logarithmic axis, is left out.
type Line struct {
	Name  string
	Color int // 0 to 3
	X, Y  []float64
	// Low and High, if set, bound a band around the line.
	Low, High []float64
	Area      bool // fill what is below
	Dots      bool // show the points
}

// Mark is a dashed line across the chart.
type Mark struct {
	At   float64
	OnY  bool
	Text string
}

const (
	plotTop    = 44.0
	plotHeight = 210.0
	plotBottom = 56.0
)

func (p *Lines) height() float64 { return plotTop + plotHeight + plotBottom }

func (p *Lines) draw(c *canvas, top float64) {
	c.text(20, top+18, "ink head", "", p.Title)
	p.legend(c, top+18)
	x0, x1, y0, y1 := left, width-right, top+plotTop+plotHeight, top+plotTop
	loX, hiX := p.X.span(p.xs)
	loY, hiY := p.Y.span(p.ys)
	x, y := p.X.scale(loX, hiX, x0, x1), p.Y.scale(loY, hiY, y0, y1)
	for _, v := range y.ticks(6) {
		c.line("grid", x0, y.at(v), x1, y.at(v))
		c.text(x0-8, y.at(v)+4, "soft", "end", p.Y.Format(v))
	}
	for _, v := range x.ticks(9) {
		c.line("axis", x.at(v), y0, x.at(v), y0+4)
		c.text(x.at(v), y0+18, "soft", "middle", p.X.Format(v))
	}
	c.line("axis", x0, y0, x1, y0)
	c.text((x0+x1)/2, y0+36, "soft", "middle", p.X.Label)
	c.put(`<text class="soft" transform="translate(16 %s) rotate(-90)" text-anchor="middle">%s</text>`, num((y0+y1)/2), html.EscapeString(p.Y.Label))
	for i := range p.Lines {
		p.Lines[i].draw(c, &x, &y)
	}
	for i, m := range p.Marks {
		m.draw(c, &x, &y, float64(i%4))
	}
}

// legend stands in the line of the title, to the right.
func (p *Lines) legend(c *canvas, y float64) {
	x := width - right
	for i := len(p.Lines) - 1; i >= 0; i-- {
		l := &p.Lines[i]
		if l.Name == "" {
			continue
		}
		x -= wide(l.Name)
		c.text(x, y, "ink", "", l.Name)
		c.line(fmt.Sprintf("l l%d", l.Color), x-24, y-4, x-6, y-4)
		x -= 42
	}
}

func (m *Mark) draw(c *canvas, x, y *scale, row float64) {
	if m.OnY {
		at := y.at(m.At)
		c.line("mark", x.from, at, x.to, at)
		c.text(x.to-4, at-5, "ink", "end", m.Text)
		return
	}
	at := x.at(m.At)
	c.line("mark", at, y.from, at, y.to)
	if at > (x.from+x.to)/2 {
		c.text(at-5, y.to+12+float64(15*row), "ink", "end", m.Text)
	} else {
		c.text(at+5, y.to+12+float64(15*row), "ink", "", m.Text)
	}
}

func (l *Line) draw(c *canvas, x, y *scale) {
	var path, area strings.Builder
	pen, last := "M", math.NaN()
	for i := range l.X {
		if !drawable(l.Y[i], y.axis.Log) {
			pen = "M"
			continue
		}
		px, py := x.at(l.X[i]), y.at(l.Y[i])
		fmt.Fprintf(&path, "%s%s %s", pen, num(px), num(py))
		if area.Len() == 0 {
			fmt.Fprintf(&area, "M%s %s", num(px), num(y.from))
		}
		fmt.Fprintf(&area, "L%s %s", num(px), num(py))
		pen, last = "L", px
	}
	if l.Area && !math.IsNaN(last) {
		c.put(`<path class="b b%d" d="%sL%s %sZ"/>`, l.Color, area.String(), num(last), num(y.from))
	}
	l.band(c, x, y)
	if path.Len() > 0 {
		c.put(`<path class="l l%d" d="%s"/>`, l.Color, path.String())
	}
	for i := range l.X {
		if l.Dots && drawable(l.Y[i], y.axis.Log) {
			c.put(`<circle class="b%d" cx="%s" cy="%s" r="2.6"/>`, l.Color, num(x.at(l.X[i])), num(y.at(l.Y[i])))
		}
	}
}

func (l *Line) band(c *canvas, x, y *scale) {
	var up, down []string
	for i := range l.Low {
		if drawable(l.High[i], y.axis.Log) && drawable(l.Y[i], y.axis.Log) {
			px := num(x.at(l.X[i]))
			up = append(up, px+" "+num(y.at(l.High[i])))
			down = append([]string{px + " " + num(y.at(l.Low[i]))}, down...)
		}
	}
	if len(up) > 1 {
		c.put(`<path class="b b%d" d="M%sZ"/>`, l.Color, strings.Join(append(up, down...), "L"))
	}
}

func drawable(v float64, log bool) bool {
	return !math.IsInf(v, 0) && !math.IsNaN(v) && (v > 0 || !log)
}
