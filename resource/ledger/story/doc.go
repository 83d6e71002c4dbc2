// Package story writes down what happens to a pool as a script that a person can
// read and the ledger can replay. The ledger's golden tests are stories, and a
// failing run of a test or a simulator can be printed as one.
//
// The package also says which event the ledger's contract allows now: see [Standing],
// [Reports] and [Lane].
//
// It is not a simulator: it neither chooses events nor measures.
//
// # Format
//
//	# A returned resource goes to the first waiter.
//
//	pool max-active=1 idle-timeout=5m
//
//	acquire a
//	    -> open slot 1.1
//	+10ms opened a
//	    -> granted slot 1.1
//	acquire b
//	    -> wait
//	release a
//	    -> done
//	    wakes b: granted slot 1.2
//
// A story begins with a comment that says what it proves, and with the pool: see
// [Pool] for its settings. Then each line without indentation is an event. It
// happens the given time after the event before it; without a time, at the same
// instant. The indented lines below an event are all its effects: the answer to the
// caller (->), the waiters to wake, in order, the slots to close, by number, the slot
// to open, and the slots to test in the background, by number. Empty lines and comments may stand before any event.
//
// Events are the ledger's methods:
//
//	acquire CLIENT           try CLIENT (does not wait)     cancel CLIENT
//	release WHAT             discard WHAT                   detach WHAT
//	opened WHAT              open-failed WHAT               closed WHAT
//	tested WHAT passed       tested WHAT failed             tested WHAT gave-up
//	close-timed-out WHAT     abandon WHAT                   retire slot N
//	shut                     reset                          resize ACTIVE IDLE
//	suspect                  advance
//	rejoin CLIENT            withdraw CLIENT
//
//	enter                    turn CLIENT                    leave
//
// "background CLIENT" is an acquire in the background.
// A client rejoins or withdraws after the answer held.
// "acquire CLIENT urgent" is an acquire of the higher class, and "acquire CLIENT
// unbounded" one whose wait nothing bounds. It may be both, in this order.
//
// There are also two questions, next and state. Their only effect is the answer.
//
// The last three events concern the lane. Enter puts the slot that would be lent
// next into the lane, if the ledger allows it; then the effect "enters slot 1.2,
// until 5s" names the slot and the instant until which it may be lent from there.
// Turn has a client take the slot from the lane, or give it back to the lane; the
// ledger gets a report at once. Leave takes the slot out of the lane; if a client
// has the slot, its lease goes on. Until leave, only the events may happen that the
// ledger's contract allows beside the lane. While the slot in the lane is idle,
// there are none. While it is leased, another slot can be acquired, if nobody has
// to wait for that. Another slot can also be released, if that leaves a place for
// the slot in the lane.
//
// CLIENT is a name of lower-case letters and digits. WHAT names a slot in one of three
// ways. A client stands for the slot in its last answer. "slot 3" is the third slot, with
// the latest handle that was given out. "slot 3.1" is the third slot with the handle of
// generation 1, which may be stale. ACTIVE and IDLE are limits: a number, or "none" for
// no limit.
package story
