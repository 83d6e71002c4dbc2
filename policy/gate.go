package policy

import "time"

// Gate says from when on an idle resource must be tested before it is lent. It
// is the part of a [BorrowTest] that knows nothing of the resource's type, and
// all of it that a simulation needs. It is asked each time that a resource
// becomes idle.
type Gate interface {
	// From returns the first instant at which a borrow needs the test. Zero: at
	// every borrow. [Never]: at none.
	From(r Info) Instant
}

// GateFunc makes a [Gate] of a function.
type GateFunc func(r Info) Instant

// From calls f.
func (f GateFunc) From(r Info) Instant { return f(r) }

// always is the gate of a plain test.
type always struct{}

func (always) From(Info) Instant { return 0 }
func (always) Timed() bool       { return false }

// later opens when both of two gates are open.
type later struct{ a, b Gate }

func (g later) From(r Info) Instant { return max(g.a.From(r), g.b.From(r)) }
func (g later) Timed() bool         { return IsTimed(g.a) || IsTimed(g.b) }

type ifIdleFor time.Duration

func (d ifIdleFor) From(r Info) Instant { return r.Returned.Add(time.Duration(d)) }

type atMostEvery time.Duration

func (d atMostEvery) From(r Info) Instant { return r.Tested.Add(time.Duration(d)) }
