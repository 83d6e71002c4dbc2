package redispool

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 3200 * time.Millisecond
)

// demotion decides which connections are left when their server answers READONLY,
// as a demoted master does.
//
// Connections belong to epochs. The first one of an epoch that comes back with
// READONLY ends the epoch, and the others of that epoch are closed as they come back.
// A failover takes time, and until it is over Dial leads to the same server. So
// connections of the new epoch are kept for a pause in spite of READONLY: a new dial
// would find nothing better, and borrowers that only read are served. Each pause is
// twice as long as the one before. After a time without READONLY, the next READONLY
// is taken for another demotion.
//
// There is no timer: the clock is read when a READONLY comes back.
type demotion struct {
	epoch atomic.Uint64 // the number of epochs that have ended

	mu    sync.Mutex // held while an epoch ends
	until time.Time  // the end of the last pause
	pause time.Duration
}

// leave reports whether a connection of an epoch is closed, and whether it is the
// first of its epoch.
func (d *demotion) leave(epoch uint64) (leave, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if epoch < d.epoch.Load() {
		return true, false
	}
	now := time.Now()
	switch since := now.Sub(d.until); {
	case since < 0:
		return false, false
	case since > longestPause: // also at the first time
		d.pause = shortestPause
	default:
		d.pause = min(2*d.pause, longestPause)
	}
	d.until = now.Add(d.pause)
	d.epoch.Add(1)
	return true, true
}
