package resource

import (
	"sync/atomic"

	"github.com/respool/respool/policy"
)

// The lane lends the resource that came back last once more, without the pool's lock.
// It has room for one entry, which keeps its place there while it is leased. word.go
// says what an entry's word means.
//
// # Contract with the ledger
//
// While an entry is in the lane, the ledger believes that its slot is leased (see
// ledger.EnterLane). The ledger does not know how often the entry was lent, nor whether
// it is lent right now; the word knows both. The goroutine that holds the lock reports
// this to the ledger before anything else changes (reportLaneLocked), or takes the entry
// out (emptyLaneLocked). Every event takes the entry out, with two exceptions. One is an
// acquire that finds another idle resource or begins to open one. The other is a few
// releases in a row of other resources while the entry is leased. In particular a caller
// that is about to wait takes it out, and so do Close, Reset, Resize and the timer. So no
// caller waits while an entry is in the lane.
//
// # Protocol
//
// A pointer names the entry. It is written only while the lock is held.
//
//	acquire  load the pointer; load the word; if it is idle, make it leased
//	release  if the pointer names the entry, make its word idle; load the pointer
//	         again
//	empty    clear the pointer; if the word is idle or testing, make it off the lane
//	fill     set the pointer; then make the word idle
//
// All of this is sequentially consistent. A release may make the word idle before the
// pointer is cleared: then the goroutine that clears it finds the entry idle. Or it
// may do so afterwards: then its second load finds the pointer cleared. In that
// case the release takes the lock and takes the entry back, by the same change of
// the word that the others would make. So exactly one of them gets the entry, and the
// release gives it back by way of the ledger.
//
// An acquire may remember an entry that has left the lane since. If it still finds the
// word idle and gets the entry, its swap is ordered before the emptying, so it
// overtakes no waiter.
//
// lane_model_check_test.go visits all interleavings.

// lane is the pointer. All goroutines read it all the time and it is seldom written,
// so the pool gives it a cache line of its own.
type lane[T any] struct{ atomic.Pointer[entry[T]] }

// laneInfo is what the ledger knows of the entry in the lane. The pool's lock
// guards it.
type laneInfo struct {
	word           word // as it was last reported to the ledger
	missedReleases int  // releases in a row that found the entry leased
}

// maxMissed is how many releases in a row may find the entry in the lane leased
// before the entry loses its place there: the holder may keep the resource for hours.
const maxMissed = 16

// take leases an entry that was in the lane a moment ago, if it is idle there.
func (e *entry[T]) take(now policy.Instant) (l Lease[T], ok bool) {
	w := e.word.Load()
	leased := w.with(laneLeased)
	ok = w.state() == laneIdle && int64(now) < e.until.Load() && e.word.CompareAndSwap(w, leased)
	return Lease[T]{e, leased}, ok
}

// reclaim is for a release to a lane that was emptied at the same moment. If no
// other goroutine has seen that the entry is idle, reclaim gives it back by way of
// the ledger. While the lock is held no entry comes into the lane, not even this
// one again.
func (p *core[T]) reclaim(l Lease[T], after word) {
	p.mu.Lock()
	ours := p.lane.Load() != l.e && l.e.word.CompareAndSwap(after, after.with(offLane))
	p.mu.Unlock()
	if ours {
		p.giveBack(l)
	}
}

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

// emptyLaneLocked takes the entry out of the lane. If the entry is idle, it goes
// back to the ledger's idle list. If not, its holder finds the lane empty.
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
	p.reportWordLocked(w)
	p.ledger.ExitLane(now, policy.Instant(e.returned.Load()), w.state() != laneIdle)
	if w.state() == laneTesting {
		p.ledger.TestedInLane(&e.slot)
	}
}

// reportLaneLocked reports to the ledger what the lane has done. It returns the
// state of the entry in the lane, or offLane if the lane is empty.
func (p *core[T]) reportLaneLocked() (state laneState) {
	e := p.lane.Load()
	if e == nil {
		return offLane
	}
	w := e.word.Load()
	p.reportWordLocked(w)
	return w.state()
}

// reportWordLocked reports to the ledger what has happened to the entry in the lane
// until its word became w.
func (p *core[T]) reportWordLocked(w word) {
	if last := p.laneInfo.word; w != last {
		p.ledger.ReportLane(w.leases(), w.leases() != last.leases(), w.returns() != last.returns())
		p.laneInfo.word = w
	}
}

// tryLaneLocked tries the lane once more, for an acquire that found nothing there
// and holds the lock now. The lane has an entry.
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
	// A release to the lane does not look for waiters, so the lane is emptied for a
	// caller that is about to wait. An entry that is idle and could not be lent is
	// past its time.
	if p.reportLaneLocked() == laneIdle || p.ledger.AtCapacity() {
		p.emptyLaneLocked(now)
	}
	return Lease[T]{}, false
}

// yieldLaneLocked is for a release by way of the ledger. The resource that came back last
// is lent next. So an idle entry in the lane goes back to the idle list, below the
// newcomer. An entry that is leased keeps its place for a while.
func (p *core[T]) yieldLaneLocked(l Lease[T], now policy.Instant) {
	p.reportUsesLocked(l)
	if p.lane.Load() == nil {
		return
	}
	if p.reportLaneLocked() == laneIdle || p.laneInfo.missedReleases == maxMissed || p.ledger.LaneMustYield() {
		p.emptyLaneLocked(now)
		return
	}
	p.laneInfo.missedReleases++
}

// reportUsesLocked is for a lease from the lane that ends by way of the ledger. The
// lane was emptied before the lease ended. After the last report the entry may have
// been lent again, to acquirers that remembered it.
func (p *core[T]) reportUsesLocked(l Lease[T]) {
	if l.word.state() == laneLeased {
		p.ledger.ReportUses(&l.e.slot, l.word.leases())
	}
}
