package main

import (
	"time"

	"github.com/respool/respool/policy"
)

// #region lifetime

// rotation replaces every connection in time for the next password.
// Passwords change every period; the new one is accepted for the
// time of overlap before the old one ends.
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
	// Draw is a number of the connection's own, from 0 to 1: they
	// do not all go at the same moment.
	end -= time.Duration(r.Draw * float64(p.overlap))
	return policy.Expiry{Until: policy.Instant(end - p.since)}
}

// #endregion lifetime

// #region eviction

// earned lets a connection lie idle for a second after its first
// use, and for twice as long after each further one, up to a minute
// or so. What was opened for a busy moment goes soon after it; what
// is always needed stays.
var earned = policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
	stay := time.Second / 2 << min(r.Uses, 7)
	return policy.IdleLimit{Until: r.Returned.Add(stay)}
})

// #endregion eviction

// #region gate

// onceAMinute has a connection tested if a minute has passed since
// the last time.
var onceAMinute = policy.GateFunc(func(r policy.Info) policy.Instant {
	return r.Tested.Add(time.Minute)
})

// doubtful does the same, and has one tested in any case that has
// been idle for ten seconds.
var doubtful = policy.GateFunc(func(r policy.Info) policy.Instant {
	return min(r.Tested.Add(time.Minute), r.Returned.Add(10*time.Second))
})

// #endregion gate
