package policy

import (
	"fmt"
	"time"
)

// IdleLimit says how long a resource may be idle. The zero IdleLimit sets no limit.
type IdleLimit struct {
	// Until is the first instant at which the resource has been idle too long.
	// Zero: no limit.
	Until Instant
	// Keep is the number of idle resources that the pool keeps even past Until.
	// Zero makes Until a hard limit: from then on the resource is not lent again.
	// Above zero the limit is soft: past Until the pool closes the resource only
	// while more than Keep resources are idle, and closes those that have been idle
	// longest first. A resource past a soft limit may still be lent.
	Keep int
}

// Eviction limits how long a resource may be idle.
type Eviction interface {
	// IdleLimit is called each time that a resource becomes idle; r.Returned is
	// then the present. For a policy that is [Steady], the pool may skip calls.
	IdleLimit(r Info) IdleLimit
}

// EvictionFunc turns a function into an [Eviction].
type EvictionFunc func(r Info) IdleLimit

// IdleLimit calls f.
func (f EvictionFunc) IdleLimit(r Info) IdleLimit { return f(r) }

// IdleTimeout closes resources that have been idle for longer than d. This is the
// rule of redigo's field of the same name.
//
// A busy pool may date a return too early, because it reads the clock less often than
// resources come back. It never dates a return too late. The error is at most a
// thousandth of d or a second, whichever is less, plus the delay of the pool's timer.
//
// A pool that keeps a minimum of idle resources needs [SoftIdleTimeout] instead,
// because IdleTimeout closes the minimum too. IdleTimeout panics unless d is
// positive.
func IdleTimeout(d time.Duration) Eviction {
	if d <= 0 {
		panic(fmt.Sprintf("policy: timeout of IdleTimeout is %v, must be positive", d))
	}
	return idleTimeout{after: d}
}

// SoftIdleTimeout closes resources that have been idle for longer than d, as
// long as more than keep resources are idle. It is the idle limit for a pool with
// MinIdle: if keep equals MinIdle, the pool keeps its minimum. With a keep of zero it
// is [IdleTimeout]. It panics unless d is positive and keep is zero or more.
func SoftIdleTimeout(d time.Duration, keep int) Eviction {
	if d <= 0 {
		panic(fmt.Sprintf("policy: timeout of SoftIdleTimeout is %v, must be positive", d))
	}
	if keep < 0 {
		panic(fmt.Sprintf("policy: minimum of SoftIdleTimeout is %d, must not be negative", keep))
	}
	return idleTimeout{after: d, keep: keep}
}

type idleTimeout struct {
	after time.Duration
	keep  int
}

func (t idleTimeout) IdleLimit(r Info) IdleLimit {
	// The limit is "longer than d", so at exactly d the resource may still be lent.
	return IdleLimit{Until: r.Returned.Add(t.after).Add(1), Keep: t.keep}
}
