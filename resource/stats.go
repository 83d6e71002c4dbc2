package resource

import (
	"time"

	"github.com/respool/respool/resource/ledger"
)

// Stats is a snapshot of a pool. The first group, Leaked and the first fields of Shared are
// the present state. The others are totals and high-water marks since the pool was made.
type Stats struct {
	MaxActive int // 0: no limit
	MaxIdle   int // 0: no limit; KeepNone
	Active    int // all that exist: the sum of the next five
	Opening   int
	Testing   int
	Idle      int
	Leased    int
	Closing   int
	Waiting   int // callers in the queue

	Acquired  uint64 // leases granted
	Exhausted uint64 // refused with ErrExhausted, ErrTooManyWaiters included
	TimedOut  uint64 // refused with ErrWaitTimeout
	Shed      uint64 // refused with ErrShed
	Reserved  uint64 // refused with ErrReserved
	Rejected  uint64 // refused with ErrClosed
	Canceled  uint64 // left the queue because their context ended
	Failed    uint64 // could not open a resource, left while it opened, tested or closed one, or found openings held

	WaitCount    int64         // waits that have ended, with a resource or without
	WaitDuration time.Duration // their sum; a wait counts there once its goroutine runs again

	Opened      uint64       // resources opened
	OpenFailed  uint64       // openings that failed
	Closed      ClosedCounts // resources closed, by reason
	CloseErrors uint64       // closes that returned an error
	// ClosesAbandoned counts closes that took longer than Config.CloseTimeout. Each
	// is counted in Closed as well.
	ClosesAbandoned uint64
	// CleanupErrors counts cleanups that failed. Their resources are counted in
	// Closed.Discarded.
	CleanupErrors uint64
	Detached      uint64 // resources taken out of the pool by their holders
	Resets        uint64 // calls of Reset
	Leaked        int    // leases out for longer than Config.LeakAfter now
	Lost          uint64 // leases that the program has lost: see Config.Reclaim
	// ObserverPanics counts calls of Config.Observer that panicked, or called
	// runtime.Goexit.
	ObserverPanics uint64

	// Histograms say how long things took. It is nil without Config.Histograms.
	Histograms *Histograms `json:",omitempty"`

	// Shared are the numbers of the connections that several callers use at a time. Only
	// package redispool has such connections: see its Pool.Share.
	Shared SharedStats `json:",omitzero"`

	PeakActive  int // most that existed at a time
	PeakLeased  int
	PeakIdle    int
	PeakWaiting int
}

// ClosedCounts counts closed resources by the reason for which they were closed.
type ClosedCounts struct {
	IdleTooLong uint64 // Eviction
	TooOld      uint64 // Lifetime, by age
	WornOut     uint64 // Lifetime, by uses
	Surplus     uint64 // above MaxIdle, or a limit that Resize lowered
	FailedTest  uint64 // BorrowTest failed or panicked
	Reset       uint64 // older than the last Reset
	Retired     uint64 // matched by Retire
	Discarded   uint64 // by their holders, or because Config.Cleanup failed
	PoolClosed  uint64 // with the pool
	Displaced   uint64 // by an acquire of another key, which needed the place: see Keyed
}

// SharedStats are the numbers of the connections that several callers use at a time. The
// connections count in the pool's other statistics as well, as resources in use. The first
// group is the present state. The others are totals.
type SharedStats struct {
	Limit       int // most connections that may be shared; 0: none are
	Connections int // shared connections in use
	UnderWay    int // calls that wait for their replies

	Calls    uint64 // commands that were sent
	Flushes  uint64 // how often commands were sent together
	Left     uint64 // calls whose context or timeout ended before the reply
	Broken   uint64 // connections that broke
	Repeated uint64 // calls that were sent once more because their connection broke
	Polled   uint64 // waits for a reply in which the caller polled: see ShareBusyPoll of redispool.Pool
}

// Total is the number of closed resources.
func (c ClosedCounts) Total() uint64 {
	return c.IdleTooLong + c.TooOld + c.WornOut + c.Surplus + c.FailedTest + c.Reset + c.Retired + c.Discarded + c.PoolClosed + c.Displaced
}

// Stats returns a snapshot. It takes the same short time however many resources
// there are.
func (p *Pool[T]) Stats() Stats {
	p.mu.Lock()
	inLane := p.reportLaneLocked()
	st := p.ledger.Stats()
	p.mu.Unlock()
	all := p.publicStats(st, inLane)
	p.addTimes(&all)
	return all
}

// addTimes adds the histograms to a snapshot. It takes longer than the rest, so the lock is
// not held.
func (p *core[T]) addTimes(st *Stats) {
	if p.watch != nil && p.watch.times != nil {
		st.Histograms = p.watch.times.snapshot()
	}
}

// publicStats converts the ledger's counts to those of this package.
func (p *core[T]) publicStats(st ledger.Stats, inLane laneState) Stats {
	switch inLane { // the ledger counts the entry in the lane as leased
	case laneIdle:
		st.Idle++
		st.Leased--
	case laneTesting:
		st.Testing++
		st.Leased--
	}
	all := Stats{
		MaxActive: unlimit(st.MaxActive), MaxIdle: unlimitIdle(st.MaxIdle),
		Active: st.Active, Opening: st.Opening, Testing: st.Testing, Idle: st.Idle,
		Leased: st.Leased, Closing: st.Closing, Waiting: st.Waiting,
		Acquired:  st.Granted,
		Exhausted: st.Refused[ledger.Exhausted] + st.Refused[ledger.QueueFull],
		TimedOut:  st.Refused[ledger.TimedOut],
		Shed:      st.Refused[ledger.Shed],
		Reserved:  st.Refused[ledger.Reserved],
		Rejected:  st.Refused[ledger.Shutdown],
		Canceled:  st.Canceled,
		Failed:    st.Failed + st.Refused[ledger.OpenFails],
		WaitCount: int64(st.WaitsEnded()), WaitDuration: time.Duration(p.waitTime.Load()),
		Opened: st.Opened, OpenFailed: st.OpenFailed,
		Closed: ClosedCounts{
			IdleTooLong: st.Closed[ledger.IdleTooLong],
			TooOld:      st.Closed[ledger.TooOld],
			WornOut:     st.Closed[ledger.WornOut],
			Surplus:     st.Closed[ledger.Surplus],
			FailedTest:  st.Closed[ledger.FailedTest],
			Reset:       st.Closed[ledger.WasReset],
			Retired:     st.Closed[ledger.Retired],
			Discarded:   st.Closed[ledger.Discarded],
			PoolClosed:  st.Closed[ledger.PoolShut],
			Displaced:   st.Closed[ledger.Displaced],
		},
		CloseErrors: p.closeErrors.Load(), ClosesAbandoned: st.ClosesAbandoned, CleanupErrors: p.cleanupErrors.Load(),
		Detached: st.Detached, Resets: st.Resets,
		PeakActive: st.PeakActive, PeakLeased: st.PeakLeased, PeakIdle: st.PeakIdle, PeakWaiting: st.PeakWaiting,
	}
	if p.watch != nil {
		all.ObserverPanics = p.watch.panics.Load()
	}
	if p.loans != nil {
		all.Leaked, all.Lost = p.loans.counts()
	}
	return all
}

// unlimit undoes limit.
func unlimit(n int) int {
	if n == ledger.NoLimit {
		return 0
	}
	return n
}

// unlimitIdle undoes idleLimit.
func unlimitIdle(n int) int {
	if n == 0 {
		return KeepNone
	}
	return unlimit(n)
}
