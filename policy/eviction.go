package policy

import (
	"fmt"
	"time"
)

// IdleLimit says how long a resource may lie idle. The zero Stay has no limit.
type IdleLimit struct {
	// Until is the first instant at which the resource has been idle too long.
	// Zero: no limit.
	Until Instant
	// Keep is how many idle resources are kept nevertheless. Zero makes Until a
	// hard limit: from then on the resource is not lent any more. With Keep above
	// zero the limit is soft: past it the resource is closed only while more than
	// Keep are idle, those idle longest first, and it may still be lent.
	Keep int
}

// Eviction limits how long a resource lies idle. It is asked each time that a
// resource becomes idle; r.Returned is then the present.
type Eviction interface {
	IdleLimit(r Info) IdleLimit
}

// EvictionFunc makes an [Eviction] of a function.
type EvictionFunc func(r Info) IdleLimit

// IdleLimit calls f.
func (f EvictionFunc) IdleLimit(r Info) IdleLimit { return f(r) }

// IdleTimeout closes resources that have been idle for longer than d, the rule
// of redigo's field of that name. A pool in steady use may take a resource to have
// come back earlier than it did, by a thousandth of d or a second, whichever is
// less, and by what its timer is late; never later. A pool that keeps a minimum
// idle should have a [SoftIdleTimeout] instead: this one closes the minimum too. It
// panics unless d is positive.
func IdleTimeout(d time.Duration) Eviction {
	if d <= 0 {
		panic(fmt.Sprintf("policy: timeout of IdleTimeout is %v, must be positive", d))
	}
	return idleTimeout{after: d}
}

// SoftIdleTimeout closes resources that have been idle for longer than d, as
// long as more than min are idle. It is the idle limit for a pool with MinIdle: with
// the same number as min the minimum stays. It panics unless d is positive and min
// is not negative; with a min of zero it is [IdleTimeout].
func SoftIdleTimeout(d time.Duration, min int) Eviction {
	if d <= 0 {
		panic(fmt.Sprintf("policy: timeout of SoftIdleTimeout is %v, must be positive", d))
	}
	if min < 0 {
		panic(fmt.Sprintf("policy: minimum of SoftIdleTimeout is %d, must not be negative", min))
	}
	return idleTimeout{after: d, keep: min}
}

type idleTimeout struct {
	after time.Duration
	keep  int
}

func (t idleTimeout) IdleLimit(r Info) IdleLimit {
	// Longer than d, to the nanosecond: at exactly d it may still be lent.
	return IdleLimit{Until: r.Returned.Add(t.after).Add(1), Keep: t.keep}
}
