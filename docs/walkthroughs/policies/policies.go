package main

import (
	"time"

	"github.com/respool/respool/policy"
)

// #region lifetime

// rotation replaces every connection in time for the next password.
// Passwords change every period. The server accepts the new one for
// the time of overlap before the old one ends.
type rotation struct {
	period, overlap time.Duration
	since           time.Duration // from the last change to New
}

// Expiry is asked once for each connection, when it has been opened.
func (p rotation) Expiry(r policy.Info) policy.Expiry {
	opened := time.Duration(r.Opened) + p.since
	end := opened.Truncate(p.period) + p.period
	if end-opened < p.overlap {
		end += p.period // it was opened with the new password
	}
	// Draw is a random number from 0 to 1 for each connection. So
	// they are not all closed at the same moment.
	end -= time.Duration(r.Draw * float64(p.overlap))
	return policy.Expiry{Until: policy.Instant(end - p.since)}
}

// #endregion lifetime

// #region eviction

// earned lets a connection be idle for a second after its first use,
// and for twice as long after each further use, up to about a minute.
// A connection that was opened for a busy moment is closed soon after
// it. A connection that is always needed stays.
var earned = policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
	stay := time.Second / 2 << min(r.Uses, 7)
	return policy.IdleLimit{Until: r.Returned.Add(stay)}
})

// #endregion eviction

// #region gate

// onceAMinute tests a connection if a minute has passed since its
// last test.
var onceAMinute = policy.GateFunc(func(r policy.Info) policy.Instant {
	return r.Tested.Add(time.Minute)
})

// doubtful does the same, and also tests a connection that has been
// idle for ten seconds.
var doubtful = policy.GateFunc(func(r policy.Info) policy.Instant {
	return min(r.Tested.Add(time.Minute), r.Returned.Add(10*time.Second))
})

// #endregion gate
