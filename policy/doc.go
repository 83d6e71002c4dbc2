// Package policy has the policies of a pool: which resources it keeps, for how long,
// and when it tests them.
//
// There are four kinds of policy:
//
//   - [Lifetime]: how old a resource may get and how often it may be lent;
//   - [Eviction]: how long a resource may be idle;
//   - [BorrowTest]: a check of an idle resource before it is lent again;
//   - [Order]: which of several idle resources is lent next.
//
// A policy answers with a deadline, not with yes or no. The pool asks once, when a
// resource was opened or came back, and stores the answer beside the resource.
// Lending then costs a comparison of two integers. For the same reason a policy never
// reads a clock: it finds the times that it needs in an [Info], and answers with an
// [Instant].
//
// Two optional interfaces make a pool faster. A policy that needs no time implements
// [Timed]. A pool without a timed policy reads no clock; a clock reading may cost more
// than the rest of an acquire. A policy whose deadlines never get earlier implements
// [Steady]. A pool whose policies are all steady lends the resource that came back last
// without taking its lock. A pool with [MaxUses], [SoftIdleTimeout], [FIFO] or a
// function adapter such as [LifetimeFunc] always takes its lock.
//
// The package has constructors for the usual policies, and function adapters for
// others. A policy of your own takes three lines:
//
//	policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
//		return policy.Expiry{Until: r.Opened.Add(time.Hour)}
//	})
//
// The pool calls policies while it holds its lock. A policy's function must therefore
// be quick, must not block and must not call the pool. If it panics, the program
// ends, because the pool cannot go on without the answer. One pool never calls a
// policy from two goroutines at once. The function of a [BorrowTest] is the exception:
// it runs without the lock, on the goroutine of the caller that waits for the
// resource, and many may run at once.
//
// Several pools may have the same policy, and call it at the same time. The policies of
// this package keep no state, so they may be shared. A policy of your own may be shared if
// its function allows concurrent calls.
//
// Constructors panic on invalid arguments (a negative age, a jitter above the age), as
// [time.NewTicker] does, because such an argument is a mistake in the program. Check
// a value from outside, such as a setting, before you pass it.
//
// The package imports nothing of this project, so that pools and simulations can
// share policies.
package policy
