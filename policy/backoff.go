package policy

import (
	"fmt"
	"time"
)

// Backoff says how long to wait after attempts that have failed. The pause grows from
// First to Max. The zero Backoff means that there is no pause.
type Backoff struct {
	// First is the pause after the first failure. Zero: a tenth of Max.
	First time.Duration
	// Max is the longest pause. Zero: there are no pauses, and the other fields must be
	// zero too.
	Max time.Duration
	// Factor is how much longer each pause is than the one before. Zero: 2.
	Factor float64
	// Jitter is the share by which a pause may be shorter, at random, from 0 to 1.
	// With it many programs do not try again at the same moment. Zero: no pause is shorter.
	Jitter float64
}

// IsZero reports whether there are no pauses.
func (b Backoff) IsZero() bool { return b == Backoff{} }

// Validate returns an error that names the first invalid field.
func (b Backoff) Validate() error {
	switch {
	case b.IsZero():
		return nil
	case b.Max <= 0:
		return fmt.Errorf("Backoff.Max is %v, must be positive", b.Max)
	case b.First < 0 || b.First > b.Max:
		return fmt.Errorf("Backoff.First is %v, must be between 0 and Backoff.Max, which is %v", b.First, b.Max)
	case b.Factor != 0 && !(b.Factor >= 1 && b.Factor <= 1e6): // NaN, too
		return fmt.Errorf("Backoff.Factor is %v, must be 0 or between 1 and 1e6", b.Factor)
	case !(b.Jitter >= 0 && b.Jitter <= 1):
		return fmt.Errorf("Backoff.Jitter is %v, must be between 0 and 1", b.Jitter)
	}
	return nil
}

// Pause returns the pause after a number of failures in a row, from 1. draw is a random
// number between 0 and 1, for the jitter.
func (b Backoff) Pause(failures int, draw float64) time.Duration {
	factor := b.Factor
	if factor == 0 {
		factor = 2
	}
	first := b.First
	if first == 0 {
		first = max(1, b.Max/10)
	}
	long := float64(first)
	for n := 1; n < failures && long < float64(b.Max) && factor > 1; n++ {
		long = float64(long * factor)
	}
	pause := b.Max
	if long < float64(b.Max) {
		pause = time.Duration(long)
	}
	return pause - time.Duration(float64(b.Jitter*draw)*float64(pause))
}
