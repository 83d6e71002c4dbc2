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
// Connections belong to eras. The first one of an era that comes back with
// READONLY ends the era, and the others of that era are left as they come back. A
// failover takes its time, and until it is over Dial leads to the same server. So
// those of the new era are kept for a pause, in spite of READONLY: a new dial
// would find nothing better, and borrowers who only read are served. Each pause is
// twice as long as the one before. After a time without READONLY the next one is
// taken for another demotion.
//
// There is no timer: the clock is read when a READONLY comes back.
type demotion struct {
	era atomic.Uint64 // the number of eras that have ended

	mu    sync.Mutex // held while an era ends
	until time.Time  // the end of the last pause
	pause time.Duration
}

// leave reports whether a connection of an era is closed, and whether it is the
// first of its era.
func (d *demotion) leave(era uint64) (leave, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if era < d.era.Load() {
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
	d.era.Add(1)
	return true, true
}
