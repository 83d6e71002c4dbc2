// Package resource is a pool for anything that is costly to open and can be
// used again: connections, clients, handles, subprocesses.
//
// A [Pool] keeps what has been opened and lends it. [Pool.Acquire] hands out a
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
// The pool cannot see whether a resource is good after an error. Where an error
// does not spoil it, [Pool.Do] is shorter.
//
// What is kept, for how long, and whether it is still good, is decided by the
// policies in [Config]; package policy has the usual ones.
//
// # What the pool promises
//
// Never more than MaxActive resources exist at a time. One that is being opened,
// tested or closed counts as much as one in use, until its close has returned.
//
// Who waits is served first come, first served; nobody who comes later gets
// ahead. A caller whose context ends leaves the line, and what was given to it
// at that very moment goes to the next.
//
// Idle resources are closed when their time is up, without any traffic. The pool
// has one timer and no goroutine of its own. Neither keeps a pool alive that the
// program has dropped without Close: the garbage collector finds it, and what it
// has is closed. See [Pool] for what may not refer to the pool then.
//
// Functions given in Config run without any lock held, those of policies
// excepted. If one of the former panics or calls [runtime.Goexit], the resource is
// closed, its place is free again, and the panic goes on to whoever caused the
// call: see [PanicError].
//
// A resource is opened and tested on the goroutine of the caller that needs it,
// with that caller's context. A caller whose context ends does not wait for a
// close, nor for an Open that goes on (see Config.OpenDetached).
//
// Closes do not wait for one another: one that hangs keeps its own place and no
// other.
//
// # What it is not
//
// The pool does not retry, does not balance between several kinds of resource,
// and does not know what an error of a resource means: who holds the lease does,
// and calls Discard. It cannot take a lease back from a holder that forgot it.
//
// All methods of Pool and Lease are safe for concurrent use.
package resource
