// Package resource is a pool for anything that is costly to open and can be
// used again: connections, clients, handles, subprocesses.
//
// A [Pool] keeps opened resources and lends them. [Pool.Acquire] hands out a
// [Lease], the right to use one resource until it is released:
//
//	lease, err := pool.Acquire(ctx)
//	if err != nil {
//		return err
//	}
//	defer lease.Discard() // does nothing after Release
//	if err := use(lease.Value()); err != nil {
//		return err // the resource may be broken, or in the middle of something
//	}
//	lease.Release()
//
// The pool cannot see whether a resource is good after an error. If an error leaves the
// resource usable, [Pool.Do] is shorter.
//
// The policies in [Config] decide which resources the pool keeps, for how long, and
// whether they are still good. Package policy has the usual ones.
//
// # What the pool promises
//
// No more than MaxActive resources exist at a time. A resource counts while it is being
// opened, tested or closed, until its close has returned.
//
// Waiters are served in FIFO order; a later caller never overtakes an earlier one. A
// caller whose context ends leaves the queue. If it was granted a resource at that
// very moment, the resource goes to the next waiter.
//
// An idle resource is closed when its time is up, even if the pool is not in use. The
// pool runs no background goroutine and has one timer. If the program drops a pool
// without Close, the timer does not keep the pool alive: the garbage collector finds it,
// and then its resources are closed. For that, some functions of Config must not refer to
// the pool; [Pool] says which.
//
// Except for policies, functions in Config are called without holding a lock. If such a
// function panics or calls [runtime.Goexit], its resource is closed and its place is free
// again. The panic goes on in the caller: see [PanicError]. If no caller waits for the
// function, the panic ends the program.
//
// A resource is opened and tested on the goroutine of the caller that needs it, with that
// caller's context. With Config.OpenDetached, Open runs on another goroutine, so a caller
// whose context ends does not wait for it. No caller whose context has ended waits for a
// close.
//
// Closes do not wait for one another. A close that hangs occupies only its own place in
// MaxActive.
//
// # Many pools under one limit
//
// A [Keyed] has a pool for each key, and MaxActive and MaxIdle over all keys. If an
// acquire needs a place, it closes the resource that has been idle longest under any key,
// and takes its place. There is one queue over all keys, so no key starves.
//
// # Watching a pool
//
// [Pool.Stats] counts everything, at the cost of taking the lock once, and
// [Pool.Inspect] describes each resource and each waiter. Both cost nothing until they are
// called.
//
// With Config.Observer an [Observer] gets each [Event] when it happens, with its details:
// how long a caller waited, why a resource was closed, or how an opening failed. It runs
// without a lock, on the goroutine that has the resource. So the events of a resource come
// in order, and a slow observer delays only that caller and that resource.
//
// With Config.Histograms the pool measures how long callers wait and use resources, and how
// long openings, tests and closes take. A [Histogram] gives quantiles to two significant
// digits, in constant memory.
//
// A pool with an Observer or with Histograms takes its lock for each Acquire and Release.
// Other pools pay nothing for this.
//
// # What it is not
//
// The pool does not retry, and it does not balance between several kinds of
// resource. It does not know what an error of a resource means: the holder of the
// lease knows, and calls Discard.
//
// # When something is wrong
//
// If the pool refuses an acquire, the error is a [*PoolError]. It says how many resources
// there were, what they were doing, and why the last opening failed. [Pool.Inspect] lists each
// resource. Config.LeakAfter reports leases that are out for long, with their borrowers,
// and Config.Reclaim takes back the resource of a lease that the program has lost.
// [Pool.WaitReady] is for startup probes, and [Pool.Terminate] for a program that must end
// now.
//
// All methods of Pool, Keyed and Lease are safe for concurrent use.
package resource
