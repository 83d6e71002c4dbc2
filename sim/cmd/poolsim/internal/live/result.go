package live

import (
	"time"

	"github.com/respool/respool/sim"
)

// Result is what a run in real time has shown.
type Result struct {
	Requests uint64
	Granted  uint64
	Refused  uint64        // of all kinds
	Acquire  sim.Histogram // from arrival to grant, of those granted
	Total    sim.Histogram // from arrival to the end of the lease
	Opens    uint64
	Failed   uint64 // openings

	// Calls are requests with their retries, and Call is how long the good ones took.
	// Attempts and Good count tries and good calls in stretches of time, if Step is set.
	Calls    sim.CallCounts
	Call     sim.Histogram
	Step     time.Duration
	Attempts []uint64
	Good     []uint64
	Opened   []uint64 // openings that have succeeded, in the same stretches of time

	// Each is the instances of a fleet; without one, the pool.
	Each []Instance
	// Connections is the most connections that the server had at a time, and TurnedAway is how
	// many others it refused. Both are zero for a real server that loses and refuses none.
	Connections int
	TurnedAway  uint64
	Starts      int // of instances, by a deploy or the autoscaler
	Stops       int

	// Only a run in real time has:
	Late     sim.Histogram // how much later than drawn leases end, or their visits to a real server begin
	Worker   Lateness      // of the workers of a real server
	HandOver sim.Histogram // from a release until the waiter runs
	Arrivals sim.Histogram // how much later than drawn requests arrive
}

// Instance is one instance of a fleet.
type Instance struct {
	Requests uint64
	Granted  uint64
	Acquire  sim.Histogram // from arrival to grant, of those granted
	Opens    uint64
	Failed   uint64 // openings
}

// Overhead is by how much a lease occupies its place longer than drawn, on
// average: it ends late, and its waiter starts late.
func (r *Result) Overhead() time.Duration {
	if r.Granted == 0 {
		return 0
	}
	handed := float64(r.HandOver.Mean()) * float64(r.HandOver.Count()) / float64(r.Granted)
	return r.Late.Mean() + time.Duration(handed)
}
