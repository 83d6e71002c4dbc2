// Package picture draws charts as SVG: lines and heat maps, one below the other.
// A picture has no script and no font of its own, and follows the reader's choice
// of a light or a dark page.
package picture

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Picture is panels below a title.
type Picture struct {
	Title    string
	Subtitle string
	Panels   []Panel
}

// Panel is a chart: [Lines] or [Heat].
type Panel interface {
	height() float64
	draw(c *canvas, top float64)
}

const (
	width  = 860.0
	left   = 78.0
	right  = 28.0
	header = 62.0
)

// SVG returns the picture's text.
func (p *Picture) SVG() []byte {
	total := header
	for _, panel := range p.Panels {
		total += panel.height()
	}
	c := new(canvas)
	c.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-label="%s">`,
		num(width), num(total), num(width), num(total), html.EscapeString(p.Title))
	c.put("<style>%s</style>", style)
	c.put(`<rect class="page" width="%s" height="%s"/>`, num(width), num(total))
	c.text(20, 28, "ink title", "", p.Title)
	c.text(20, 47, "soft", "", p.Subtitle)
	top := header
	for _, panel := range p.Panels {
		panel.draw(c, top)
		top += panel.height()
	}
	c.put("</svg>")
	return []byte(c.b.String())
}

// canvas collects elements.
type canvas struct{ b strings.Builder }

func (c *canvas) put(format string, args ...any) {
	fmt.Fprintf(&c.b, format, args...)
	c.b.WriteByte('\n')
}

// text sets a text whose anchor, start if it is empty, is at x.
func (c *canvas) text(x, y float64, class, anchor, text string) {
	if text == "" {
		return
	}
	if anchor != "" {
		anchor = fmt.Sprintf(` text-anchor="%s"`, anchor)
	}
	c.put(`<text class="%s" x="%s" y="%s"%s>%s</text>`, class, num(x), num(y), anchor, html.EscapeString(text))
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.put(`<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

// num writes a coordinate: a tenth of a pixel is enough.
func num(x float64) string {
	s := strconv.FormatFloat(x, 'f', 1, 64)
	return strings.TrimSuffix(strings.TrimPrefix(s, "-0.0"), ".0")
}

// wide estimates the width of a text.
func wide(text string) float64 { return float64(6.6 * float64(len([]rune(text)))) }

// The colors of lines are Okabe and Ito's, which the color-blind can tell apart. They are
// a little lighter or darker where the page needs it.
const style = `
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.title{font-size:16px;font-weight:600}.head{font-size:13px;font-weight:600}
.page{fill:#fff}.ink{fill:#1f2328}.soft{fill:#59636e}
.grid{stroke:#e1e6eb}.axis{stroke:#818b98}.mark{stroke:#59636e;stroke-dasharray:4 3}
.l{fill:none;stroke-width:1.8;stroke-linejoin:round}.b{fill-opacity:.16;stroke:none}
.l0{stroke:#0072b2}.b0{fill:#0072b2}.l1{stroke:#d55e00}.b1{fill:#d55e00}
.l2{stroke:#009e73}.b2{fill:#009e73}.l3{stroke:#b0578d}.b3{fill:#b0578d}
.meets{fill:none;stroke:#1f2328;stroke-width:1.6}
@media (prefers-color-scheme:dark){
.page{fill:#0d1117}.ink{fill:#e6edf3}.soft{fill:#9198a1}
.grid{stroke:#262c36}.axis{stroke:#656c76}.mark{stroke:#9198a1}
.l0{stroke:#56b4e9}.b0{fill:#56b4e9}.l1{stroke:#f08c3c}.b1{fill:#f08c3c}
.l2{stroke:#2ecc9b}.b2{fill:#2ecc9b}.l3{stroke:#e08bc0}.b3{fill:#e08bc0}
.meets{stroke:#e6edf3}
}
`
