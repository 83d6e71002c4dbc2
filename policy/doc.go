// Package policy is the vocabulary in which a pool is told what to keep, for
// how long, and when to look at it again.
//
// There are four kinds of policy:
//
//   - [Lifetime]: how old a resource may get and how often it may be used;
//   - [Eviction]: how long a resource may lie idle;
//   - [BorrowTest]: a check of an idle resource before it is lent again;
//   - [Order]: which of several idle resources is lent next.
//
// A policy answers until when, not yes or no now. The pool asks once, when
// something happens to a resource (it was opened, it came back), and keeps the
// answer beside it; lending then costs a comparison of two integers. For the
// same reason a policy never reads a clock: it is told what it may need in a
// [Resource], and answers with an [Instant].
//
// Two optional methods of a policy make a pool faster. A policy that needs no time
// says so with [Timed]; a pool without a timed policy reads no clock, which may cost
// more than the rest of an acquire. A policy whose deadlines only move on says so with
// [Steady]; a pool of steady policies lends the resource that came back last without
// taking its lock.
//
// Each kind has constructors for what is usual and a function adapter for what
// is not. A policy of your own is three lines:
//
//	policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
//		return policy.Expiry{Until: r.Opened.Add(time.Hour)}
//	})
//
// Policies are asked while the pool's lock is held, so a function given to an
// adapter must be quick, must not block and must not call the pool. If it panics
// the program ends: a pool whose policy gave no answer cannot go on. It is never
// called by two goroutines at once on behalf of one pool. The check of a
// [BorrowTest] is the exception: it runs without the lock, on the goroutine of
// the caller that waits for the resource, and many may run at once.
//
// Constructors panic when they are given nonsense (a negative age, a jitter
// above the age), as [time.NewTicker] does: it is a mistake in the program, not
// something that it could handle. A value that comes from outside should be
// checked before.
//
// The package imports nothing of this project, so that policies can be shared
// between pools and simulations.
package policy
