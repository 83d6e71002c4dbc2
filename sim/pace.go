package sim

import (
	"cmp"
	"slices"
	"time"
)

// The pace of the server: how long its operations take at a time at which it is slow, or
// does not answer.

// pace returns the product of the factors of the slowdowns under way.
func (w *World) pace(now Instant) float64 {
	factor := 1.0
	for _, s := range w.Slow {
		if Instant(s.At) <= now && now < Instant(s.At+s.For) {
			factor = float64(factor * s.Factor)
		}
	}
	return factor
}

// paced returns how long something takes at a pace.
func paced(d time.Duration, pace float64) time.Duration {
	if pace == 1 {
		return d
	}
	return rounded(float64(float64(d) * pace))
}

// inOrder returns the stalls by their beginning.
func (w *World) inOrder() []Interval {
	return slices.SortedFunc(slices.Values(w.Stalls), func(a, b Interval) int { return cmp.Compare(a.At, b.At) })
}

// stalled returns how long something takes that begins now, with the stalls in between.
func stalled(stalls []Interval, now Instant, d time.Duration) time.Duration {
	from, end := now, now.Add(d)
	for _, s := range stalls {
		at, until := max(from, Instant(s.At)), Instant(s.At+s.For)
		if at > end || at == end && at > now {
			break
		}
		if until > at {
			end, from = end.Add(until.Sub(at)), until
		}
	}
	return end.Sub(now)
}
