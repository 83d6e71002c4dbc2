package picture

import (
	"fmt"
	"html"
	"math"

	"github.com/respool/respool/sim/internal/exact"
)

// Heat is a map of cells whose color is a value.
type Heat struct {
	Title  string
	XLabel string
	YLabel string
	X, Y   []string    // labels of columns and of rows, the lowest first
	Values [][]float64 // by row, then column
	Meets  [][]bool    // cells with a frame; nil: none
	Log    bool        // colors by the value's logarithm
	Format func(float64) string
	Legend string // what the frame means
}

const (
	heatTop    = 74.0
	heatBottom = 60.0
)

func (h *Heat) cell() float64 { return math.Min(math.Max(320/float64(len(h.Y)), 14), 44) }

func (h *Heat) height() float64 { return heatTop + float64(h.cell()*float64(len(h.Y))) + heatBottom }

func (h *Heat) draw(c *canvas, top float64) {
	c.text(20, top+18, "ink head", "", h.Title)
	low, high := h.span()
	h.key(c, top, low, high)
	tall := h.cell()
	wideCell := (width - left - right) / float64(len(h.X))
	y0 := top + heatTop + float64(tall*float64(len(h.Y)))
	for row := range h.Y {
		y := y0 - float64(tall*float64(row+1))
		if every := int(math.Ceil(14 / tall)); row%every == 0 {
			c.text(left-8, y+tall/2+4, "soft", "end", h.Y[row])
		}
		for col, v := range h.Values[row] {
			h.square(c, left+float64(wideCell*float64(col)), y, wideCell, tall, v, low, high)
		}
	}
	h.frames(c, y0, wideCell, tall)
	longest := 0.0
	for _, x := range h.X {
		longest = math.Max(longest, wide(x))
	}
	every := int(math.Ceil((longest + 10) / wideCell))
	for col := 0; col < len(h.X); col += every {
		c.text(left+float64(wideCell*(float64(col)+0.5)), y0+18, "soft", "middle", h.X[col])
	}
	c.text((left+width-right)/2, y0+38, "soft", "middle", h.XLabel)
	c.put(`<text class="soft" transform="translate(16 %s) rotate(-90)" text-anchor="middle">%s</text>`,
		num(y0-tall*float64(len(h.Y))/2), html.EscapeString(h.YLabel))
}

func (h *Heat) square(c *canvas, x, y, w, tall, v, low, high float64) {
	share := h.share(v, low, high)
	c.put(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`, num(x), num(y), num(w+0.5), num(tall+0.5), shade(share))
	if text := h.Format(v); wide(text)+6 <= w && tall >= 16 {
		ink := "#111"
		if share < 0.55 {
			ink = "#fff"
		}
		c.put(`<text fill="%s" x="%s" y="%s" text-anchor="middle">%s</text>`, ink, num(x+w/2), num(y+tall/2+4), text)
	}
}

// frames draws the outline of the cells that meet all targets.
func (h *Heat) frames(c *canvas, y0, w, tall float64) {
	meets := func(row, col int) bool {
		return row >= 0 && col >= 0 && row < len(h.Y) && col < len(h.X) && h.Meets[row][col]
	}
	for row := range h.Meets {
		for col := range h.Meets[row] {
			if !meets(row, col) {
				continue
			}
			x, y := left+float64(w*float64(col)), y0-float64(tall*float64(row+1))
			for _, side := range []struct {
				row, col       int
				x1, y1, x2, y2 float64
			}{
				{row, col - 1, x, y, x, y + tall}, {row, col + 1, x + w, y, x + w, y + tall},
				{row - 1, col, x, y + tall, x + w, y + tall}, {row + 1, col, x, y, x + w, y},
			} {
				if !meets(side.row, side.col) {
					c.line("meets", side.x1, side.y1, side.x2, side.y2)
				}
			}
		}
	}
}

// key shows which color stands for which value.
func (h *Heat) key(c *canvas, top, low, high float64) {
	const long, steps = 180.0, 36
	y := top + 36
	c.text(left-8, y+10, "soft", "end", h.Format(low))
	for i := range steps {
		c.put(`<rect x="%s" y="%s" width="%s" height="12" fill="%s"/>`,
			num(left+long*float64(i)/steps), num(y), num(long/steps+0.5), shade((float64(i)+0.5)/steps))
	}
	x := left + long + 8
	c.text(x, y+10, "soft", "", h.Format(high))
	if h.Legend != "" && h.Meets != nil {
		x += wide(h.Format(high)) + 30
		c.put(`<rect class="meets" x="%s" y="%s" width="16" height="12"/>`, num(x), num(y))
		c.text(x+24, y+10, "ink", "", h.Legend)
	}
}

func (h *Heat) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, row := range h.Values {
		for _, v := range row {
			if drawable(v, h.Log) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
	}
	if high < low {
		return 0, 1
	}
	return low, high
}

// share returns where between the ends a value lies.
func (h *Heat) share(v, low, high float64) float64 {
	switch {
	case math.IsInf(v, 1) || math.IsNaN(v):
		return 1
	case v <= low || high <= low:
		return 0
	case h.Log:
		v, low, high = exact.Ln(v), exact.Ln(low), exact.Ln(high)
	}
	return math.Min((v-low)/(high-low), 1)
}

// shade is a color between dark blue, for little, and yellow, for much. The points are
// those of the cividis map, which keeps its order in gray and for the color-blind.
func shade(share float64) string {
	points := [][3]float64{{0, 34, 78}, {53, 69, 108}, {102, 105, 112}, {148, 142, 119}, {200, 182, 105}, {254, 232, 56}}
	at := float64(share * float64(len(points)-1))
	i := min(int(at), len(points)-2)
	var rgb [3]int
	for k := range rgb {
		rgb[k] = int(math.Round(points[i][k] + float64((at-float64(i))*(points[i+1][k]-points[i][k]))))
	}
	return fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2])
}
