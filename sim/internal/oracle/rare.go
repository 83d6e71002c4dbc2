package oracle

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// Rare is something rare that a search must come to.
type Rare int

const (
	gaveUp Rare = iota
	outlasted
	failedWithRoom
	failedAtLimit
	resetInTest
	resetInOpening
	retiredInUse
	retiredInTest
	resizeAbove
	resizeForWaiters
	promised
	cancelGranted
	cancelOpening
	cancelTest
	cancelRefused
	abandonedOpening
	abandonedTest
	abandonedClose
	staleHandle
	timedOut
	lateAdvance
	pauseEnded
	openedInVain
	softLimit
	shutInLine
	heldWait
	probeFailed
	heldLifted
	heldRefused
	laneLent
	laneLeftLent
	laneLeftIdle
	laneBeside
	hungForWaiter
	hungForAcquirer
	idleTestKept
	idleTestFailed
	idleTestServes
	idleTestUnfit
	idleTests
	replacedIdle
	replacedLeased
	replacedInPlace
	shedFirst
	shedSeveral
	shedEnds
	reserved
	unreserved
	urgentFirst
	urgentStands
	NumRare
)

func (r Rare) String() string {
	return [...]string{
		"a test that gave up", "a test that outlasted a limit", "a failed test with room for another",
		"a failed test at the limit", "a reset during a test", "a reset during an opening",
		"a resource retired while it is lent", "a resource retired during its test",
		"a resize below what is active", "a resize that serves waiters", "a place promised before a resize took it",
		"a cancel that crosses a grant", "a cancel that crosses a place to open", "a cancel that crosses a test",
		"a cancel that crosses a refusal", "an opening whose acquirer left", "a test whose acquirer left",
		"a close whose acquirer left", "a handle that is stale", "a wait that timed out", "a timer that is late",
		"a pause that a success ended", "an opening for MinIdle in vain", "a soft idle limit that closes",
		"a pool shut with waiters", "an acquire that waits though there is room, because opens are held",
		"a probe that failed", "a probe that succeeded while others waited", "a waiter refused because opens fail",
		"a lease from the lane", "a slot that leaves the lane lent",
		"a slot that leaves the lane idle", "another slot acquired or released beside the lane",
		"a close that timed out before a waiter", "a close that timed out before its acquirer",
		"a test in the background that passed", "a test in the background that failed",
		"a test in the background that served a waiter", "a reset or a shut during a test in the background",
		"several tests in the background",
		"an idle slot replaced ahead", "a leased slot replaced ahead", "a slot closed for its successor",
		"a waiter that is shed", "a waiter that is shed from a queue of several", "an overload that ends",
		"an acquire in the background refused for the reserve", "an acquire in the background that gets a slot",
		"an urgent waiter served before another", "a waiter served before an urgent one",
	}[r]
}

// reach counts a rare thing, if it is there.
func (w *Witness) reach(is bool, what Rare) {
	if is {
		w.reached[what]++
	}
}

// noteRare notes what is rare in an event that is about to happen.
func (w *Witness) noteRare(e *story.Event, at policy.Instant) {
	c, p := w.clients[e.What.Client], w.slotOf(e)
	switch e.Verb {
	case story.Tested:
		if e.What.Client == "" {
			w.noteRareIdleTest(e, p)
			return
		}
		w.reach(e.Verdict == ledger.GaveUp, gaveUp)
		w.reach(e.Verdict == ledger.Failed && w.room(), failedWithRoom)
		w.reach(e.Verdict == ledger.Failed && !w.room(), failedAtLimit)
		w.reach(e.Verdict == ledger.Passed && w.hardIdle() > 0 && at.Sub(p.idled) > w.hardIdle(), outlasted)
	case story.Opened, story.OpenFailed, story.Closed, story.CloseTimedOut:
		w.noteRareEnd(e, at, p)
	case story.Cancel:
		w.reach(c.Woken && c.Doing == ledger.Granted, cancelGranted)
		w.reach(c.Woken && c.Doing == ledger.Open, cancelOpening)
		w.reach(c.Woken && c.Doing == ledger.Test, cancelTest)
		w.reach(c.Woken && c.Doing == ledger.Done, cancelRefused)
	case story.Abandon:
		w.reach(p.state == ledger.Opening, abandonedOpening)
		w.reach(p.state == ledger.Testing, abandonedTest)
		w.reach(p.state == ledger.Closing, abandonedClose)
	case story.Release, story.Discard, story.Detach:
		w.reach(c == nil || c.Doing != ledger.Granted, staleHandle)
	case story.Turn:
		w.reach(w.lane.holder == nil, laneLent)
	case story.Leave:
		w.reach(w.lane.holder != nil, laneLeftLent)
		w.reach(w.lane.holder == nil, laneLeftIdle)
		return
	default:
		w.noteRarePoolEvent(e, at, p)
	}
	w.reach(w.lane != nil && (asks(e.Verb) || e.Verb == story.Release), laneBeside)
}

