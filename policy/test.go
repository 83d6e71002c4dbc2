package policy

import (
	"context"
	"fmt"
	"time"
)

// TestFunc checks an idle resource before it is lent again. An error means that the
// resource is unusable: the pool closes it and goes on to another one.
//
// ctx is the context of the caller that waits for the resource; [Within] may
// shorten it. lastUsed is when the resource was last returned to the pool. If every
// check has a gate that is [Steady], such as that of [IfIdleFor], lastUsed may be too
// early, by at most the error that [IdleTimeout] documents.
//
// The function runs on the caller's goroutine without the pool's lock, and is called
// concurrently for different resources.
type TestFunc[T any] func(ctx context.Context, v T, lastUsed time.Time) error

// BorrowTest checks idle resources before they are lent. A resource that was
// opened for its caller is not tested. A resource that was opened in advance, for
// MinIdle for example, is tested. The zero BorrowTest tests nothing.
//
// [Test] makes a BorrowTest. [IfIdleFor], [AtMostEvery], [IfSuspected] and [When] limit when it
// runs, [Within] limits how long it runs, and [All] combines several.
type BorrowTest[T any] struct {
	checks []Check[T]
}

// Check is one test within a [BorrowTest].
type Check[T any] struct {
	// Gate says when the check is due.
	Gate Gate
	// Run is the check itself.
	Run TestFunc[T]
	// Budget bounds the total time that one acquire spends on checks, including
	// this one. Zero: no bound.
	Budget time.Duration
}

// Always reports whether the check has no gate, so that it is due at every borrow.
func (c Check[T]) Always() bool {
	_, plain := c.Gate.(always)
	return plain
}

// Checks returns a copy of the checks of t, in the order in which they run.
func (t BorrowTest[T]) Checks() []Check[T] { return append([]Check[T](nil), t.checks...) }

// Test calls f at every borrow. It panics if f is nil.
func Test[T any](f TestFunc[T]) BorrowTest[T] {
	if f == nil {
		panic("policy: function of Test is nil")
	}
	return BorrowTest[T]{[]Check[T]{{Gate: always{}, Run: f}}}
}

// When runs t only at borrows at or after the instant that g returns. If t has a gate
// already, both gates must allow the borrow. When panics if g is nil.
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

// IfSuspected runs t only in the two cases in which the pool ignores gates: with
// resource.Config.TestSuspects, after another resource turned out to be broken; and
// with resource.Config.TestIdleEvery, in the background.
func IfSuspected[T any](t BorrowTest[T]) BorrowTest[T] { return When(ifSuspected{}, t) }

// AtMostEvery runs t on a resource only if d has passed since the resource last
// passed t, or since it was opened. It panics unless d is positive.
func AtMostEvery[T any](d time.Duration, t BorrowTest[T]) BorrowTest[T] {
	if d <= 0 {
		panic(fmt.Sprintf("policy: time of AtMostEvery is %v, must be positive", d))
	}
	return When(atMostEvery(d), t)
}

// Within bounds the time that one acquire spends on the checks of t. A pool's
// TestBudget only ends the search for a good resource; Within also ends a running
// check, because the check's context ends with the budget. A check counts as failed
// if no time is left for it.
//
// If a check fails after the budget has ended, the acquire tests no other resource,
// since all of them may be broken. The pool closes the resource that failed and
// opens a new one in its place. Of several budgets for one check the shortest
// counts. Within panics unless budget is positive.
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

// All runs several tests one after another until one fails. It skips those that are
// not due. It panics if the tests have more than [MaxChecks] checks together.
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

// MaxChecks is the largest number of checks in a [BorrowTest].
const MaxChecks = 64

// each returns a copy of t in which f has changed every check.
func (t BorrowTest[T]) each(f func(*Check[T])) BorrowTest[T] {
	checks := t.Checks()
	for i := range checks {
		f(&checks[i])
	}
	return BorrowTest[T]{checks}
}
