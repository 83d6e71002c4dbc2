package policy

// Info is what a policy may know of a resource.
type Info struct {
	// Opened is when the resource's opening was done.
	Opened Instant
	// Returned is when the resource last came back from a holder, or Opened if
	// it was never lent. For policies that are [Steady] it may be earlier, by what
	// [IdleTimeout] says.
	Returned Instant
	// Tested is when the test that asks last passed on the resource, or Opened
	// if it never did: a fresh resource counts as tested.
	Tested Instant
	// Uses is how often the resource has been lent.
	Uses int
	// Draw is a number in [0, 1) drawn for this resource when it was opened, the
	// same at every call. It comes from the pool's seeded generator, so that a
	// policy with chance in it still replays from a seed.
	Draw float64
}
