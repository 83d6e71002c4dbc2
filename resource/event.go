package resource

import (
	"context"
	"time"
)

// Observer gets the events of a pool: see Config.Observer.
type Observer interface {
	// Observe is called once for each event. It runs without a lock, so it may call the
	// pool. It is called concurrently.
	//
	// Observe should return soon. An event of a resource is observed by the goroutine that
	// has the resource at that moment, before anything else happens to it. So the events
	// of one resource come in order. A slow Observe delays only that goroutine and that
	// resource.
	//
	// A panic of Observe, or a call of [runtime.Goexit], is counted in
	// Stats.ObserverPanics. A panic ends there. A Goexit in EventAcquired, EventRefused
	// or EventReturned ends the goroutine of the caller, and the pool takes the resource
	// back.
	Observe(Event)
}

// OpenObserver is an Observer that may also add values to contexts, for example the spans
// of a trace.
//
// Its methods are called on a goroutine that the opening waits for. They run without a lock,
// and concurrently. pool is Config.Name. The context that they return must be derived from
// ctx. Nil stands for ctx. A panic, or a call of [runtime.Goexit], is counted in
// Stats.ObserverPanics, and then the context stays as it was.
type OpenObserver interface {
	Observer

	// AcquireOpens is called when an acquire is about to open its first resource. began is
	// when the acquire began. EventAcquired or EventRefused of this acquire has the
	// context that it returns.
	AcquireOpens(ctx context.Context, pool string, began time.Time) context.Context

	// OpenBegins is called before each call of Config.Open, with what AcquireOpens has
	// returned for its acquire, or with a context of the pool: see [InAdvance]. Open is called
	// with the values of the context that it returns, which EventOpened or EventOpenFailed
	// then has.
	OpenBegins(ctx context.Context, pool string) context.Context
}

