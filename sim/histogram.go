package sim

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger/bucket"
)

// Histogram counts durations in constant memory. Small durations are exact. The percentiles
// of others are off by less than one part in 1024. The zero Histogram is empty. A Histogram is
// not safe for concurrent use.
type Histogram struct {
	counts []uint64
	n      uint64
	high   uint64 // the sum, in 128 bits
	low    uint64
	max    time.Duration
}

// subBits is how many leading bits of a duration are kept.
const subBits = 11

func bucketOf(d time.Duration) int { return bucket.Of(d, subBits) }

func upper(i int) time.Duration { return bucket.Upper(i, subBits) }

// Add counts a duration. A negative duration counts as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	i := bucketOf(d)
	if i >= len(h.counts) {
		h.counts = append(h.counts, make([]uint64, i+1-len(h.counts))...)
	}
	h.counts[i]++
	h.n++
	var carry uint64
	h.low, carry = bits.Add64(h.low, uint64(d), 0)
	h.high += carry
	h.max = max(h.max, d)
}

// Count returns how many durations were added.
func (h *Histogram) Count() uint64 { return h.n }

// Max returns the longest duration, exactly, or zero if the histogram is empty.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean returns the mean, to the nanosecond, or zero if the histogram is empty.
func (h *Histogram) Mean() time.Duration { return time.Duration(math.Round(h.mean())) }

// mean returns the mean in nanoseconds, and parts of one.
func (h *Histogram) mean() float64 {
	if h.n == 0 {
		return 0
	}
	return (float64(float64(h.high)*(1<<64)) + float64(h.low)) / float64(h.n)
}

func (h *Histogram) meanSeconds() float64 { return h.mean() / 1e9 }

// Quantile returns the smallest duration that at least a share q of all durations, between
// 0 and 1, do not exceed. It is zero if the histogram is empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := uint64(math.Ceil(float64(q * float64(h.n))))
	rank = min(max(rank, 1), h.n)
	var seen uint64
	for i, c := range h.counts {
		if seen += c; seen >= rank {
			return min(upper(i), h.max)
		}
	}
	return h.max
}

// Above returns the share of durations longer than d, to the histogram's
// resolution.
func (h *Histogram) Above(d time.Duration) float64 {
	if h.n == 0 {
		return 0
	}
	var n uint64
	for i := bucketOf(max(d, 0)) + 1; i < len(h.counts); i++ {
		n += h.counts[i]
	}
	return float64(n) / float64(h.n)
}

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

// Without returns a histogram without the durations of o, which must have been merged into
// h. Its Max is still that of all durations.
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

// MeanSeconds returns the mean in seconds, with parts of a nanosecond, or zero if the
// histogram is empty.
func (h *Histogram) MeanSeconds() float64 { return h.meanSeconds() }
