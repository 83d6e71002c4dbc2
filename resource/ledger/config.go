package ledger

import (
	"time"

	"github.com/respool/respool/policy"
)

// Instant is an instant on the pool's time line.
type Instant = policy.Instant

// Never is an instant that never comes.
const Never = policy.Never

// NoLimit, as MaxActive, MaxIdle or MaxWaiters, sets no limit.
const NoLimit = 1<<31 - 1

// Config is the configuration of a ledger. No number has a special meaning: a zero is
// zero, and the caller applies defaults.
type Config struct {
	MaxActive  int // at least 1; NoLimit
	MaxIdle    int // at least 0; NoLimit
	MinIdle    int // kept idle where there is room; at most MaxIdle and MaxActive
	MaxWaiters int // at least 0; NoLimit

	// WaitTimeout bounds every wait. Zero: no bound.
	WaitTimeout time.Duration

	Order    policy.Order
	Lifetime policy.Lifetime // nil: no limit
	Eviction policy.Eviction // nil: no limit
	Gates    []policy.Gate   // one for each test of a borrow; at most 64

	// Shed refuses waiters early while the pool is overloaded: see shed.go. Zero: never.
	Shed policy.CoDel
	// Reserve is how many places of MaxActive acquires in the background leave: see
	// reserve.go. It is less than MaxActive.
	Reserve int
	// OpenBackoff holds openings after one has failed: see hold.go. Zero: they are never
	// held.
	OpenBackoff policy.Backoff
	// ReplaceAhead is how long before the end of its lifetime a slot is replaced: see
	// replace.go. Zero: never.
	ReplaceAhead time.Duration
	// TestIdleEvery is the time after which an idle slot is tested in the background,
	// by all tests. It needs Gates. Zero: never.
	TestIdleEvery time.Duration

	// TestSuspects has idle slots tested after another turned out to be broken: see
	// suspect.go. It needs a gate.
	TestSuspects bool

	// LaneTests says that the owner runs every test on the slot in the lane before each
	// lease, regardless of the gates. See TestedInLane.
	LaneTests bool

	// Total is a limit that the ledger shares with others. Nil: none. With it there
	// is no lane, and the common cases LendFast and ReturnFast never apply.
	Total *Total

	// Owner is for the owner: the ledger carries it and never looks at it. With a
	// Total, it says whose ledger NextTouched has returned.
	Owner any

	// Seed seeds the generator behind policy.Info.Draw.
	Seed uint64

	// NewSlot allocates a slot, so that an owner can embed the slot in a struct of
	// its own. Nil: new(Slot).
	NewSlot func() *Slot
}
