package main

import (
	"fmt"
	"math"
	"strings"
)

const (
	plotWidth, plotHeight   = 640, 360
	plotLeft, plotRight     = 60, 180
	plotTop, plotBottom     = 40, 50
	innerWidth, innerHeight = plotWidth - plotLeft - plotRight, plotHeight - plotTop - plotBottom
	smallest, largest       = 0.1, 10.0 // the ends of the axis of ratios
)

var colors = map[string]string{
	redigo: "#888", unshared: "#5b8def", shared: "#d4380d", sleeping: "#f0a58f", goRedis: "#52a447", pipelined: "#237804", rueidisN: "#8a4fc7",
}

// plot draws a figure against the number of callers, for 32 bytes over the loopback interface, as a multiple of redigo's.
func (r *results) plot(title string, f figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="22" font-size="15">%s</text>`+"\n", plotLeft, title)
	x := func(callers int) float64 { return plotLeft + innerWidth*math.Log2(float64(callers))/10 }
	y := func(v float64) float64 {
		part := math.Log(max(smallest, min(largest, v))/smallest) / math.Log(largest/smallest)
		return plotTop + innerHeight*(1-part)
	}
	for _, v := range []float64{0.1, 0.25, 0.5, 1, 2, 4, 8} {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g×</text>`+"\n",
			plotLeft, y(v), plotLeft+innerWidth, plotLeft-6, y(v)+4, v)
	}
	for n := 1; n <= 1024; n *= 4 {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(n), plotTop+innerHeight+18, n)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">callers</text>`+"\n", plotLeft+innerWidth/2, plotHeight-10)
	for i, client := range r.Clients {
		var path []string
		for _, c := range r.Cases {
			if c.Key != "small" || c.Distant || c.Blocking > 0 {
				continue
			}
			path = append(path, fmt.Sprintf("%.1f %.1f", x(c.Callers), y(r.ratio(c.Name, client, redigo, f))))
		}
		ty := plotTop + 20 + 20*i
		fmt.Fprintf(&b, `<path d="M%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(path, "L"), colors[client])
		fmt.Fprintf(&b, `<path d="M%d %dh16" stroke="%s" stroke-width="2"/><text x="%d" y="%d">%s</text>`+"\n",
			plotLeft+innerWidth+10, ty-4, colors[client], plotLeft+innerWidth+30, ty, client)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
