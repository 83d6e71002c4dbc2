package resource

import (
	"sync/atomic"
	"time"

	"github.com/respool/respool/policy"
)

// clock is the pool's time line. It is the only place where the package reads
// the time.
type clock struct {
	base           time.Time
	on             bool          // somebody needs the time
	lends          bool          // an acquire does
	gated          bool          // but only for the gates of tests
	needReturnTime bool          // some policy needs to know when a resource came back
	hasLifetime    bool          // a resource may be too old when it comes back
	tickInterval   time.Duration // how much earlier a return may be taken to be; see ticks.go
	exactly        bool          // ticks are not for returns
	ticksFrom      int32         // how many returns within a tick start the ticks

	last  atomic.Int64 // instant of the last tick; zero: none are under way
	exact atomic.Int64 // instant of a return while none were
	since atomic.Int32 // returns since then, and itself, within a tick
}

func (c *clock) init(on, lends, gated bool, s returnTiming) {
	c.base, c.on, c.lends, c.gated, c.needReturnTime, c.hasLifetime = time.Now(), on, lends, gated, s.needed, s.hasLifetime
	c.tickInterval, c.exactly, c.ticksFrom = s.tickInterval, s.exact, s.ticksFrom
}

// now is the present if the pool needs it. If not, no clock is read.
func (c *clock) now() policy.Instant {
	if !c.on {
		return 0
	}
	return c.read()
}

// toLend is the present if an acquire needs it. Where it only decides whether a test
// is due, and the pool ticks, it is the last tick: a test may be due a tick earlier or
// later. When resources hardly come and go any more, nothing ticks.
func (c *clock) toLend() policy.Instant {
	if !c.lends {
		return 0
	}
	if c.gated {
		if last := c.last.Load(); last != 0 {
			return policy.Instant(last)
		}
	}
	return c.read()
}

// read is the present in any case.
func (c *clock) read() policy.Instant { return policy.Instant(time.Since(c.base)) }

// time is what the user is shown of an instant.
func (c *clock) time(i policy.Instant) time.Time { return c.base.Add(time.Duration(i)) }

// goBegan is earlier than any clock that is set, and later than those of
// testing/synctest, which begin with the year 2000.
var goBegan = time.Date(2009, time.November, 10, 0, 0, 0, 0, time.UTC)

// virtual reports whether the pool was made within a bubble of testing/synctest.
func (c *clock) virtual() bool { return c.base.Before(goBegan) }
