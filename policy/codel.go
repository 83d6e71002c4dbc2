package policy

import (
	"fmt"
	"time"
)

// CoDel sheds load from a queue that stands: controlled delay. A queue that a burst
// makes, and that empties again, is good, since it lets no resource go unused. A queue
// that stays makes everybody wait and serves nobody sooner. So CoDel looks at the wait
// of the first in the queue. If that has been Target or more at every moment of an
// Interval, the pool is overloaded: then callers that have waited for Target are
// refused, until a caller is served and nobody waits. The others are served in time,
// and the pool serves as many as it can.
//
// So nobody waits for longer than Target and Interval together, and under overload
// nobody for longer than Target. Nobody is refused for a burst that passes within an
// Interval.
//
// The rule for when to shed is that of CoDel for routers: Nichols and Jacobson,
// Controlling Queue Delay, ACM Queue 10(5), 2012, and RFC 8289. That a queue of
// requests then gives each caller the target as its deadline, and stays in that state
// until it was empty, is from Maurer, Fail at Scale, ACM Queue 13(8), 2015. The queue
// stays first in, first out: serving the newest first under overload, as is done there,
// would let callers overtake each other.
type CoDel struct {
	// Target is the wait that is acceptable for a queue that stands, such as 5 ms. It
	// should be longer than most uses of a resource. Zero: nothing is shed, and Interval
	// must be zero too.
	Target time.Duration
	// Interval is how long a burst may last. It should be longer than opening a resource
	// takes. Zero: twenty times Target.
	Interval time.Duration
}

// IsZero reports whether nothing is shed.
func (c CoDel) IsZero() bool { return c == CoDel{} }

// Validate returns an error that names the first invalid field.
func (c CoDel) Validate() error {
	switch {
	case c.IsZero():
		return nil
	case c.Target <= 0:
		return fmt.Errorf("CoDel.Target is %v, must be positive", c.Target)
	case c.Interval < 0:
		return fmt.Errorf("CoDel.Interval is %v, must not be negative", c.Interval)
	}
	return nil
}

// Burst returns how long a burst may last: Interval, or its default.
func (c CoDel) Burst() time.Duration {
	const longest time.Duration = 1<<63 - 1
	switch {
	case c.Interval > 0:
		return c.Interval
	case c.Target > longest/20:
		return longest
	}
	return 20 * c.Target
}
