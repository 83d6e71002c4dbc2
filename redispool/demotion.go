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

// demotion decides which connections to close when their server answers READONLY, as a
// demoted master does.
//
// Connections belong to epochs. The first connection of an epoch that comes back with
// READONLY ends the epoch. The others of that epoch are closed when they come back
// with READONLY.
//
// A failover takes time, and until it is over Dial leads to the same server. So
// connections of the new epoch are kept for a pause in spite of READONLY: a new dial
// would find no better server, and borrowers that only read are served. Each pause is
// twice as long as the one before, up to longestPause. After longestPause without
// READONLY, the next READONLY counts as another demotion.
//
// There is no timer: the clock is read when a connection comes back with READONLY.
type demotion struct {
	epoch atomic.Uint64 // the number of epochs that have ended

	mu    sync.Mutex // held while an epoch ends
	until time.Time  // the end of the last pause
	pause time.Duration
}

// leave reports whether to close a connection of an epoch that came back with
// READONLY, and whether it is the first of its epoch.
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
	case since > longestPause: // also the first time
		d.pause = shortestPause
	default:
		d.pause = min(2*d.pause, longestPause)
	}
	d.until = now.Add(d.pause)
	d.epoch.Add(1)
	return true, true
}
