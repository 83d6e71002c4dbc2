// Package observe is the seam between a simulation and what watches it. Package sim
// calls an [Observer], and package check has one that judges every event.
package observe

import (
	"errors"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Observer watches a run. Functions that are nil are not called. An error that one of
// them returns ends the run.
type Observer struct {
	// Begin is called before anything has happened.
	Begin func(Run) error
	// Event is called after the ledger has answered an event, and before the work that
	// follows from it is taken.
	Event func(Event) error
	// Each is called after each event of the simulation, of which the ledger may have seen
	// any number.
	Each func() error
	// End is called when everything that has arrived is served.
	End func() error
	// NoReport saves a run the memory for a report that nobody reads.
	NoReport bool
}

// FleetObserver watches the run of a fleet. Functions that are nil are not called. An error
// that one of them returns ends the run.
type FleetObserver struct {
	// Begin is called before anything has happened, and before Begin of the instances.
	Begin func(FleetRun) error
	// Instance returns the observer of an instance. Of that only Begin and Event are called.
	Instance func(instance int) Observer
	// Each is called after each event of the simulation, with the instance that it belongs to.
	Each func(instance int) error
	// End is called when everything that has arrived is served.
	End func() error
	// NoReport saves a run the memory for a report that nobody reads.
	NoReport bool
}

// KeysObserver watches the run of a scenario with keys. Functions that are nil are not
// called. An error that one of them returns ends the run.
type KeysObserver struct {
	// Begin is called before anything has happened, and before Begin of the keys.
	Begin func(KeysRun) error
	// Key returns the observer of a key's pool. Of that only Begin and Event are called.
	Key func(key int) Observer
	// Each is called after each event of the simulation, when all keys have done their work.
	Each func() error
	// End is called when everything that has arrived is served.
	End func() error
	// NoReport saves a run the memory for a report that nobody reads.
	NoReport bool
}

// ErrEnough is what Event or Each returns to end a run without an error: End is called next.
var ErrEnough = errors.New("observe: the observer has seen enough")

// Event is an event of the ledger, and its answer.
type Event struct {
	At      policy.Instant
	Verb    string // as stories write it
	Request int    // its number in the run, from 1; 0: no request waits for the event
	Handle  ledger.Handle
	Verdict ledger.Verdict // of a test
	Waits   bool           // at an acquire: the request would wait
	Answer  ledger.Answer

	MaxActive, MaxIdle int // at a resize

	Unbounded bool // at an acquire: nothing bounds its wait
	Urgent    bool // at an acquire: it is of the higher class
}

// Run is a run as its observer sees it.
type Run interface {
	Ledger() *ledger.Ledger
	// Request returns the number of the request that waits, from 1. The numbers of
	// requests that are done are used again.
	Request(*ledger.Waiter) int
	Now() policy.Instant
	// Events returns how many events the ledger has seen.
	Events() uint64

	// Audit returns an error if the simulation's own books are wrong. It is for the time
	// between two of its events.
	Audit() error
	// Deadlock returns the first deadlock of requests that hold leases and wait for
	// another one, or "".
	Deadlock() (at policy.Instant, text string)

	// StopFaults has nothing die or fail from now on, and no new request arrive. Leases that
	// leaked are given back.
	StopFaults()
	// Step goes on to the next event of the simulation, and reports false if there is
	// none.
	Step() (bool, error)
	// Shut shuts the pool.
	Shut() error
}

// FleetRun is the run of a fleet as its observer sees it.
type FleetRun interface {
	// Instances returns how many instances there ever are.
	Instances() int
	// Acting returns the instance whose event is handled.
	Acting() int
	Now() policy.Instant

	// Audit returns an error if the books of the fleet and its server are wrong. It is for
	// the time between two events.
	Audit() error
	// StopFaults is that of each [Run]. No instance starts or stops any more.
	StopFaults()
	// Step goes on to the next event of all instances, and reports false if there is none.
	Step() (bool, error)
	// Shut shuts the pools of all instances.
	Shut() error
	// Requests returns how many requests are under way in all instances.
	Requests() int
	// Left returns an error if anything is left at the server, or in an instance, when all
	// pools are shut and at rest.
	Left() error
}

// KeysRun is the run of a scenario with keys as its observer sees it.
type KeysRun interface {
	// Keys returns how many keys there are.
	Keys() int
	// Acting returns the key whose event is handled. The event may change other keys, too.
	Acting() int
	Now() policy.Instant
	// Events returns how many events the ledgers have seen.
	Events() uint64
	// Connections returns how many connections all keys have.
	Connections() int

	// Audit returns an error if the books of the server, or those of the key whose event is
	// handled, are wrong. It is for the time between two events.
	Audit() error
	// CheckLedgers has all ledgers, and what they share, check the whole of their state.
	CheckLedgers() error
	// StopFaults is that of each [Run].
	StopFaults()
	// Step goes on to the next event of all keys, and reports false if there is none.
	Step() (bool, error)
	// Shut shuts the pools of all keys.
	Shut() error
	// WhyNotIdle says why the pool of a key is not at rest, or "".
	WhyNotIdle(key int) string
	// Left returns an error if anything is left at the server, or in a pool, when all pools
	// are shut and at rest.
	Left() error
}
