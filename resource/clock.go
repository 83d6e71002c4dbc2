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
	on             bool          // the pool needs the time
	timedLending   bool          // an acquire needs the time
	gated          bool          // an acquire needs it for the gates of tests at most
	needReturnTime bool          // some policy needs to know when a resource came back
	hasLifetime    bool          // a resource may be too old when it comes back
	tickInterval   time.Duration // how much too early a return may be recorded; see Config.returnTiming
	exactly        bool          // returns read the clock even while the pool ticks
	ticksFrom      int32         // how many returns within a tick start the ticks

	last  atomic.Int64 // instant of the last tick; zero: the pool does not tick
	exact atomic.Int64 // instant of the first return that since counts
	since atomic.Int32 // returns within a tick interval while the pool does not tick
}

func (c *clock) init(on, timedLending, gated bool, s returnTiming) {
	c.base, c.on, c.timedLending, c.gated, c.needReturnTime, c.hasLifetime = time.Now(), on, timedLending, gated, s.needed, s.hasLifetime
	c.tickInterval, c.exactly, c.ticksFrom = s.tickInterval, s.exact, s.ticksFrom
}

// now returns the present instant if the pool needs the time. If not, it reads no
// clock and returns zero.
func (c *clock) now() policy.Instant {
	if !c.on {
		return 0
	}
	return c.read()
}

// toLend returns the present instant for an acquire, or zero if an acquire does not
// need the time. If the instant only decides whether a test is due, and the pool
// ticks, toLend returns the last tick: a test may be due a tick earlier or later. A
// pool that is not busy does not tick, so there toLend reads the clock.
func (c *clock) toLend() policy.Instant {
	if !c.timedLending { // this much is inlined
		return 0
	}
	return c.readToLend()
}

func (c *clock) readToLend() policy.Instant {
	if c.gated {
		if last := c.last.Load(); last != 0 {
			return policy.Instant(last)
		}
	}
	return c.read()
}

// read returns the present instant. It always reads the clock.
func (c *clock) read() policy.Instant { return policy.Instant(time.Since(c.base)) }

// time converts an instant to a time for the user.
func (c *clock) time(i policy.Instant) time.Time { return c.base.Add(time.Duration(i)) }

// goBegan is earlier than the time of any clock that is set right. It is later than
// the virtual time of testing/synctest, which begins with the year 2000.
var goBegan = time.Date(2009, time.November, 10, 0, 0, 0, 0, time.UTC)

// virtual reports whether the pool was made within a bubble of testing/synctest.
func (c *clock) virtual() bool { return c.base.Before(goBegan) }
