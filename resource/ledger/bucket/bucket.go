// Package bucket numbers durations logarithmically, for histograms: a bucket has the
// durations that agree in their leading bits and in their length. It is outside of the
// compatibility promise, as package ledger is.
package bucket

import (
	"math/bits"
	"time"
)

// Of returns the bucket of a duration that is not negative. With so many leading bits all
// durations of a bucket are within one part in 1<<(leading-1).
func Of(d time.Duration, leading int) int {
	v := uint64(d)
	shift := bits.Len64(v) - leading
	if shift <= 0 {
		return int(v)
	}
	return shift<<(leading-1) + int(v>>shift)
}

// Upper returns the longest duration of a bucket.
func Upper(i, leading int) time.Duration {
	if i < 1<<leading {
		return time.Duration(i)
	}
	shift := i>>(leading-1) - 1
	lead := uint64(i - shift<<(leading-1))
	return time.Duration((lead+1)<<shift - 1)
}

// Count is how many buckets there are.
func Count(leading int) int { return Of(1<<63-1, leading) + 1 }
