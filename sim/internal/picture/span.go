package picture

import (
	"math"

	"github.com/respool/respool/sim/internal/exact"
)

func (p *Lines) xs(each func(float64)) {
	for _, l := range p.Lines {
		for _, v := range l.X {
			each(v)
		}
	}
}

func (p *Lines) ys(each func(float64)) {
	for _, l := range p.Lines {
		for _, v := range l.Y {
			each(v)
		}
		for _, v := range l.High {
			each(v)
		}
	}
	for _, m := range p.Marks {
		if m.OnY {
			each(m.At)
		}
	}
}

// span returns the ends of an axis.
func (a *Axis) span(values func(func(float64))) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	values(func(v float64) {
		if drawable(v, a.Log) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	})
	if high < low {
		low, high = 1e-3, 1
	}
	switch {
	case a.Log:
		low, high = exact.Pow10(math.Floor(exact.Log10(low)+1e-9)), exact.Pow10(math.Ceil(float64(4*exact.Log10(float64(high*1.02))))/4)
		if a.Min > 0 {
			low = a.Min
		}
	case !a.Tight:
		low, high = 0, float64(high*1.05)
	}
	if a.Max > 0 {
		high = a.Max
	}
	switch {
	case high > low:
	case a.Log:
		high = float64(10 * low)
	default:
		high = low + 1
	}
	return low, high
}
