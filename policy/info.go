package policy

// Info describes a resource to a policy. The pool knows no more about it, and a policy does
// not get the resource itself. A rule about something else, such as the bytes that a
// connection has carried, is for the holder of the lease: see Lease.DiscardSound of package
// resource.
type Info struct {
	// Opened is when the opening of the resource ended.
	Opened Instant
	// Returned is when the resource last came back from a holder, or Opened if
	// it was never lent. For policies that are [Steady] it may be too early, by at
	// most the error that [IdleTimeout] documents.
	Returned Instant
	// Tested is when the resource last passed the check whose [Gate] is asked. It is
	// Opened if the resource never did, because a new resource counts as tested.
	Tested Instant
	// Uses is how often the resource has been lent. It is zero for a [Lifetime], which
	// is asked before the first use.
	Uses int
	// Draw is a random number in [0, 1). It is drawn when the resource is opened and
	// stays the same at every call. It comes from the pool's seeded generator, so that
	// a policy with random decisions still replays from a seed. All policies of a
	// resource see the same number.
	Draw float64
}
