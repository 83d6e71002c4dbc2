package pooldebug

import (
	"fmt"
	"math"
	"time"

	"github.com/respool/respool/resource"
)

// chartsOf draws the histograms of a pool. There are none without Config.Histograms.
func chartsOf(st resource.Stats) (all []chart) {
	for _, h := range histograms(st) {
		all = append(all, chartOf(h.name, h.about, h.of))
	}
	return all
}

type namedHistogram struct {
	name, about string
	of          resource.Histogram
}

func histograms(st resource.Stats) []namedHistogram {
	h := st.Histograms
	if h == nil {
		return nil
	}
	return []namedHistogram{
		{"Wait", "in the queue, with a resource or without", h.Wait},
		{"Use", "from acquire to release", h.Use},
		{"Open", "that succeeded", h.Open},
		{"Test", "on borrow and in the background", h.Test},
		{"Close", "or until the pool no longer waited for it", h.Close},
	}
}

// chart is the picture of a histogram. The scale of durations is logarithmic, so that
// both microseconds and seconds can be read.
type chart struct {
	Name   string
	About  string
	Of     string // the figures, as a sentence
	Bars   []column
	Ticks  []mark
	Marks  []mark // quantiles
	Most   string // the count of the highest bar
	Empty  bool
	Height float64
	Width  float64
}

type column struct{ X, Y, Width, Height float64 }

type mark struct {
	X     float64
	Label string
	Place string // on which side of X the label stands, as SVG's text-anchor says it
}

const (
	chartWidth   = 600.0
	chartHeight  = 120.0
	barsOfDecade = 6
	labelWidth   = 40.0
)

// chartOf draws a distribution.
func chartOf(name, about string, d resource.Histogram) chart {
	c := chart{Name: name, About: about, Width: chartWidth, Height: chartHeight, Empty: d.Count() == 0}
	if c.Empty {
		return c
	}
	c.Of = figures(d)
	counts, lowest, highest := binned(d)
	first := floorDiv(lowest, barsOfDecade) * barsOfDecade
	last := (floorDiv(highest, barsOfDecade) + 1) * barsOfDecade // exclusive
	width := chartWidth / float64(last-first)
	var most uint64
	for _, n := range counts {
		most = max(most, n)
	}
	c.Most = short(most)
	for bin := lowest; bin <= highest; bin++ {
		if n := counts[bin]; n > 0 {
			h := max(chartHeight*float64(n)/float64(most), 1.5) // one among a million is still seen
			c.Bars = append(c.Bars, column{X: float64(bin-first) * width, Y: chartHeight - h, Width: max(width-1, 1), Height: h})
		}
	}
	for decade := first; decade <= last; decade += barsOfDecade {
		c.Ticks = append(c.Ticks, placed(float64(decade-first)*width, span(time.Duration(math.Pow10(decade/barsOfDecade)))))
	}
	at := func(q float64) float64 {
		return min(max((position(d.Quantile(q))-float64(first))*width, 0), chartWidth)
	}
	half, tail := placed(at(0.5), "p50"), placed(at(0.99), "p99")
	if tail.X-half.X < labelWidth { // the labels would cover each other
		half.Label, tail.Label = "", "p50, p99"
	}
	c.Marks = []mark{half, tail}
	return c
}

// short formats a count in at most five characters.
func short(n uint64) string {
	for _, unit := range []struct {
		of   uint64
		name string
	}{{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if n >= unit.of {
			if unit.name == "k" {
				unit.of = 1e3
			}
			return fmt.Sprintf("%.3g%s", float64(n)/float64(unit.of), unit.name)
		}
	}
	return fmt.Sprint(n)
}

func placed(x float64, label string) mark {
	place := "middle"
	switch {
	case x < 30:
		place = "start"
	case x > chartWidth-30:
		place = "end"
	}
	return mark{x, label, place}
}

// position is the place of a duration on the logarithmic scale, in bars from 1 ns.
func position(d time.Duration) float64 {
	return math.Log10(float64(max(d, 1))) * barsOfDecade
}

// binned adds the buckets up to bars.
func binned(d resource.Histogram) (counts map[int]uint64, lowest, highest int) {
	counts = map[int]uint64{}
	for upper, n := range d.Buckets() {
		bin := int(math.Floor(position(upper)))
		if len(counts) == 0 {
			lowest, highest = bin, bin
		}
		counts[bin] += n
		lowest, highest = min(lowest, bin), max(highest, bin)
	}
	return counts, lowest, highest
}

func floorDiv(a, b int) int { return int(math.Floor(float64(a) / float64(b))) }

// figures are the figures of a distribution as a sentence.
func figures(d resource.Histogram) string {
	if d.Count() == 0 {
		return "nothing yet"
	}
	return fmt.Sprintf("%s, mean %s; p50 %s, p90 %s, p99 %s, max %s", count(d.Count(), "time", "times"), span(d.Mean()),
		span(d.Quantile(0.5)), span(d.Quantile(0.9)), span(d.Quantile(0.99)), span(d.Max()))
}
