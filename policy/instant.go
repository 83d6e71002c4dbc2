package policy

import (
	"math"
	"time"
)

// Instant is a point on the time line of one pool: nanoseconds since the pool
// began. A pool without any policy that needs the time reads no clock, and all
// its instants are zero.
type Instant int64

// Never is the instant that does not come: a limit that is not there.
const Never Instant = math.MaxInt64

// Add returns the instant d after i, or [Never] where that is later than an
// Instant can hold, and the earliest Instant where it is earlier. Never plus
// anything is Never.
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

// String gives the instant as a duration since the pool began.
func (i Instant) String() string {
	if i == Never {
		return "never"
	}
	return time.Duration(i).String()
}
