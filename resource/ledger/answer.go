package ledger

import "fmt"

// Action is what the caller of an event does next.
type Action uint8

const (
	// Done: nothing.
	Done Action = iota
	// Granted: the slot is leased to the caller.
	Granted
	// Test: run the tests in Due on the slot's resource, then report Tested.
	Test
	// Open: open a resource for the slot, then report Opened or OpenFailed.
	Open
	// Close: close the slot's resource, then report Closed.
	Close
	// Wait: sleep until the waiter is woken, then look at its Answer; to leave
	// earlier, Cancel.
	Wait
	// Refused: the acquire gets nothing; Why says for what reason.
	Refused
	// Held: no resource may be opened now. The acquire goes on with Rejoin or ends with
	// Withdraw.
	Held
	// Stale: the handle was not current, and nothing happened (I8).
	Stale
)

func (m Action) String() string {
	return [...]string{"done", "granted", "test", "open", "close", "wait", "refused", "held", "stale"}[m]
}

// Answer is what an event means for its caller.
type Answer struct {
	Do     Action
	Why    Refusal // with Refused
	Handle Handle  // with Granted, Test, Open and Close
	Due    uint64  // with Test: the gates whose tests are due, by bit
}

func (a Answer) String() string {
	switch a.Do {
	case Refused:
		return fmt.Sprintf("refused (%v)", a.Why)
	case Granted, Open, Close:
		return fmt.Sprintf("%v %v", a.Do, a.Handle)
	case Test:
		return fmt.Sprintf("test %v (due %b)", a.Handle, a.Due)
	}
	return a.Do.String()
}

// Refusal is why an acquire got nothing.
type Refusal uint8

// The reasons to refuse.
const (
	NotRefused Refusal = iota
	Exhausted          // at MaxActive, and the caller does not wait
	QueueFull          // MaxWaiters wait already
	TimedOut           // WaitTimeout passed
	Shutdown           // the pool is shut
	OpenFails          // openings are held, and the caller does not wait, or nothing bounds its wait
	Shed               // the pool is overloaded, and the caller has waited for the target
	Reserved           // the acquire is in the background, and others wait, or need the places that are left
	numRefusals
)

func (r Refusal) String() string {
	return [...]string{"not refused", "exhausted", "queue full", "timed out", "shut", "opens fail", "shed", "reserved"}[r]
}

// Verdict is the outcome of a test.
type Verdict uint8

const (
	// Passed: the resource is good.
	Passed Verdict = iota
	// Failed: the resource is not good; try another.
	Failed
	// GaveUp: the resource is not good. Do not test another; open one.
	GaveUp
)

// Reason is why a resource is closed.
type Reason uint8

// The reasons to close.
const (
	NotClosed   Reason = iota
	IdleTooLong        // past its idle limit
	TooOld             // past its lifetime
	WornOut            // lent as often as its lifetime allows
	Surplus            // above MaxIdle, or above MaxActive after Resize
	FailedTest         // a test failed
	WasReset           // opened before the last Reset
	Retired            // named by Retire
	Discarded          // by its holder
	PoolShut           // the pool is shut
	Displaced          // its place was needed in another ledger of its Total
	NumReasons
)

func (r Reason) String() string {
	return [...]string{"not closed", "idle too long", "too old", "worn out", "surplus",
		"failed test", "reset", "retired", "discarded", "pool shut", "displaced"}[r]
}
