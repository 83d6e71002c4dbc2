package resource

import (
	"sync/atomic"

	"github.com/respool/respool/policy"
)

// The lane lends the resource that came back last again without the pool's lock.
// It has room for one entry, which keeps its place there while it is leased.
//
// # Words
//
// An entry's word is turn<<2 | state. The turn counts its leases that have ended,
// so a lease is in force as long as the entry's word is the lease's. The states:
//
//	held   leased by way of the ledger; or idle, in the ledger's list; or in the
//	       hands of whoever has the lock
//	free   in the lane and idle: whoever changes the word owns the entry
//	proven in the lane, and taken by an acquirer that tests it: see prove.go
//	lent   leased from the lane
//
// # Contract with the ledger
//
// While an entry is in the lane the ledger believes its slot to be leased (see
// ledger.Enter). What it does not know is how often the entry was lent, and
// whether it is right now; the word tells both. Whoever has the lock tells the
// ledger of it before anything else changes (settleLaneLocked), or takes the entry out
// (emptyLaneLocked). It is taken out by every event but these: an acquire that finds
// another idle resource or begins to open one, and a release, a few in a row, of
// another resource while the one in the lane is lent. In particular by a caller
// that is about to wait, by Close, Reset, Resize, and by the timer. So nobody
// waits while there is an entry in the lane.
//
// # Protocol
//
// A pointer names the entry. It is written with the lock held only.
//
//	acquire  load the pointer; load the word; if it is free, make it lent
//	release  if the pointer names the entry, make its word free; look at the
//	         pointer again
//	empty    clear the pointer; if the word is free or proven, make it held
//	fill     set the pointer; then make the word free
//
// All are sequentially consistent. A release that made the word free before the
// pointer was cleared is found by the one who clears it; one that did so after
// finds the pointer cleared at its second look. It then takes the lock, takes the
// entry back, by the same change of the word as the others do, so that one of
// them has it, and gives it back by way of the ledger.
//
// An acquire may remember an entry that has left the lane since. If it then finds
// the word free and gets it, it came before whoever emptied the lane: it passes
// nobody.
//
// lane_model_check_test.go visits all interleavings.

// lane is the pointer. Everybody reads it all the time and it is seldom written,
// so it has a cache line of its own.
type lane[T any] struct{ atomic.Pointer[entry[T]] }

// laneInfo is what is known of the entry in the lane. It is the lock's.
type laneInfo struct {
	word           word // as it was last reported to the ledger
	missedReleases int  // releases in a row that found it lent
}

// maxMissed is how many releases in a row may find the entry in the lane lent
// before it loses its place: its holder may keep it for hours.
const maxMissed = 16

// take leases an entry that was in the lane a moment ago, if it is idle there.
func (e *entry[T]) take(now policy.Instant) (l Lease[T], ok bool) {
	w := e.word.Load()
	leased := w.with(laneLeased)
	ok = w.state() == laneIdle && int64(now) < e.until.Load() && e.word.CompareAndSwap(w, leased)
	return Lease[T]{e, leased}, ok
}

// reclaim is for a release to a lane that was emptied at the same moment: nobody
// may have seen that the entry is idle. With the lock held no other entry comes
// into the lane, nor this one again.
func (p *core[T]) reclaim(l Lease[T], after word) {
	p.mu.Lock()
	ours := p.lane.Load() != l.e && l.e.word.CompareAndSwap(after, after.with(offLane))
	p.mu.Unlock()
	if ours {
		p.giveBack(l)
	}
}

// The functions below are called with mu held.

// fillLaneLocked puts the resource that would be lent next into the lane.
func (p *core[T]) fillLaneLocked(now policy.Instant) {
	lap, ok := p.ledger.EnterLane(now)
	if !ok {
		return
	}
	e := entryOf[T](lap.Slot)
	if until := int64(lap.Until); until != e.until.Load() {
		e.until.Store(until)
	}
	if p.clock.needReturnTime {
		e.returned.Store(int64(lap.Slot.Facts().Returned))
	}
	w := e.word.Load().with(laneIdle)
	p.laneInfo = laneInfo{word: w}
	p.lane.Store(e)
	e.word.Store(w)
}

// emptyLaneLocked takes the entry out of the lane. If it is idle the ledger has it in
// its list again; if not, its holder will find the lane empty.
func (p *core[T]) emptyLaneLocked(now policy.Instant) {
	e := p.lane.Load()
	if e == nil {
		return
	}
	p.lane.Store(nil)
	w := e.word.Load()
	for (w.state() == laneIdle || w.state() == laneTesting) && !e.word.CompareAndSwap(w, w.with(offLane)) {
		w = e.word.Load()
	}
	p.reportLaneLocked(w)
	p.ledger.ExitLane(now, policy.Instant(e.returned.Load()), w.state() != laneIdle)
	if w.state() == laneTesting {
		p.ledger.TestedInLane(&e.slot)
	}
}

// settleLaneLocked tells the ledger what the lane has done. It returns the state of the
// entry there; held if there is none.
func (p *core[T]) settleLaneLocked() (state laneState) {
	e := p.lane.Load()
	if e == nil {
		return offLane
	}
	w := e.word.Load()
	p.reportLaneLocked(w)
	return w.state()
}

// reportLaneLocked tells the ledger what has happened to the entry in the lane until its
// word became w.
func (p *core[T]) reportLaneLocked(w word) {
	if last := p.laneInfo.word; w != last {
		p.ledger.ReportLane(w.leases(), w.leases() != last.leases(), w.returns() != last.returns())
		p.laneInfo.word = w
	}
}

// tryLaneLocked is for an acquire that could take nothing from the lane, and has the
// lock now. There is an entry, and it may get that after all.
func (p *core[T]) tryLaneLocked(now policy.Instant) (l Lease[T], ok bool) {
	e := p.lane.Load()
	if p.testsInLane {
		l.e = e
		if l.word, ok = e.takeForTest(now); ok {
			return l, true
		}
	} else if l, ok = e.take(now); ok {
		return l, true
	}
	// Who is about to wait must be found by whoever releases. One that is idle and
	// was not lent is past its time.
	if p.settleLaneLocked() == laneIdle || p.ledger.AtCapacity() {
		p.emptyLaneLocked(now)
	}
	return Lease[T]{}, false
}

// yieldLaneLocked is for a release by way of the ledger. The resource that comes back
// last is the one to be lent next, so one that is idle in the lane goes below it.
// One that is lent is left in peace for a while.
func (p *core[T]) yieldLaneLocked(l Lease[T], now policy.Instant) {
	p.reportUsesLocked(l)
	if p.lane.Load() == nil {
		return
	}
	if p.settleLaneLocked() == laneIdle || p.laneInfo.missedReleases == maxMissed || p.ledger.LaneMustYield() {
		p.emptyLaneLocked(now)
		return
	}
	p.laneInfo.missedReleases++
}

// reportUsesLocked is for a lease from the lane that ends by way of the ledger. The lane
// was emptied while it was in force, and others may have had the entry since that
// was reported.
func (p *core[T]) reportUsesLocked(l Lease[T]) {
	if l.word.state() == laneLeased {
		p.ledger.ReportUses(&l.e.slot, l.word.leases())
	}
}
