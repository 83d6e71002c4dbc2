package resource

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// Stats returns a snapshot of all keys together, also of those that were dropped or
// removed. PeakActive, PeakLeased, PeakIdle and PeakWaiting are the most that were
// there at a time over all keys. Stats holds the lock for a time that grows with the
// number of keys.
func (k *Keyed[K, T]) Stats() Stats {
	st := k.stats()
	if times := k.times.Load(); times != nil {
		st.Histograms = times.snapshot()
	}
	return st
}

func (k *Keyed[K, T]) stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	st := k.former
	for _, m := range k.members {
		st.add(m.statsLocked())
	}
	st.WaitDuration, st.CloseErrors, st.ObserverPanics = time.Duration(k.waitTime.Load()), k.closeErrors.Load(), k.observerPanics.Load()
	t := k.total.Levels()
	maxActive, maxIdle := k.total.Limits()
	// A resource that is about to be opened in the place of one of another key does not
	// count until that one is closed.
	st.Opening -= st.Active - t.Active
	st.MaxActive, st.MaxIdle, st.Active = unlimit(maxActive), unlimitIdle(maxIdle), t.Active
	st.PeakActive, st.PeakLeased, st.PeakIdle, st.PeakWaiting = t.PeakActive, t.PeakLeased, t.PeakIdle, t.PeakWaiting
	return st
}

// Closed reports whether Close, Shutdown or Terminate was called. Leases may still be out.
func (k *Keyed[K, T]) Closed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.closed
}

// Keys returns the keys that have a pool now, in no order.
func (k *Keyed[K, T]) Keys() []K {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Keys(k.pools))
}

// StatsOf returns a snapshot of a key's pool, or false if there is no pool of the key
// now. The counts begin when the pool is made, so after a key was dropped or removed they
// begin again at zero. If a resource is going to take the place of another key's
// resource, it counts as Opening while that one is closed. StatsOf panics as [Keyed.Pool] does.
func (k *Keyed[K, T]) StatsOf(key K) (Stats, bool) {
	if !equalsItself(key) {
		return Stats{}, false
	}
	k.mu.Lock()
	p := k.pools[key]
	if p == nil {
		k.mu.Unlock()
		return Stats{}, false
	}
	st := p.member.statsLocked()
	k.mu.Unlock()
	p.addTimes(&st)
	return st, true
}

// StatsByKey returns the keys that have a pool now, in no order, each with a snapshot of
// its pool. The snapshots are of different instants.
func (k *Keyed[K, T]) StatsByKey() iter.Seq2[K, Stats] {
	return func(yield func(K, Stats) bool) {
		for key, p := range k.all() {
			if !yield(key, p.Stats()) {
				return
			}
		}
	}
}

// InspectByKey returns the keys that have a pool now, in no order, each with an [Inspection]
// of its pool. The inspections are of different instants.
func (k *Keyed[K, T]) InspectByKey() iter.Seq2[K, Inspection] {
	return func(yield func(K, Inspection) bool) {
		for key, p := range k.all() {
			if !yield(key, p.Inspect()) {
				return
			}
		}
	}
}

// InspectOf returns an [Inspection] of a key's pool, or false if there is no pool of the
// key now. It panics as [Keyed.Pool] does.
func (k *Keyed[K, T]) InspectOf(key K) (Inspection, bool) {
	if !equalsItself(key) {
		return Inspection{}, false
	}
	k.mu.Lock()
	p := k.pools[key]
	k.mu.Unlock()
	if p == nil {
		return Inspection{}, false
	}
	return p.Inspect(), true
}

func (m *member[T]) statsLocked() Stats {
	return m.core.publicStats(m.core.ledger.Stats(), offLane)
}

// add adds the counts of o to those of st. It leaves out limits and high-water marks,
// because they have no sum. It also leaves out WaitDuration, CloseErrors, ObserverPanics and
// Histograms, because shared has them for all keys.
func (st *Stats) add(o Stats) {
	st.Active += o.Active
	st.Opening += o.Opening
	st.Testing += o.Testing
	st.Idle += o.Idle
	st.Leased += o.Leased
	st.Closing += o.Closing
	st.Waiting += o.Waiting
	st.Acquired += o.Acquired
	st.Exhausted += o.Exhausted
	st.TimedOut += o.TimedOut
	st.Shed += o.Shed
	st.Reserved += o.Reserved
	st.Rejected += o.Rejected
	st.Canceled += o.Canceled
	st.Failed += o.Failed
	st.WaitCount += o.WaitCount
	st.Opened += o.Opened
	st.OpenFailed += o.OpenFailed
	st.Closed.add(o.Closed)
	st.ClosesAbandoned += o.ClosesAbandoned
	st.CleanupErrors += o.CleanupErrors
	st.Detached += o.Detached
	st.Resets += o.Resets
	st.Leaked += o.Leaked
	st.Lost += o.Lost
	st.Shared.add(o.Shared)
}

func (s *SharedStats) add(o SharedStats) {
	s.Limit += o.Limit
	s.Connections += o.Connections
	s.UnderWay += o.UnderWay
	s.Calls += o.Calls
	s.Flushes += o.Flushes
	s.Left += o.Left
	s.Broken += o.Broken
	s.Repeated += o.Repeated
	s.Polled += o.Polled
}

func (c *ClosedCounts) add(o ClosedCounts) {
	c.IdleTooLong += o.IdleTooLong
	c.TooOld += o.TooOld
	c.WornOut += o.WornOut
	c.Surplus += o.Surplus
	c.FailedTest += o.FailedTest
	c.Reset += o.Reset
	c.Retired += o.Retired
	c.Discarded += o.Discarded
	c.PoolClosed += o.PoolClosed
	c.Displaced += o.Displaced
}
