package policy

import (
	"context"
	"fmt"
	"time"
)

// TestFunc looks at an idle resource before it is lent again. lastUsed is when
// it was last returned to the pool; where every check has a steady gate, such as
// [IfIdleFor], it may be early by what [IdleTimeout] says. An error means that the resource is not
// good: the pool closes it and goes on to another. ctx is that of the caller
// who waits for the resource.
type TestFunc[T any] func(ctx context.Context, v T, lastUsed time.Time) error

// BorrowTest checks idle resources before they are lent again. One that was just
// opened for its caller is not tested; one that was opened for nobody, for
// MinIdle say, is. The zero BorrowTest tests nothing.
//
// It is made by [Test], narrowed by [IfIdleFor], [AtMostEvery], [When] and
// [Within], and put together by [All].
type BorrowTest[T any] struct {
	checks []Check[T]
}

// Check is one test within a [BorrowTest].
type Check[T any] struct {
	// Gate says when the check is due.
	Gate Gate
	// Run does it.
	Run TestFunc[T]
	// Budget bounds the time that one acquire spends on checks, this one
	// included. Zero: no bound.
	Budget time.Duration
}

// Always reports whether the check is due at every borrow.
func (c Check[T]) Always() bool {
	_, plain := c.Gate.(always)
	return plain
}

// Checks returns the tests that t is made of, in the order in which they run.
func (t BorrowTest[T]) Checks() []Check[T] { return append([]Check[T](nil), t.checks...) }

// Test checks with f at every borrow. It panics if f is nil.
func Test[T any](f TestFunc[T]) BorrowTest[T] {
	if f == nil {
		panic("policy: function of Test is nil")
	}
	return BorrowTest[T]{[]Check[T]{{Gate: always{}, Run: f}}}
}

// When runs t at those borrows that come at or after the gate's instant. It
// panics if g is nil.
func When[T any](g Gate, t BorrowTest[T]) BorrowTest[T] {
	if g == nil {
		panic("policy: gate of When is nil")
	}
	return t.each(func(c *Check[T]) {
		if _, plain := c.Gate.(always); plain {
			c.Gate = g
		} else {
			c.Gate = later{c.Gate, g}
		}
	})
}

// IfIdleFor runs t only on resources that have been idle for d or longer. It
// panics unless d is positive.
func IfIdleFor[T any](d time.Duration, t BorrowTest[T]) BorrowTest[T] {
	if d <= 0 {
		panic(fmt.Sprintf("policy: time of IfIdleFor is %v, must be positive", d))
	}
	return When(ifIdleFor(d), t)
}

// AtMostEvery runs t on a resource only if d has passed since it last passed
// there, or since the resource was opened. It panics unless d is positive.
func AtMostEvery[T any](d time.Duration, t BorrowTest[T]) BorrowTest[T] {
	if d <= 0 {
		panic(fmt.Sprintf("policy: time of AtMostEvery is %v, must be positive", d))
	}
	return When(atMostEvery(d), t)
}

// Within bounds the time that one acquire spends on the checks of t. Unlike the
// TestBudget of a pool, which only ends the search for a good resource, it also
// ends a check that is under way: the check's context ends with the budget. A check
// for which no time is left counts as failed. After the budget a check that fails
// is the last one. The pool closes its resource and opens a new one in its place,
// instead of testing all the others, which may be broken as well. Within panics
// unless budget is positive.
func Within[T any](budget time.Duration, t BorrowTest[T]) BorrowTest[T] {
	if budget <= 0 {
		panic(fmt.Sprintf("policy: budget of Within is %v, must be positive", budget))
	}
	return t.each(func(c *Check[T]) {
		if c.Budget == 0 || budget < c.Budget {
			c.Budget = budget
		}
	})
}

// All runs several tests, those that are due, one after another until one
// fails. It panics if together they are more than 64 checks.
func All[T any](ts ...BorrowTest[T]) BorrowTest[T] {
	var all BorrowTest[T]
	for _, t := range ts {
		all.checks = append(all.checks, t.checks...)
	}
	if n := len(all.checks); n > MaxChecks {
		panic(fmt.Sprintf("policy: All has %d checks, more than %d", n, MaxChecks))
	}
	return all
}

// MaxChecks is how many checks a [BorrowTest] can have.
const MaxChecks = 64

// each returns a copy of t with every check changed by f.
func (t BorrowTest[T]) each(f func(*Check[T])) BorrowTest[T] {
	checks := t.Checks()
	for i := range checks {
		f(&checks[i])
	}
	return BorrowTest[T]{checks}
}
