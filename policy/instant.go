package policy

import (
	"math"
	"time"
)

// Instant is a point in the time of one pool, in nanoseconds since the pool was made.
// If no policy of a pool needs the time, the pool reads no clock and all its instants
// are zero.
type Instant int64

// Never is an instant that never comes. As a deadline it means that there is no limit.
const Never Instant = math.MaxInt64

// Add returns the instant d after i. A sum that is too late for an Instant becomes
// [Never], and a sum that is too early becomes the earliest Instant. Never plus any
// duration is Never.
func (i Instant) Add(d time.Duration) Instant {
	sum := i + Instant(d)
	switch {
	case i == Never || d > 0 && sum < i:
		return Never
	case d < 0 && sum > i:
		return math.MinInt64
	}
	return sum
}

// Sub returns the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i - j) }

// String returns the instant as a duration since the pool was made, or "never".
func (i Instant) String() string {
	if i == Never {
		return "never"
	}
	return time.Duration(i).String()
}
