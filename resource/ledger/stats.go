package ledger

// Stats has the counts of a ledger. The limits, and the counts of slots and waiters in
// the first group, are present values. All others are totals or high-water marks since
// the pool began.
type Stats struct {
	MaxActive, MaxIdle                              int
	Active, Opening, Testing, Idle, Leased, Closing int
	Waiting                                         int

	Acquires     uint64              // begun
	Granted      uint64              // ended with a lease
	Refused      [numRefusals]uint64 // ended with nothing, by reason
	Canceled     uint64              // left the queue
	Failed       uint64              // ended with a failed opening, or abandoned
	WaitsGranted uint64              // waiters that got a resource, or the place for one
	WaitsRefused uint64              // waiters that were refused

	Opened     uint64
	OpenFailed uint64
	Closed     [NumReasons]uint64
	// ClosesAbandoned counts the closes that timed out. They count in Closed too.
	ClosesAbandoned uint64
	Detached        uint64
	Resets          uint64

	PeakActive, PeakLeased, PeakIdle, PeakWaiting int
}

// Stats returns a snapshot, in O(1).
func (l *Ledger) Stats() Stats {
	st := l.stats
	t := &l.tally
	st.Acquires, st.Granted, st.WaitsGranted = l.acquires, l.granted, l.waitsGranted
	st.PeakLeased, st.PeakIdle, st.PeakWaiting = int(l.peakLeased), int(l.peakIdle), int(l.peakWaiting)
	st.MaxActive, st.MaxIdle = l.maxActive, l.maxIdle
	st.Active = l.active()
	st.Opening, st.Testing, st.Idle, st.Leased, st.Closing = int(t[Opening]), int(t[Testing]), int(t[Idle]), int(t[Leased]), int(t[Closing])
	st.Waiting = int(l.queue.n)
	return st
}

// WaitsEnded returns how many waiters have left the queue, with a slot or without.
func (st *Stats) WaitsEnded() uint64 { return st.WaitsGranted + st.WaitsRefused + st.Canceled }

// Granted returns how many leases were granted.
func (l *Ledger) Granted() uint64 { return l.granted }

// OpenedCount returns how many resources were opened.
func (l *Ledger) OpenedCount() uint64 { return l.stats.Opened }

// raiseMax raises a high-water mark. It stores only a value that has changed,
// because the marks are in a cache line that other goroutines read.
func raiseMax(mark *int32, n int32) {
	if n > *mark {
		*mark = n
	}
}

// Count returns how many slots are in a state.
func (l *Ledger) Count(s State) int { return int(l.tally[s]) }

// Snapshot is the part of Stats that describes the present, with the counts of the Total
// and the number of resources opened so far.
type Snapshot struct {
	MaxActive, Active, Opening, Testing, Idle, Leased, Closing, Waiting int
	TotalMaxActive, TotalActive                                         int
	Opened                                                              uint64
}

// Snapshot sets s to the present counts.
func (l *Ledger) Snapshot(s *Snapshot) {
	t := &l.tally
	s.MaxActive, s.Active, s.Waiting, s.Opened = l.maxActive, l.active(), int(l.queue.n), l.stats.Opened
	s.Opening, s.Testing, s.Idle = int(t[Opening]), int(t[Testing]), int(t[Idle])
	s.Leased, s.Closing = int(t[Leased]), int(t[Closing])
	if l.total != nil {
		s.TotalMaxActive, s.TotalActive = l.total.maxActive, l.total.active
	}
}

// Levels is the part of Stats that a simulation reads after every event.
type Levels struct{ Active, Idle, Leased, Waiting int }

// Levels returns the present counts.
func (l *Ledger) Levels() Levels {
	return Levels{l.active(), int(l.tally[Idle]), int(l.tally[Leased]), int(l.queue.n)}
}