// Observers returns an observer that calls several observers in order. It leaves out nil
// ones, and returns nil if there are no others. If one panics, the others are still
// called.
func Observers(all ...Observer) Observer {
	var flat observers
	for _, o := range all {
		switch o := o.(type) {
		case nil:
		case observers:
			flat = append(flat, o...)
		default:
			flat = append(flat, o)
		}
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return flat
}

// observers are several observers. A pool calls each of them by itself, so that each
// panic is counted.
type observers []Observer

func (o observers) Observe(e Event) {
	if len(o) > 0 {
		defer o[1:].Observe(e) // even if the first one panics
		o[0].Observe(e)
	}
}

// Event is an event of a pool. Fields that its kind does not mention are zero.
type Event struct {
	Kind EventKind // says what has happened, and which other fields are set
	Pool string    // Config.Name
	Time time.Time // when it happened

	// Context is that of the acquire, for EventAcquired and EventRefused, with what an
	// [OpenObserver] has added. For EventOpened, EventOpenFailed and EventTested it is the
	// one that Open or the test was called with: [InAdvance] and [WhileIdle] say whether an
	// acquirer waits.
	Context context.Context

	// Took is how long it took: the acquire; the call of Open; the test; the call of
	// Close; the call of Reset, Retire or Resize. For the end of a lease it is how long
	// the resource was leased.
	Took time.Duration

	// Waited is how much of an acquire was spent in the queue.
	Waited time.Duration

	// Resource is the number of the resource in its pool, from 1, in the order in which
	// resources began to be opened. A number is never used again. Zero: the event is not
	// one of a resource.
	Resource uint64

	Reason CloseReason // of EventClosed

	// Err is what the acquire returned, for EventRefused; an [*OpenError], for
	// EventOpenFailed; the error of the test, or nil if it passed, for EventTested; and
	// the error of Close, or nil, for EventClosed.
	Err error

	// Abandoned says of EventClosed that Config.CloseTimeout has passed, and Close has
	// not returned.
	Abandoned bool

	// Stack is the stack of the caller that has the lease, for EventLeaked,
	// EventLeakReturned and EventLost.
	Stack []byte
}

// EventKind is the kind of an event.
type EventKind uint8

// The kinds of events. Each acquire ends with EventAcquired or EventRefused, unless its
// context had ended before it began. Each EventAcquired is followed by EventReturned,
// EventDiscarded or EventDetached of the same resource, unless [Pool.Terminate] ends the
// lease. Each EventOpened is followed by EventClosed or EventDetached.
const (
	// EventAcquired: an acquirer has got a lease. See Context, Took, Waited, Resource.
	EventAcquired EventKind = iota + 1
	// EventRefused: an acquirer has got nothing. See Context, Took, Waited, Err.
	EventRefused
	// EventOpened: a resource is open. See Context, Took, Resource.
	EventOpened
	// EventOpenFailed: a call of Open has failed, or panicked. See Context, Took,
	// Resource, Err.
	EventOpenFailed
	// EventOpensHeld: an opening has failed, and from now on openings are held: see
	// Config.OpenBackoff.
	EventOpensHeld
	// EventOpensResumed: an opening has succeeded, and openings are held no longer.
	EventOpensResumed
	// EventTested: a resource was tested; Err is nil if it passed. See Context, Took,
	// Resource, Err.
	EventTested
	// EventReturned: a lease was released. See Took, Resource. Config.Cleanup is called
	// after it.
	EventReturned
	// EventDiscarded: a lease was discarded. See Took, Resource.
	EventDiscarded
	// EventDetached: a resource was detached. See Took, Resource.
	EventDetached
	// EventClosed: a resource was closed. See Took, Resource, Reason, Err, Abandoned.
	EventClosed
	// EventLeaked: a lease has been out for long.
	EventLeaked
	// EventLeakReturned: a lease that was reported as EventLeaked has come back.
	EventLeakReturned
	// EventLost: the program has lost a lease without ending it.
	EventLost
	// EventResetDone: a call of Reset is over. See Took.
	EventResetDone
	// EventRetiredDone: a call of Retire is over. See Took.
	EventRetiredDone
	// EventResized: a call of Resize has changed the limits. See Took.
	EventResized
	// EventShutDown: the pool was closed, and lends nothing any more.
	EventShutDown
)

// String returns the name of the kind: "acquired", "open_failed".
func (k EventKind) String() string { return nameOf(eventNames[:], int(k)) }

var eventNames = [...]string{
	EventAcquired:     "acquired",
	EventRefused:      "refused",
	EventOpened:       "opened",
	EventOpenFailed:   "open_failed",
	EventOpensHeld:    "opens_held",
	EventOpensResumed: "opens_resumed",
	EventTested:       "tested",
	EventReturned:     "returned",
	EventDiscarded:    "discarded",
	EventDetached:     "detached",
	EventClosed:       "closed",
	EventLeaked:       "leaked",
	EventLeakReturned: "leak_returned",
	EventLost:         "lost",
	EventResetDone:    "reset_done",
	EventRetiredDone:  "retired_done",
	EventResized:      "resized",
	EventShutDown:     "shut_down",
}

// CloseReason is why a resource is closed. [ClosedCounts] counts by it.
type CloseReason uint8

// The reasons, as [ClosedCounts] explains them.
const (
	ClosedIdleTooLong CloseReason = iota + 1
	ClosedTooOld
	ClosedWornOut
	ClosedSurplus
	ClosedFailedTest
	ClosedReset
	ClosedRetired
	ClosedDiscarded
	ClosedPoolClosed
	ClosedDisplaced
)

// String returns the name of the reason: "idle_too_long".
func (r CloseReason) String() string { return nameOf(reasonNames[:], int(r)) }

var reasonNames = [...]string{
	ClosedIdleTooLong: "idle_too_long",
	ClosedTooOld:      "too_old",
	ClosedWornOut:     "worn_out",
	ClosedSurplus:     "surplus",
	ClosedFailedTest:  "failed_test",
	ClosedReset:       "reset",
	ClosedRetired:     "retired",
	ClosedDiscarded:   "discarded",
	ClosedPoolClosed:  "pool_closed",
	ClosedDisplaced:   "displaced",
}

func nameOf(names []string, i int) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return "unknown"
}
