package policy

import "time"

// The optional interfaces: what a policy may say about itself, so that a pool asks it, or a
// clock, less often.

// Timed is an optional interface of policies. A policy implements it to say that its
// answers do not depend on the time. A pool reads no clock if none of its policies needs
// the time.
type Timed interface {
	// Timed reports whether the policy's answers depend on the time.
	Timed() bool
}

// IsTimed reports whether a policy needs the time. Nil does not, and neither does a
// policy whose method of [Timed] returns false. Every other policy is timed.
func IsTimed(policy any) bool {
	if policy == nil {
		return false
	}
	t, ok := policy.(Timed)
	return !ok || t.Timed()
}

// Steady is an optional interface of policies. A policy is steady under three conditions.
// Its answer depends only on the instants and the Draw in an [Info]. If one of those
// instants gets later, no deadline gets earlier. And the policy does not limit the number
// of uses. A pool need not ask a steady policy at every return: the deadline of an
// earlier return is still safe, because it is early rather than late. A pool whose
// policies are all steady lends the resource that came back last without taking its lock.
//
// The policies of this package are steady, with three exceptions. The adapters for
// functions, such as [LifetimeFunc], cannot know what their function does. The answer of
// [SoftIdleTimeout] depends on the number of idle resources. [MaxUses] limits the number
// of uses, which the pool checks only while it holds the lock.
type Steady interface {
	// Steady reports whether the policy is steady, and returns the shortest time
	// after which the policy acts. Zero: the policy limits no time.
	Steady() (shortest time.Duration, ok bool)
}

// IsSteady returns what the policy's own method of [Steady] returns. Nil is steady
// and limits no time. A policy without the method is not steady.
func IsSteady(policy any) (shortest time.Duration, ok bool) {
	switch p := policy.(type) {
	case nil:
		return 0, true
	case Steady:
		return p.Steady()
	}
	return 0, false
}

// bothSteady returns for two policies together what [IsSteady] returns for one.
func bothSteady(a, b any) (shortest time.Duration, ok bool) {
	da, oka := IsSteady(a)
	db, okb := IsSteady(b)
	return leastTime(da, db), oka && okb
}

// leastTime returns the shorter of two times. Zero means that there is no limit.
func leastTime(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

func (t idleTimeout) Steady() (time.Duration, bool) { return t.after, t.keep == 0 }
func (m maxAge) Steady() (time.Duration, bool)      { return m.age, true }
func (always) Steady() (time.Duration, bool)        { return 0, true }
func (ifSuspected) Steady() (time.Duration, bool)   { return 0, true }
func (d ifIdleFor) Steady() (time.Duration, bool)   { return time.Duration(d), true }
func (d atMostEvery) Steady() (time.Duration, bool) { return time.Duration(d), true }
func (g later) Steady() (time.Duration, bool)       { return bothSteady(g.a, g.b) }

func (e earliest) Steady() (shortest time.Duration, ok bool) {
	ok = true
	for _, l := range e {
		d, steady := IsSteady(l)
		shortest, ok = leastTime(shortest, d), ok && steady
	}
	return shortest, ok
}
