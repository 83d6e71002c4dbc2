package sim

// Open is the former name of [OpenLoop]. It goes with v1.
//
// Deprecated: use OpenLoop.
type Open = OpenLoop

// Closed is the former name of [ClosedLoop]. It goes with v1.
//
// Deprecated: use ClosedLoop.
type Closed = ClosedLoop
