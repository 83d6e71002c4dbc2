package ledger

import (
	"fmt"

	"github.com/respool/respool/policy"
)

// State is the state of a slot.
type State uint8

// The states of a slot. All but Gone occupy capacity.
const (
	Gone State = iota
	Opening
	Testing
	Idle
	Leased
	Closing
	numStates
)

func (s State) String() string {
	return [...]string{"gone", "opening", "testing", "idle", "leased", "closing"}[s]
}

// Slot is a resource's place in the capacity, from the decision to open it to
// the return of its close. It is never used for a second resource.
//
// An owner that needs a struct of its own for each resource embeds the Slot in it,
// as the first field, and allocates both in Config.NewSlot. A pool may have very
// many idle resources, so the fields that only some policies need are in details. The
// Slot has no room left: its 88 bytes are the limit of TestSlotIsSmall. A new field that
// not every pool needs belongs into details.
type Slot struct {
	next, prev *Slot   // idle list, or a list of slots to close in a Work
	until      Instant // first instant at which it is not lent any more, if idle
	expires    Instant // end of its lifetime
	returned   Instant
	details    *details // nil where nothing needs them
	gen        uint64
	uses       uint32
	maxUses    uint32 // zero: no limit
	epoch      uint32 // the ledger's when it joined the idle list
	resets     uint32 // the ledger's when it began to open; or retired
	heapPos    int32
	livePos    int32
	id         uint32
	state      State
	why        Reason     // why it is closed
	then       afterClose // what its closer does afterwards
	openedFor  openFor
}

// openFor is for whom a slot is being opened, or was.
type openFor uint8

const (
	forNobody openFor = iota
	forCaller         // an acquirer that waits for it
	forMinIdle
	unusedFill     // opened for MinIdle, and not lent yet
	forReplacement // of a slot near its end
)

// details are the fields that most pools do not need.
type details struct {
	opened, tested Instant
	draw           float64
	clearOf        uint32  // the suspicions that it is clear of
	testFrom       Instant // first instant at which lending it needs a test
	softAt         Instant // from here on it stays only while no more than softKeep are idle
	softKeep       int
	idleSeq        uint64    // orders slots by when they became idle
	testedBy       []Instant // when each gate's test last passed, if there are several gates
	due            uint64    // by bit, the gates whose tests are under way
	idleTestAt     Instant   // from here on an idle slot is tested in the background
	softPos        int32     // place in softIdle, from 1; zero: not there
	idleTestPos    int32     // place in the heap of these tests, from 1; zero: not there
	replacePos     int32     // place in the heap of slots to replace, from 1; zero: not there
	replaces       *Slot     // the slot whose successor is being opened here
	superseded     bool      // it is in use, and its successor is open

	// For a ledger with a Total.
	ledger               *Ledger // whose slot this is
	heir                 *Slot   // the slot of another ledger that gets the place once this one is closed
	totalNext, totalPrev *Slot   // the idle list of the total
	totalListed          bool    // it is there
	totalTested          bool    // it is tested in the background
}

// ID numbers the slots of a ledger in the order in which they began to open,
// from 1.
func (s *Slot) ID() int { return int(s.id) }

// Expires returns the end of the resource's lifetime, or Never. It does not
// change once the resource is open.
func (s *Slot) Expires() Instant { return s.expires }

// Facts returns what policies know of the resource. If no policy of the ledger asks
// for the facts again, Opened, Tested and Draw are zero: see [Ledger.KeepFacts].
func (s *Slot) Facts() policy.Info {
	facts := policy.Info{Returned: s.returned, Uses: int(s.uses)}
	if d := s.details; d != nil {
		facts.Opened, facts.Tested, facts.Draw = d.opened, d.tested, d.draw
	}
	return facts
}

// softAt returns the instant at which an idle slot passes its soft limit.
func (s *Slot) softAt() Instant {
	if s.details == nil {
		return Never
	}
	return s.details.softAt
}

// Handle names a slot while one holder has it. It becomes stale with Release,
// Discard, Detach and Cancel (I8).
type Handle struct {
	Slot *Slot
	Gen  uint64
}

func (h Handle) String() string {
	if h.Slot == nil {
		return "no slot"
	}
	return fmt.Sprintf("slot %d.%d", h.Slot.id, h.Gen)
}

// afterClose says what the closer of a slot does when the slot is closed.
type afterClose uint8

const (
	closeFree     afterClose = iota // nothing: the place is free
	closeRetry                      // look for an idle slot again; if there is none, open one in its place
	closeReopen                     // open one in its place
	closeRefuse                     // be refused: the pool is shut
	closeHandOver                   // open its heir, a slot of another ledger
	closeReplace                    // nothing; the ledger opens its successor
)

// acquires reports whether an acquirer of this ledger closes the slot, for its place.
func (a afterClose) acquires() bool {
	return a == closeRetry || a == closeReopen || a == closeRefuse
}

// Handle returns the handle of a slot's present holder.
func (s *Slot) Handle() Handle { return Handle{s, s.gen} }
