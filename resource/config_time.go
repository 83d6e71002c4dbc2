package resource

import (
	"time"

	"github.com/respool/respool/policy"
)

// timed reports whether anything in the configuration needs the time.
func (c *Config[T]) timed() bool {
	// A test gets the time at which the resource was last used.
	return c.timedLending() || len(c.BorrowTest.Checks()) > 0 || !c.OpenBackoff.IsZero()
}

// timedLending reports whether an acquire needs the time.
func (c *Config[T]) timedLending() bool {
	if c.timedBeyondTests() {
		return true
	}
	for _, check := range c.BorrowTest.Checks() {
		if policy.IsTimed(check.Gate) {
			return true
		}
	}
	return false
}

// timedBeyondTests reports whether an acquire needs the time for anything but the
// gates of tests.
func (c *Config[T]) timedBeyondTests() bool {
	return c.MinIdle > 0 || c.WaitTimeout > 0 || !c.Shed.IsZero() || policy.IsTimed(c.Lifetime) || policy.IsTimed(c.Eviction)
}

// returnTiming is how a pool knows when a resource came back.
type returnTiming struct {
	needed       bool
	hasLifetime  bool
	tickInterval time.Duration // zero: the pool does not tick, and returns are exact
	exact        bool          // the pool ticks, but returns read the clock
	ticksFrom    int32         // how many returns within a tick make ticks worth their cost
}

const (
	tickShare  = 1000
	tickAtMost = time.Second
	tickLeast  = time.Millisecond

	returnsWorthATick      = 2
	returnsWorthALeastTick = 64 // a tick costs about as much as these would spend on reading the clock
)

// A tick is a thousandth of the shortest time that a policy can let pass, and at
// most a second. Returns are exact if that would be less than a millisecond. They
// are also exact if a borrow test without a gate, or with a gate that is not
// steady, gets the time of the last use.
//
// A pool with a test without a gate may still tick, once a millisecond, because the
// budget of its tests does not need the present time: see checkBegins. That many
// ticks have a cost, so they begin only where they save much more.
func (c *Config[T]) returnTiming() returnTiming {
	tested := len(c.BorrowTest.Checks()) > 0
	s := returnTiming{needed: tested || policy.IsTimed(c.Eviction), hasLifetime: policy.IsTimed(c.Lifetime)}
	shortest, steady := policy.IsSteady(c.Eviction)
	always := false
	for _, check := range c.BorrowTest.Checks() {
		if check.Always() {
			always = true
			continue
		}
		gate, ok := policy.IsSteady(check.Gate)
		if steady = steady && ok && gate > 0; steady {
			shortest = earlier(shortest, gate)
		}
	}
	shortest = earlier(shortest, c.TestIdleEvery)
	if !steady || shortest == 0 && !always {
		return s
	}
	if life, ok := policy.IsSteady(c.Lifetime); ok {
		shortest = earlier(shortest, life)
	}
	tick := tickAtMost
	if shortest > 0 {
		tick = min(shortest/tickShare, tickAtMost)
	}
	switch {
	case tick < tickLeast:
	case always:
		s.tickInterval, s.exact, s.ticksFrom = tickLeast, true, returnsWorthALeastTick
	default:
		s.tickInterval, s.ticksFrom = tick, returnsWorthATick
	}
	return s
}

// earlier returns the shorter of two durations, where zero means none.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
