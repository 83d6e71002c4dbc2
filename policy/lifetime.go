package policy

import (
	"fmt"
	"time"
)

// Life says when a resource has had its day. The zero Life has no limit.
type Life struct {
	// Until is the first instant at which the resource is too old. An idle
	// resource is then closed, a leased one when it comes back. Zero: no limit.
	Until Instant
	// Uses is how often the resource may be lent. It is closed when it comes
	// back from the last of them. Zero: no limit.
	Uses int
}

// Lifetime limits how long a resource is kept, idle or not. It is asked once
// for each resource, when that has been opened.
type Lifetime interface {
	Life(r Resource) Life
}

// LifetimeFunc makes a [Lifetime] of a function.
type LifetimeFunc func(r Resource) Life

// Life calls f.
func (f LifetimeFunc) Life(r Resource) Life { return f(r) }

// MaxAge closes resources that are d old. It panics unless d is positive.
func MaxAge(d time.Duration) Lifetime { return MaxAgeJitter(d, 0) }

// MaxAgeJitter closes each resource at an age of its own, drawn evenly between
// d-jitter and d, so that resources opened together are not all replaced
// together. No resource gets older than d. It panics unless d is positive and
// jitter lies between 0 and d.
func MaxAgeJitter(d, jitter time.Duration) Lifetime {
	if d <= 0 {
		panic(fmt.Sprintf("policy: age of MaxAge is %v, must be positive", d))
	}
	if jitter < 0 || jitter > d {
		panic(fmt.Sprintf("policy: jitter of MaxAgeJitter is %v, must be between 0 and the age, %v", jitter, d))
	}
	return maxAge{d, jitter}
}

type maxAge struct{ age, jitter time.Duration }

func (m maxAge) Life(r Resource) Life {
	age := m.age - time.Duration(r.Draw*float64(m.jitter))
	return Life{Until: r.Opened.Add(age)}
}

// MaxUses closes resources that have been lent n times. It needs no clock. It
// panics unless n is positive.
func MaxUses(n int) Lifetime {
	if n <= 0 {
		panic(fmt.Sprintf("policy: limit of MaxUses is %d, must be positive", n))
	}
	return maxUses(n)
}

type maxUses int

func (m maxUses) Life(Resource) Life { return Life{Uses: int(m)} }
func (m maxUses) Timed() bool        { return false }

// Earliest closes a resource as soon as one of several lifetimes says so. With
// none it sets no limit.
func Earliest(ls ...Lifetime) Lifetime {
	for i, l := range ls {
		if l == nil {
			panic(fmt.Sprintf("policy: lifetime %d of Earliest is nil", i))
		}
	}
	return earliest(append([]Lifetime(nil), ls...))
}

type earliest []Lifetime

func (e earliest) Life(r Resource) Life {
	var least Life
	for _, l := range e {
		life := l.Life(r)
		if life.Until != 0 && (least.Until == 0 || life.Until < least.Until) {
			least.Until = life.Until
		}
		if life.Uses > 0 && (least.Uses == 0 || life.Uses < least.Uses) {
			least.Uses = life.Uses
		}
	}
	return least
}

func (e earliest) Timed() bool {
	for _, l := range e {
		if Timed(l) {
			return true
		}
	}
	return false
}

// Timed reports whether a policy needs the time. All do, nil and those with a
// method Timed() bool that returns false excepted. A pool in which no policy is
// timed reads no clock.
func Timed(p any) bool {
	if p == nil {
		return false
	}
	t, ok := p.(interface{ Timed() bool })
	return !ok || t.Timed()
}
