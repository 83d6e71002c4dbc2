// Package story writes down what happens to a pool as a script that a person can
// read and the ledger can replay. The ledger's golden tests are stories, and a
// failing run of a test or a simulator can be printed as one.
//
// It is no simulator: it chooses no events and measures nothing.
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
// A story begins with a comment that says what it proves, and the pool: see
// [Pool] for its settings. Then each line without indentation is an event, which
// happens the given time after the one before it, or at the same instant. The
// indented lines below it are its effects, all of them: the answer to the caller
// (->), the waiters that it wakes, in order, the slots that it has closed, by
// number, and the one that it has opened. Empty lines and comments may stand
// before any event.
//
// Events are the ledger's methods:
//
//	acquire CLIENT           try CLIENT (does not wait)     cancel CLIENT
//	release WHAT             discard WHAT                   detach WHAT
//	opened WHAT              open-failed WHAT               closed WHAT
//	tested WHAT passed       tested WHAT failed             tested WHAT gave-up
//	abandon WHAT             shut                           reset
//	resize ACTIVE IDLE       advance
//	enter                    turn CLIENT                    leave
//
// and two questions, next and state, whose answers are their only effect.
//
// The last three are the lane's. Enter puts the slot that would be lent next there,
// if it can be; the effect "enters slot 1.2, until 5s" says so, and until when it
// may be lent. Turn has a client take it from there, or give it back, which is
// reported to the ledger at once. Leave takes it out; if a client has it, that
// lease goes on. Until then no other event may happen but those that the ledger's
// contract allows beside the lane: a slot that is idle there comes first, and while
// it is lent another one can be acquired, where nobody has to wait for that, or be
// released, where that leaves a place for the one in the lane.
//
// CLIENT is a name, of lower-case letters and digits. WHAT is a client, which
// stands for the slot in the last answer that it got; or "slot 3", the third slot
// with the latest handle that was given out; or "slot 3.1", with the handle of
// that generation, for those who use a stale one. A limit that is not there is
// written none.
package story
