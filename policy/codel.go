package policy

import (
	"fmt"
	"time"
)

// CoDel (controlled delay) sheds load from a standing queue. A queue after a burst is
// good, because it keeps every resource in use and empties again. A standing queue makes
// every caller wait, and no caller is served sooner for it. So CoDel looks at the wait of
// the first caller in the queue. If that wait has been Target or more at every moment of
// an Interval, the pool is overloaded. Then the pool refuses callers that have waited for
// Target, until a caller is served and the queue is empty. It serves the others in time.
// If Target is longer than most uses, and the load stays above what the pool can serve,
// shedding leaves no resource idle.
//
// So no caller waits for longer than Target and Interval together, and under overload no
// caller waits for longer than Target. A burst that passes within an Interval causes no
// refusal.
//
// The rule for when to shed is that of CoDel for routers: Nichols and Jacobson,
// Controlling Queue Delay, ACM Queue 10(5), 2012, and RFC 8289. Its form for requests,
// where the target becomes each caller's deadline until the queue has been empty, is from
// Maurer, Fail at Scale, ACM Queue 13(8), 2015. That article also serves the newest
// caller first under overload. This queue stays first in, first out, so that callers do
// not overtake each other.
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
