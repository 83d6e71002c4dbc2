package sim

import "math"

// TotalQuantile returns the total time, in seconds, that a share q of the granted
// requests did not exceed. Of a report that was read from JSON it is the next larger
// percentile that stands in Total.
func (r *Report) TotalQuantile(q float64) float64 {
	if r.histogramsOf == nil {
		return r.Total.quantile(q)
	}
	return r.histogramsOf.total.Quantile(q).Seconds()
}

// quantile is the least of the percentiles of a report at which a share q is not
// exceeded.
func (t *Times) quantile(q float64) float64 {
	switch {
	case t.Count == 0:
		return 0
	case q <= 0.5:
		return t.P50
	case q <= 0.9:
		return t.P90
	case q <= 0.99:
		return t.P99
	case q <= 0.999:
		return t.P999
	}
	return t.Max
}

// quantile is the wait at the next share of the tail that is not larger than 1-q.
func (t *Tail) quantile(q float64, all *Times) float64 {
	if all.Count == 0 {
		return 0
	}
	const rounding = 1e-12
	for i := range min(len(t.Share), len(t.Wait)) {
		if t.Share[i] <= 1-q+rounding {
			return t.Wait[i]
		}
	}
	return math.Max(all.Max, 0)
}

// above is the largest share of the tail whose wait is longer than a time, in
// seconds.
func (t *Tail) above(s float64, all *Times) float64 {
	if all.Max <= s {
		return 0
	}
	share := 0.0
	for i := range min(len(t.Share), len(t.Wait)) {
		if t.Wait[i] > s {
			share = math.Max(share, t.Share[i])
		}
	}
	return share
}
