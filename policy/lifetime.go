package policy

import (
	"fmt"
	"time"
)

// Expiry says when a resource expires. The zero Expiry sets no limit.
type Expiry struct {
	// Until is the first instant at which the resource is too old. The pool then
	// closes it: an idle resource at once, a lent one when it comes back. Zero: no
	// limit.
	Until Instant
	// Uses is how often the resource may be lent. The pool closes it when it comes
	// back from its last use. Zero: no limit.
	Uses int
}

// Lifetime limits how long the pool keeps a resource, idle or not.
type Lifetime interface {
	// Expiry is called once for each resource, when it has been opened: before its first
	// use. So it can limit the number of uses beforehand, as [MaxUses] does. A rule that
	// depends on when or how often the resource was lent is an [Eviction] or a [Gate].
	Expiry(r Info) Expiry
}

// LifetimeFunc turns a function into a [Lifetime].
type LifetimeFunc func(r Info) Expiry

// Expiry calls f.
func (f LifetimeFunc) Expiry(r Info) Expiry { return f(r) }

// MaxAge closes resources at the age of d. It panics unless d is positive.
func MaxAge(d time.Duration) Lifetime {
	if d <= 0 {
		panic(fmt.Sprintf("policy: age of MaxAge is %v, must be positive", d))
	}
	return maxAge{age: d}
}

// MaxAgeJitter closes each resource at a random age between d-jitter and d, so that
// resources that were opened together are not all replaced together. The age is
// uniformly distributed. It panics unless d is positive and jitter lies between 0
// and d.
func MaxAgeJitter(d, jitter time.Duration) Lifetime {
	if d <= 0 {
		panic(fmt.Sprintf("policy: age of MaxAgeJitter is %v, must be positive", d))
	}
	if jitter < 0 || jitter > d {
		panic(fmt.Sprintf("policy: jitter of MaxAgeJitter is %v, must be between 0 and the age, %v", jitter, d))
	}
	return maxAge{d, jitter}
}

type maxAge struct{ age, jitter time.Duration }

func (m maxAge) Expiry(r Info) Expiry {
	age := m.age - time.Duration(r.Draw*float64(m.jitter))
	return Expiry{Until: r.Opened.Add(age)}
}

// MaxUses closes a resource when it comes back from its n-th use. It needs no clock.
// It panics unless n is positive.
func MaxUses(n int) Lifetime {
	if n <= 0 {
		panic(fmt.Sprintf("policy: limit of MaxUses is %d, must be positive", n))
	}
	return maxUses(n)
}

type maxUses int

func (m maxUses) Expiry(Info) Expiry { return Expiry{Uses: int(m)} }
func (m maxUses) Timed() bool        { return false }

// Earliest closes a resource as soon as one of several lifetimes says so. Without
// arguments it sets no limit. It panics if one of them is nil.
func Earliest(ls ...Lifetime) Lifetime {
	for i, l := range ls {
		if l == nil {
			panic(fmt.Sprintf("policy: lifetime %d of Earliest is nil", i))
		}
	}
	return earliest(append([]Lifetime(nil), ls...))
}

type earliest []Lifetime

func (e earliest) Expiry(r Info) Expiry {
	var least Expiry
	for _, l := range e {
		life := l.Expiry(r)
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
		if IsTimed(l) {
			return true
		}
	}
	return false
}
