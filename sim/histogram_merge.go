package sim

import (
	"math/bits"
	"slices"
)

// Merge adds all durations of another histogram.
func (h *Histogram) Merge(o *Histogram) {
	if n := len(o.counts) - len(h.counts); n > 0 {
		h.counts = append(h.counts, make([]uint64, n)...)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.n += o.n
	var carry uint64
	h.low, carry = bits.Add64(h.low, o.low, 0)
	h.high, _ = bits.Add64(h.high, o.high, carry)
	h.max = max(h.max, o.max)
}

// Without returns a histogram of the durations that were not merged from o, which
// must have been merged. Its Max is still that of all.
func (h *Histogram) Without(o *Histogram) Histogram {
	rest := h.clone()
	for i, n := range o.counts {
		rest.counts[i] -= n
	}
	rest.n -= o.n
	var borrow uint64
	rest.low, borrow = bits.Sub64(rest.low, o.low, 0)
	rest.high, _ = bits.Sub64(rest.high, o.high, borrow)
	return rest
}

func (h *Histogram) clone() Histogram {
	c := *h
	c.counts = slices.Clone(h.counts)
	return c
}

// MeanSeconds returns the mean in seconds, with parts of a nanosecond. Of none it
// is zero.
func (h *Histogram) MeanSeconds() float64 { return h.meanSeconds() }
