package resource

import (
	"context"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// KeepNone, as MaxIdle, closes every resource when it comes back.
const KeepNone = -1

// Config configures a pool. Only Open is required; the zero value of every other
// field is a default that is documented with it. A pool counts to 1<<31-1: a limit
// of that or more is no limit. A Config can be used for several pools.
type Config[T any] struct {
	// Open opens a resource. The context is that of the caller that needs the resource; for
	// MinIdle and ReplaceAhead it is the pool's own. Open should return when the context
	// ends. Open is called concurrently. If it returns an error, the pool ignores the value
	// beside it, so Open itself must close whatever it has opened by then.
	Open func(ctx context.Context) (T, error)

	// Close closes a resource. Nil: there is nothing to close. Its error is
	// counted in Stats.CloseErrors and otherwise dropped. Close is called concurrently
	// for different resources, up to 16 at a time for one event such as Reset; a
	// call that takes longer than 100 ms makes room for another one. A close that
	// hangs therefore delays other closes and does not stop them. It counts toward
	// MaxActive until it returns, unless CloseTimeout is set.
	//
	// A panic goes on in the caller that waits for the close, as a [*PanicError] if
	// the close ran on another goroutine. Some closes have no caller that waits:
	// those of evicted resources, of resources above a limit that Resize lowered,
	// and those whose acquirer has left. A panic there ends the program.
	Close func(T) error

	// CloseTimeout is the time after which the pool no longer waits for a call of Close.
	// The resource then does not count toward MaxActive any more, although Close has not
	// returned: the other end may still have it. It is counted in Stats.ClosesAbandoned.
	// Its place goes to the next caller, the caller that waited for the close goes on,
	// and Shutdown does not wait for it. An error that Close returns later is still
	// counted in Stats.CloseErrors, and a later panic ends the program. With a
	// CloseTimeout each Close runs on a goroutine of its own. Zero: no bound.
	CloseTimeout time.Duration

	// MaxActive is how many resources exist at most, in any state. Zero: no limit; then a
	// caller waits only while OpenBackoff holds openings, or for the MaxActive of a Keyed.
	MaxActive int

	// MaxIdle is how many idle resources are kept. When one more comes back, the
	// one that has been idle longest is closed. Zero: no limit. KeepNone: no idle
	// resource is kept.
	MaxIdle int

	// MinIdle is how many idle resources are opened in advance, one after another,
	// where MaxActive leaves room. It begins with New. After a failure the next
	// attempt is made 0.1 s later, then 0.2 s and so on up to 10 s. If Open panics
	// for MinIdle, no caller can recover, and the program ends. Zero: no resource
	// is opened in advance.
	//
	// With an idle limit use policy.SoftIdleTimeout with the same number. A hard limit
	// closes the minimum too, and a resource that is closed unused is replaced after
	// the same growing pause. A caller's own opening ends the pause.
	MinIdle int

	// MaxWaiters is how many callers may wait at a time; one more gets
	// ErrTooManyWaiters. Callers of AcquireUrgent are counted by themselves. Zero: no limit.
	MaxWaiters int

	// WaitTimeout bounds the wait in the queue, besides the caller's context. A caller
	// that has waited for this time gets ErrWaitTimeout. Time spent on opening or testing
	// does not count. Zero: no bound.
	WaitTimeout time.Duration

	// Shed refuses waiters early while the pool is overloaded. The pool is overloaded when
	// the first waiter has waited for Shed.Target or longer at every moment of
	// Shed.Interval. From then on each waiter that has waited for Target gets ErrShed. This
	// ends when a caller is served and the queue is empty. The others get a resource in
	// time: see policy.CoDel. WaitTimeout and MaxWaiters apply as well. Callers of
	// AcquireUrgent are never shed. Zero: no caller is refused early.
	Shed policy.CoDel

	// Reserve is how many places of MaxActive [Pool.AcquireBackground] leaves to all
	// other callers. It needs MaxActive, and must be less. Zero: none; AcquireBackground
	// still gets nothing while others wait.
	Reserve int

	// Order says which idle resource is lent first. Zero: policy.LIFO.
	Order policy.Order

	// Lifetime limits age and number of uses. Nil: no limit.
	Lifetime policy.Lifetime

	// ReplaceAhead is how long before the end of its Lifetime a resource is replaced.
	// Another one is opened first, in the background. Then the old one is closed at once, or
	// when it comes back if it is leased. So no caller waits for an opening that could be
	// foreseen. One resource at a time is opened in this way, within MaxActive, and not
	// while a caller waits. If MaxActive resources exist, an old one that is idle is closed
	// first and then replaced, provided that another is idle. In a Keyed no resource is
	// closed first, so nothing is replaced ahead while there is no room. If many resources
	// have the same age, ReplaceAhead must be long enough to open all of them; or spread
	// their ages with policy.MaxAgeJitter. A resource is replaced in the second half of its
	// lifetime at the earliest.
	//
	// An unused resource is not replaced, so an unused pool replaces each resource at
	// most once after its last use. If MinIdle needs a resource, it is opened when the
	// old one is closed. If Open fails, the next attempt comes after the same pause as
	// for MinIdle. [InAdvance] returns true in such an Open, and OpenTimeout bounds it.
	// It needs a Lifetime. Zero: a resource is closed at the end of its lifetime, and the
	// next caller that needs one opens it.
	ReplaceAhead time.Duration

	// Eviction limits how long a resource stays idle. Nil: no limit. If the timeout
	// is a second or more, and every BorrowTest has a steady gate, the pool may
	// record the instant of a return too early. The error is at most a thousandth
	// of the timeout, and at most a second; see policy.IdleTimeout.
	Eviction policy.Eviction

	// BorrowTest checks an idle resource before it is lent. If a resource fails, the pool
	// closes it and tries the next idle one. If no idle resource is left, the pool opens
	// one. The zero BorrowTest checks nothing.
	BorrowTest policy.BorrowTest[T]

	// TestIdleEvery has idle resources tested in the background, by all checks of BorrowTest
	// regardless of their gates: each one that has been idle for this time, and again after
	// each such period. Such a test can keep the other end from dropping an idle connection.
	// It finds a broken resource before a caller does. It can renew a token that expires.
	// [WhileIdle] returns true in such a test.
	//
	// At most 4 resources are tested at a time, and at most half of the idle ones; a single
	// idle one is tested, too. A resource that is being tested is not lent, and counts as
	// Testing. If it passes, its idle time goes on, so Eviction closes it as without the
	// test. If it fails, it is closed, and replaced if MinIdle asks for it. Without
	// BorrowTest New returns an error. At least a millisecond. Zero: idle resources are not
	// tested.
	//
	// The context of the test ends when the pool is closed, and after TestIdleEvery. A
	// test that ignores it keeps its resource from being lent for as long as it takes. If
	// the test panics, no caller can recover, and the program ends.
	TestIdleEvery time.Duration

	// TestBudget is the time after which a caller whose tests fail stops trying
	// idle resources and opens one in the place of the last that failed. Unlike
	// policy.Within, it does not end a test that is under way. Zero: no bound.
	TestBudget time.Duration

	// TestSuspects has idle resources tested after another one turned out to be broken: it
	// was discarded, or it failed its test. Each resource that was idle at that moment is
	// tested before it is lent, regardless of the test's gate. So a restart of the other
	// end costs callers one broken resource, not one for each idle resource. See also
	// [Pool.Suspect]. It needs a BorrowTest; policy.IfSuspected makes one that is used for
	// nothing else. False: a broken resource says nothing about others.
	TestSuspects bool

	// OpenDetached is for an Open that may ignore its context, or may take longer
	// than callers can wait. If the caller's context can end, Open runs on another
	// goroutine. A caller whose context ends leaves at once. Open goes on, and the
	// resource goes to the next waiter or becomes idle.
	//
	// The context that Open gets has the caller's values and does not end with the
	// caller. Once the caller has left, it ends when the pool is closed, and
	// OpenTimeout after the caller left. It also ends when Open has returned.
	//
	// If Open panics while its caller waits, the panic goes on in the caller, as a
	// [*PanicError] with the stack. If the caller has left, no one can recover, and
	// the program ends, as it does for any goroutine.
	//
	// False: Open runs in the caller's goroutine, with the caller's context, and the caller
	// leaves when Open has returned.
	OpenDetached bool

	// ServeEnded has TryAcquire serve a caller whose context has ended already: it
	// may get an idle resource. A test or an Open that the call needs gets that
	// context. False: TryAcquire returns ctx.Err() to such a caller, as Acquire
	// always does.
	ServeEnded bool

	// OpenTimeout bounds an opening while no caller waits for it. With OpenDetached the
	// context of Open ends that long after the caller has left; for MinIdle and ReplaceAhead
	// it ends that long after Open was called. A caller that waits has its own context as
	// the bound. Zero: no bound.
	OpenTimeout time.Duration

	// OpenBackoff protects the other end while it is down. After an opening has failed, openings
	// are held: one resource at a time is opened, with a pause after each failure. Callers
	// that need a new resource wait in the queue. If a resource comes back first, the first
	// waiter gets it. A caller whose own opening has failed waits at the front of the queue.
	// The first success ends this, for callers and for MinIdle. Openings that were under way at
	// the first failure are not interrupted.
	//
	// A wait ends with the caller's context, or after WaitTimeout, with a [*HeldError]. If
	// neither bounds the wait, the caller gets the error of its own opening, or a HeldError
	// when an opening fails and nothing is leased that could come back. A caller of
	// TryAcquire gets a HeldError at once. The longest pause must be at least a millisecond.
	// Zero: openings are never held.
	OpenBackoff policy.Backoff

	// Cleanup makes a resource ready for its next user. Release (and Pool.Do) calls it on
	// the releasing goroutine, without holding a lock. The lease is over by then, and the
	// resource still counts as leased. It can be lent again after Cleanup has returned
	// nil. If Cleanup returns an error, panics or calls [runtime.Goexit], the resource is
	// closed, and counted in Closed.Discarded and in CleanupErrors; a panic then goes on
	// to the caller of Release. Release does not return the error of Cleanup. Cleanup is
	// called concurrently for different resources.
	//
	// The context ends after CleanupTimeout, and when the pool is closed. The pool
	// does not interrupt Cleanup otherwise, so Cleanup must obey the context. A nil
	// error counts as success even if the context has ended.
	//
	// Cleanup is not called by Discard or Detach, nor for a lease that ends after
	// the pool was closed: these resources are not lent again. It is not called for
	// a new resource, nor for one whose borrow test failed. A resource that is too
	// old may be closed after its Cleanup. A pool with Cleanup takes its lock for
	// each Acquire and Release. Nil: there is nothing to clean up.
	Cleanup func(ctx context.Context, v T) error

	// CleanupTimeout bounds Cleanup. Zero: no bound.
	CleanupTimeout time.Duration

	// Name is the name of the pool in events and exporters. It may be empty.
	Name string

	// Observer gets each event of the pool. [Observers] combines several observers. A
	// pool with an Observer takes its lock for each Acquire and Release. Nil: no
	// observer.
	Observer Observer

	// Histograms has the pool measure how long callers wait in the queue, how long resources
	// are in use, and how long Open, tests and Close take: see Stats.Histograms. It takes
	// some tens of kilobytes, which do not grow with the number of resources or with time,
	// and one or two readings of the clock for each Acquire and Release. Such a pool also
	// takes its lock for each of them, as a pool with an Observer does. False: nothing is
	// measured.
	Histograms bool

	// LeakAfter has the pool report a lease that has been out for longer, with the stack of
	// the caller of Acquire: EventLeaked, once, and EventLeakReturned when it comes back.
	// Stats.Leaked counts those that are out now, and [Pool.Inspect] and [Pool.Terminate] show
	// the stacks of all. Such a pool takes its lock for each Acquire and Release, and each
	// Acquire allocates some hundred bytes and takes about a microsecond longer. It works
	// without an Observer, too. Zero: no reports.
	LeakAfter time.Duration

	// Reclaim takes back a resource whose lease the program has lost. If the garbage
	// collector finds that nothing refers to the lease, or to a copy of it, the resource is
	// closed and its place is free. So code that uses the resource must keep the lease.
	// EventLost reports it with the stack of the caller of Acquire, and Stats.Lost counts it;
	// the resource counts as discarded. It is not known when the collector runs, so this is a
	// safety net and not a way to give resources back. It costs a little more than LeakAfter.
	// Within a bubble of testing/synctest nothing is taken back. False: a lost lease keeps
	// its place.
	Reclaim bool

	// Seed seeds the generator behind policy.Info.Draw. Zero: a random seed.
	Seed uint64
}

// limit converts a limit of Config, where zero means no limit, to the ledger's.
func limit(n int) int {
	if n == 0 {
		return ledger.NoLimit
	}
	return min(n, ledger.NoLimit)
}

// idleLimit is limit for MaxIdle, where KeepNone means zero.
func idleLimit(n int) int {
	if n == KeepNone {
		return 0
	}
	return limit(n)
}
