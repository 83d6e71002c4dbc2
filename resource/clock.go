package resource

import (
	"time"

	"github.com/respool/respool/policy"
)

// clock is the pool's time line. It is the only place where the package reads
// the time.
type clock struct {
	base time.Time
	on   bool // some policy needs the time
}

func newClock(on bool) clock { return clock{base: time.Now(), on: on} }

// now is the present if the pool needs it. If not, no clock is read.
func (c *clock) now() policy.Instant {
	if !c.on {
		return 0
	}
	return c.read()
}

// read is the present in any case.
func (c *clock) read() policy.Instant { return policy.Instant(time.Since(c.base)) }

// time is what the user is shown of an instant.
func (c *clock) time(i policy.Instant) time.Time { return c.base.Add(time.Duration(i)) }
