package story

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Pool is the settings of a pool as plain data. In a story a setting is its name, as
// given below, with a value: max-active=4. The defaults are those of [Unlimited].
//
// Only Config says what the settings mean to a ledger. Scenarios of the simulator go
// through a Pool as well.
type Pool struct {
	MaxActive   int           // max-active: at least 1; default none
	MaxIdle     int           // max-idle: default none
	MinIdle     int           // min-idle: default 0
	MaxWaiters  int           // max-waiters: default none
	WaitTimeout time.Duration // wait-timeout: default none

	FIFO bool // order=fifo; default order=lifo

	MaxAge      time.Duration // max-age: default none
	Jitter      time.Duration // jitter: of max-age; default none
	MaxUses     int           // max-uses: default none
	IdleTimeout time.Duration // idle-timeout: default none
	Keep        int           // keep: makes idle-timeout soft, with this minimum

	ReplaceAhead time.Duration // replace-ahead: before max-age; default none

	ShedTarget   time.Duration // shed-target: default none
	ShedInterval time.Duration // shed-interval: default twenty times shed-target

	Reserve int // reserve: places that acquires in the background leave; default 0

	OpenBackoff time.Duration // open-backoff: the longest pause; the first is a tenth of it; default none

	TestIdleEvery time.Duration // test-idle-every: default none; needs a test

	// Tests: test=always, test=if-idle-for:1m or test=at-most-every:5m, one setting
	// for each test.
	Tests []Test
	// TestSuspects, test-suspects=on: after one turned out to be broken, the others are
	// tested.
	TestSuspects Switch
	Seed         uint64 // seed: default 0
}

// Switch is a setting that is on or off.
type Switch bool

// Test says when one test of a borrow is due: when both conditions hold. A condition
// that is zero always holds. The text of a story has at most one condition a test.
type Test struct {
	IfIdleFor   time.Duration
	AtMostEvery time.Duration
}

// BorrowTest returns the borrow test that runs f when t is due. It is made of the
// policies of the same names.
func BorrowTest[T any](t Test, f policy.TestFunc[T]) policy.BorrowTest[T] {
	test := policy.Test(f)
	if t.IfIdleFor > 0 {
		test = policy.IfIdleFor(t.IfIdleFor, test)
	}
	if t.AtMostEvery > 0 {
		test = policy.AtMostEvery(t.AtMostEvery, test)
	}
	return test
}

// gate returns the gate of the borrow test.
func (t Test) gate() policy.Gate {
	test := BorrowTest(t, func(context.Context, struct{}, time.Time) error { return nil })
	return test.Checks()[0].Gate
}

// Unlimited returns a pool without limits, whose settings have their defaults.
func Unlimited() Pool {
	return Pool{MaxActive: ledger.NoLimit, MaxIdle: ledger.NoLimit, MaxWaiters: ledger.NoLimit}
}

// Config returns the ledger's configuration. Its policies are those of package
// policy.
func (p Pool) Config() ledger.Config {
	c := ledger.Config{
		MaxActive:     p.MaxActive,
		MaxIdle:       p.MaxIdle,
		MinIdle:       p.MinIdle,
		MaxWaiters:    p.MaxWaiters,
		WaitTimeout:   p.WaitTimeout,
		OpenBackoff:   policy.Backoff{Max: p.OpenBackoff},
		TestSuspects:  bool(p.TestSuspects),
		TestIdleEvery: p.TestIdleEvery,
		ReplaceAhead:  p.ReplaceAhead,
		Reserve:       p.Reserve,
		Shed:          policy.CoDel{Target: p.ShedTarget, Interval: p.ShedInterval},
		Seed:          p.Seed,
	}
	if p.FIFO {
		c.Order = policy.FIFO
	}
	var lives []policy.Lifetime
	if p.MaxAge > 0 {
		lives = append(lives, policy.MaxAgeJitter(p.MaxAge, p.Jitter))
	}
	if p.MaxUses > 0 {
		lives = append(lives, policy.MaxUses(p.MaxUses))
	}
	switch len(lives) {
	case 0:
	case 1:
		c.Lifetime = lives[0]
	default:
		c.Lifetime = policy.Earliest(lives...)
	}
	if p.IdleTimeout > 0 {
		c.Eviction = policy.SoftIdleTimeout(p.IdleTimeout, p.Keep)
	}
	for _, t := range p.Tests {
		c.Gates = append(c.Gates, t.gate())
	}
	return c
}
