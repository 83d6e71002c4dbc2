package resource

import "sync/atomic"

// word is the state of an entry as the lane sees it, with the number of its leases
// that have ended. A lease is in force as long as the entry's word is the lease's,
// so a lease that is over can never end the lease of a later holder.
type word uint64

// laneState is the state in a word.
type laneState uint64

const (
	// offLane: leased by way of the ledger; or idle, in the ledger's list; or in the
	// hands of the goroutine that holds the lock.
	offLane laneState = iota
	// laneIdle: in the lane and idle. The goroutine that changes the word owns the
	// entry.
	laneIdle
	// laneTesting: in the lane, and taken by an acquirer that tests it: see
	// testInLane.
	laneTesting
	// laneLeased: leased from the lane.
	laneLeased

	stateMask word = 3
	oneLease  word = 4

	// revoked is set in the word of an entry whose lease Terminate has ended. Such an entry
	// is never lent again.
	revoked word = 1 << 63
)

func (w word) state() laneState { return laneState(w & stateMask) }

// with is the word in another state, with the same leases.
func (w word) with(s laneState) word { return w&^stateMask | word(s) }

// ended is the word after one more lease has ended.
func (w word) ended(s laneState) word { return w.with(s) + oneLease }

// leasesEnded is how many leases of the entry have ended.
func (w word) leasesEnded() uint64 { return uint64(w / oneLease) }

// leases is how often the entry has been lent.
func (w word) leases() uint64 {
	if w.state() == laneLeased {
		return w.leasesEnded() + 1
	}
	return w.leasesEnded()
}

// returns is how many leases have left the entry idle. An entry in the lane whose
// word says offLane was discarded or detached, so its last lease did not leave it
// idle.
func (w word) returns() uint64 {
	if w.state() == offLane {
		return w.leasesEnded() - 1
	}
	return w.leasesEnded()
}

// atomicWord is a word that several goroutines use.
type atomicWord struct{ v atomic.Uint64 }

func (a *atomicWord) Load() word   { return word(a.v.Load()) }
func (a *atomicWord) Store(w word) { a.v.Store(uint64(w)) }
func (a *atomicWord) CompareAndSwap(from, to word) bool {
	return a.v.CompareAndSwap(uint64(from), uint64(to))
}