// noteRareIdleTest notes what is rare in the end of a test in the background.
func (w *Witness) noteRareIdleTest(e *story.Event, p *slot) {
	passed := e.Verdict == ledger.Passed
	w.reach(passed && len(w.queue) == 0, idleTestKept)
	w.reach(!passed, idleTestFailed)
	w.reach(passed && len(w.queue) > 0, idleTestServes)
	w.reach(w.shut || p.epoch < w.resets, idleTestUnfit)
	w.reach(w.underTest() > 1, idleTests)
}

// noteRareEnd notes what is rare in the end of an opening or of a close.
func (w *Witness) noteRareEnd(e *story.Event, at policy.Instant, p *slot) {
	switch e.Verb {
	case story.Opened:
		w.reach(!p.fill && w.refill.at > at, pauseEnded)
		w.reach(w.hold.failures > 0 && len(w.queue) > 0, heldLifted)
	case story.OpenFailed:
		w.reach(w.hold.probe == p && p != nil, probeFailed)
	case story.Closed:
		w.reach(p.client != nil && !w.shut && w.active() > w.maxActive, promised)
	case story.CloseTimedOut:
		w.reach(p.client == nil && len(w.queue) > 0, hungForWaiter)
		w.reach(p.client != nil, hungForAcquirer)
	}
}

// noteRarePoolEvent notes what is rare in an event of the pool or of one of its slots.
func (w *Witness) noteRarePoolEvent(e *story.Event, at policy.Instant, p *slot) {
	switch e.Verb {
	case story.Reset:
		w.reach(w.count(ledger.Testing) > 0, resetInTest)
		w.reach(w.count(ledger.Opening) > 0, resetInOpening)
	case story.Retire:
		w.reach(p.state == ledger.Leased, retiredInUse)
		w.reach(p.state == ledger.Testing, retiredInTest)
	case story.Resize:
		w.reach(w.active() > e.MaxActive, resizeAbove)
		w.reach(len(w.queue) > 0 && w.active() < e.MaxActive, resizeForWaiters)
	case story.Advance:
		w.reach(w.next < at, lateAdvance)
	case story.Shut:
		w.reach(len(w.queue) > 0, shutInLine)
	}
}

// noteRareEffect notes what is rare in an effect.
func (w *Witness) noteRareEffect(f *story.Effect) {
	switch p := w.byID[f.Slot]; {
	case f.Do == ledger.Refused && f.Why == ledger.TimedOut && f.Kind == story.Wakes:
		w.reached[timedOut]++
	case f.Do == ledger.Refused && f.Why == ledger.Reserved && len(w.queue) == 0:
		w.reached[reserved]++
	case w.event.Verb == story.Background && givesSlot(f):
		w.reached[unreserved]++
	case f.Do == ledger.Refused && f.Why == ledger.Shed && f.Kind == story.Wakes:
		w.reached[shedFirst]++
		w.reach(len(w.queue) > 1, shedSeveral)
	case f.Do == ledger.Refused && f.Why == ledger.OpenFails && f.Kind == story.Wakes:
		w.reached[heldRefused]++
	case f.Do == ledger.Wait && w.room():
		w.reached[heldWait]++
	case f.Do != ledger.Close || p == nil:
	case f.Reason == ledger.IdleTooLong && w.pool.Keep > 0:
		w.reached[softLimit]++
	case p.stock && f.Reason == ledger.IdleTooLong && w.now >= w.refill.at:
		w.reached[openedInVain]++
	}
}
