package policy

import "time"

// Steady reports whether a resource that is lent again and again needs no new
// answer from p each time. That is so if the answer depends on nothing but the
// instants in a [Resource], and none of its deadlines gets earlier when one of
// those instants gets later: then the deadline of the return before still holds,
// if anything too early. A pool with steady policies lends a resource that has just
// come back without its lock.
//
// shortest is the shortest time that p can let pass; zero if it has none. Nil is
// steady. Other policies are so if they have a method
//
//	Steady() (shortest time.Duration, ok bool)
//
// that says so; those of this package do, with two exceptions: [SoftIdleTimeout],
// since its answer depends on how many are idle, and [MaxUses].
func Steady(p any) (shortest time.Duration, ok bool) {
	if p == nil {
		return 0, true
	}
	if s, can := p.(interface {
		Steady() (time.Duration, bool)
	}); can {
		return s.Steady()
	}
	return 0, false
}

// bothSteady is [Steady] of two policies together.
func bothSteady(a, b any) (shortest time.Duration, ok bool) {
	da, oka := Steady(a)
	db, okb := Steady(b)
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
func (neverEvict) Steady() (time.Duration, bool)    { return 0, true }
func (m maxAge) Steady() (time.Duration, bool)      { return m.age, true }
func (always) Steady() (time.Duration, bool)        { return 0, true }
func (d ifIdleFor) Steady() (time.Duration, bool)   { return time.Duration(d), true }
func (d atMostEvery) Steady() (time.Duration, bool) { return time.Duration(d), true }
func (g later) Steady() (time.Duration, bool)       { return bothSteady(g.a, g.b) }

func (e earliest) Steady() (shortest time.Duration, ok bool) {
	ok = true
	for _, l := range e {
		d, steady := Steady(l)
		shortest, ok = leastTime(shortest, d), ok && steady
	}
	return shortest, ok
}
