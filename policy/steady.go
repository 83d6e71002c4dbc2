package policy

import "time"

// Steady is what a policy may implement besides. A policy is steady if a resource
// that is lent again and again needs no new answer from it each time. Its answer
// depends on nothing but the instants in an [Info], and no deadline gets earlier
// when one of those instants gets later. Then the deadline of the previous return
// still holds: it is early rather than late. A pool whose policies are all steady
// lends the resource that came back last without taking its lock.
//
// The policies of this package are steady, with two exceptions: [SoftIdleTimeout],
// since its answer depends on how many are idle, and [MaxUses].
type Steady interface {
	// Steady returns the shortest time that the policy lets pass, zero if it limits
	// no time, and whether the policy is steady.
	Steady() (shortest time.Duration, ok bool)
}

// IsSteady returns what the method of [Steady] says of a policy. Nil is steady. A
// policy without the method is not.
func IsSteady(policy any) (shortest time.Duration, ok bool) {
	switch p := policy.(type) {
	case nil:
		return 0, true
	case Steady:
		return p.Steady()
	}
	return 0, false
}

// bothSteady is what [IsSteady] says of two policies together.
func bothSteady(a, b any) (shortest time.Duration, ok bool) {
	da, oka := IsSteady(a)
	db, okb := IsSteady(b)
	return leastTime(da, db), oka && okb
}

// leastTime is the lesser of two times, of which zero is none.
func leastTime(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

func (t idleTimeout) Steady() (time.Duration, bool) { return t.after, t.keep == 0 }
func (m maxAge) Steady() (time.Duration, bool)      { return m.age, true }
func (always) Steady() (time.Duration, bool)        { return 0, true }
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
