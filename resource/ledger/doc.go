// Package ledger is the state machine of a pool: a plain value that holds everything the
// pool knows, and makes all its decisions. It has no lock, no goroutine, no clock and no
// resource. So the same code serves the pool in production, in real time, and the
// simulator, in virtual time.
//
// It is not a pool: see package resource for that. Use this package to drive the pool's
// logic yourself, as the simulator and the tests do. It is public for them. The
// compatibility promise of this module does not cover it: any release may change it.
//
// # Contract
//
// One method stands for one event. Requests are imperative (Acquire, AcquireBackground, Release,
// Discard, Detach, Cancel, Rejoin, Withdraw, Abandon, Suspect, Shut, Reset, Retire, Resize).
// Reports of what happened outside are in the past tense (Opened, OpenFailed, Tested, Closed,
// CloseTimedOut). Advance reports that time has passed. Each takes the present instant as its
// first argument. Time must never run backwards. An event returns an [Answer], the caller's next
// action. The consequences for others are [Work]: after each event the caller must Take it and
// do it: wake waiters, close slots, test slots, and open a slot. A caller that drops work loses
// waiters and capacity.
//
// Nothing here is safe for concurrent use: the owner of the Ledger serializes
// all calls, including Take.
//
// A slot is a resource's place in the capacity. It is in one state:
//
//	        Opened             Acquire (test due)
//	Opening -----> Leased <--------- Idle -------> Testing
//	   |            |  ^  Acquire     ^              |
//	   |            |  +--------------|--------------+ Tested: passed
//	   | OpenFailed |   Release       |
//	   |            +-----------------+
//	   |            | Discard, unfit          Tested: failed
//	   v            v                                |
//	  gone <----- Closing <--------------------------+
//	       Closed, CloseTimedOut
//
// All five states occupy capacity until the close has returned, or was reported to
// have timed out.
//
// LendFast, Enqueue and ReturnFast are the common cases of Acquire and Release. Each does
// its one thing, or reports that it does not apply.
//
// An owner may lend the slot that came back last by itself, without an event for
// each use: EnterLane, ReportLane and ExitLane. All other events need the lane to be
// empty, with two exceptions: an Acquire that will not wait; and a Release while the
// slot in the lane is leased and [Ledger.LaneMustYield] is false.
//
// # Invariants
//
// [Ledger.Check] verifies them, as far as a single state shows them:
//
//	I1   A slot is in exactly one state; every count is the tally of a state. The
//	     slot in the lane counts as leased.
//	I2   opening + testing + idle + leased + closing <= MaxActive and
//	     idle <= MaxIdle, at every event; less than MaxIdle while one is in the
//	     lane. After Resize lowered a limit, the excess only shrinks.
//	I3   No acquire waits while a slot is idle or in the lane, nor while there is
//	     room, unless openings are held (I11).
//	I4   Waiters of a class are served in FIFO order; a later acquire never overtakes an
//	     earlier one of its class or of a higher one.
//	I5   Every acquire has exactly one outcome: granted, refused, canceled or
//	     failed.
//	I6   After Shut no slot is idle, no acquire waits, and every slot only moves
//	     toward closed.
//	I7   NextDeadline is never later than the earliest deadline. It may be early,
//	     but right after Advance it is not due. When no deadline is left, it becomes
//	     Never as time passes.
//	I8   A stale handle is refused; it never touches the next holder's lease.
//	I9   Every resource that was opened is closed exactly once, or detached
//	     exactly once.
//	I10  A resource past its lifetime or idle limit is never granted.
//	I11  While openings are held (Config.OpenBackoff), no opening begins beside the probe, and
//	     none before the pause is over. An acquire that waits for the pause gets its
//	     turn when the pause ends.
//	I12  With TestSuspects, a slot that was idle when another turned out to be broken is
//	     not lent before it has passed all tests.
//	I13  A close that timed out frees its place once, for the first waiter. It
//	     counts as closed for its reason, and as abandoned.
//	I14  A slot that is tested in the background was idle, is not lent until the test
//	     has passed, and keeps its place among the idle ones and its limits. At most 4
//	     are tested at a time, and at most half of the idle ones; a single idle one is
//	     tested, too.
//	I15  With ReplaceAhead, the successor of a slot is opened within MaxActive, while
//	     no acquire waits and openings are not held, one opening in advance at a time,
//	     and only for a slot that was lent. A slot that has a successor is never idle.
//	     It is closed when it comes back and no acquire waits.
//	I16  With Shed, the pool is overloaded from when the first waiter has waited for
//	     Target at every moment of an Interval, until a waiter is served and no other
//	     waits, or an acquire is granted at once. A waiter is shed only then, and only
//	     after Target. No wait is longer than Target and Interval together. Urgent
//	     waiters (I18) do not count in any of this.
//	I17  An acquire in the background never waits in the queue. It gets a slot, or a
//	     place, only while no acquire waits, and afterwards at least Reserve places
//	     of MaxActive are free or have an idle slot.
//	I18  An urgent waiter is served before all others. After 4 urgent ones in a row while
//	     others waited, the first of the others is served. MaxWaiters holds for urgent
//	     waiters and for the others each by itself. An urgent waiter is never shed.
//
// Several ledgers may share a limit: see [Total], which has invariants T1 to T7 of its
// own.
//
// # Cost
//
// Acquire, Release and all reports are O(1). Setting or removing a deadline is O(log n).
// It happens once for each resource and period, not once for each use, because a
// resource's entry in the heap of deadlines is a lower bound. The bound is corrected only
// when it falls due. No event walks over all resources: Shut and Reset cut off the idle
// list as a whole, and Advance stops after a batch with NextDeadline still due.
package ledger
