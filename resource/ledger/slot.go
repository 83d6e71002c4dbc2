package ledger

import (
	"fmt"

	"github.com/respool/respool/policy"
)

// State is where a slot stands.
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
// An owner that needs a record of its own for each resource embeds the Slot in
// it, as its first field, and makes both in Config.NewSlot. A pool may have very
// many idle resources, so what only some policies need stands in details.
type Slot struct {
	next, prev *Slot   // idle list, or the list of doomed slots in a Work
	until      Instant // first instant at which it is not lent any more
	expires    Instant // lifetime
	returned   Instant
	details    *details // nil where nothing asks for them
	gen        uint64
	uses       uint32
	maxUses    uint32 // zero: no limit
	epoch      uint32 // the ledger's when it joined the idle list
	resets     uint32 // the ledger's when it began to open
	heapPos    int32
	livePos    int32
	id         uint32
	state      State
	why        Reason     // of its closing
	then       afterClose // what its closer does afterwards
	openedFor  openFor
}

// openFor is for whom a slot is being opened, or was.
type openFor uint8

const (
	forNobody openFor = iota
	forCaller         // who waits for it
	forMinIdle
	unusedFill // opened for MinIdle, and not lent yet
)

// details is what most pools do without.
type details struct {
	opened, tested Instant
	draw           float64
	testFrom       Instant // first instant at which lending it needs a test
	softAt         Instant // from here on it stays only among the last keep
	softKeep       int
	idleSeq        uint64    // orders those that became idle
	softPos        int       // place among those that stay past softAt, from 1; zero: none
	testedBy       []Instant // by gate, if there are several
	due            uint64    // gates of the test under way
}

// ID numbers the slots of a ledger in the order in which they began to open,
// from 1.
func (s *Slot) ID() int { return int(s.id) }

// Expires returns the end of the resource's lifetime, or Never. It does not
// change once the resource is open.
func (s *Slot) Expires() Instant { return s.expires }

// Facts returns what policies know of the resource. Where no policy of the
// ledger's asks for them again, and Config.Facts is not set, the details are
// zero: Opened, Tested and Draw.
func (s *Slot) Facts() policy.Info {
	facts := policy.Info{Returned: s.returned, Uses: int(s.uses)}
	if d := s.details; d != nil {
		facts.Opened, facts.Tested, facts.Draw = d.opened, d.tested, d.draw
	}
	return facts
}

// softAt is when an idle slot passes its soft limit.
func (s *Slot) softAt() Instant {
	if s.details == nil {
		return Never
	}
	return s.details.softAt
}

// Handle names a slot for as long as one holder has it. It becomes stale with
// Release, Discard, Detach and Cancel (I8).
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

// afterClose is what the one who closes a slot does once it is closed.
type afterClose uint8

const (
	closeFree   afterClose = iota // nothing: the place is free
	closeRetry                    // look for an idle slot again, else open in its place
	closeReopen                   // open in its place
	closeRefuse                   // learn that the pool is shut
)

func (s *Slot) handle() Handle { return Handle{s, s.gen} }

// Handle returns the handle of a slot's present holder.
func (s *Slot) Handle() Handle { return s.handle() }
