package policy

import "time"

// Gate says from which instant on an idle resource must be tested before it is lent.
// It is the part of a [BorrowTest] that does not depend on the resource's type, so
// that a simulation can use it without resources.
type Gate interface {
	// From returns the first instant at which a borrow needs the test. Zero: every
	// borrow needs it. [Never]: no borrow needs it. The pool calls From each time
	// that a resource becomes idle; for a gate that is [Steady] it may skip calls.
	From(r Info) Instant
}

// GateFunc turns a function into a [Gate].
type GateFunc func(r Info) Instant

// From calls f.
func (f GateFunc) From(r Info) Instant { return f(r) }

// always is the gate of a test that is due at every borrow.
type always struct{}

func (always) From(Info) Instant { return 0 }
func (always) Timed() bool       { return false }

// later opens when both of two gates are open.
type later struct{ a, b Gate }

func (g later) From(r Info) Instant { return max(g.a.From(r), g.b.From(r)) }
func (g later) Timed() bool         { return IsTimed(g.a) || IsTimed(g.b) }

// ifSuspected is the gate of a test that runs only on suspicion.
type ifSuspected struct{}

func (ifSuspected) From(Info) Instant { return Never }
func (ifSuspected) Timed() bool       { return false }

type ifIdleFor time.Duration

func (d ifIdleFor) From(r Info) Instant { return r.Returned.Add(time.Duration(d)) }

type atMostEvery time.Duration

func (d atMostEvery) From(r Info) Instant { return r.Tested.Add(time.Duration(d)) }
