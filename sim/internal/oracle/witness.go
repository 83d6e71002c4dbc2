package oracle

import (
	"slices"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// Witness keeps account of a pool from the ledger's events and their answers alone. It
// shares no code with the ledger, and computes every limit from the pool's own
// numbers.
type Witness struct {
	pool       story.Pool
	now        policy.Instant
	maxActive  int
	maxIdle    int
	mayActive  int // maxActive, or more since Resize lowered it
	mayIdle    int // maxIdle, or more since Resize lowered it
	resets     int
	shut       bool
	refill     refill
	hold       hold
	lastFilled bool // the last opening in advance is over
	successors int  // opened so far, to replace a slot
	load       standing

	slots      []*slot // all slots, by number
	byID       map[int]*slot
	last       int        // highest number of a slot so far
	idle       []*slot    // from the one that has been idle longest
	idles      uint64     // how often a slot became idle
	queue      []*client  // urgent ones before all others
	urgentRun  int        // urgent ones served since another one was, while others waited
	lane       *laneState // nil: nothing is there
	clients    map[string]*client
	clientList []*client // in the order of their first appearance
	counts     tallies

	reached [NumRare]uint64

	// The effects of the present event so far.
	event    story.Event
	came     *slot // came back to the pool
	ended    *slot // its close has ended
	opensOne bool  // the event opens one in advance
	stale    bool  // the event has a handle that is not current
	used     bool  // a resource opened for MinIdle was lent
	evicted  []*slot
	advances int // in a row, at this instant

	// The ledger's public state after the event.
	next   policy.Instant
	stats  ledger.Stats
	broken error
}

// tallies counts what has happened so far, and the slots in each state.
type tallies struct {
	states                                [ledger.Closing + 1]int
	acquires, granted, canceled, failed   uint64
	opened, openFailed, detached, toServe uint64
	abandoned                             uint64 // closes
	refused                               [ledger.Reserved + 1]uint64
	closed                                [ledger.NumReasons]uint64
}

func newWitness(p story.Pool) *Witness {
	return &Witness{
		pool: p, maxActive: p.MaxActive, maxIdle: p.MaxIdle, mayActive: p.MaxActive, mayIdle: p.MaxIdle,
		byID: map[int]*slot{}, clients: map[string]*client{}, next: ledger.Never, lastFilled: true, load: standing{since: ledger.Never},
	}
}

func (w *Witness) client(name string) *client {
	c := w.clients[name]
	if c == nil && name != "" {
		c = &client{name: name}
		w.clients[name] = c
		w.clientList = append(w.clientList, c)
	}
	return c
}

// active is the number of slots.
func (w *Witness) active() int { return len(w.slots) }

func (w *Witness) room() bool { return !w.shut && w.active() < w.maxActive }

func (w *Witness) count(s ledger.State) int { return w.counts.states[s] }

// addSlot notes a new slot.
func (w *Witness) addSlot(id int, c *client) *slot {
	p := &slot{id: id, state: ledger.Opening, client: c, since: w.now, epoch: w.resets}
	if w.hold.failures > 0 {
		w.hold.probe = p
	}
	w.last = max(w.last, id)
	w.byID[id] = p
	w.slots = append(w.slots, p)
	w.counts.states[ledger.Opening]++
	return p
}

// setState changes a slot's state. A slot that is gone is forgotten.
func (w *Witness) setState(p *slot, to ledger.State) {
	if p.state == ledger.Idle {
		w.idle = without(w.idle, p)
	}
	w.counts.states[p.state]--
	p.state, p.since = to, w.now
	if w.hold.probe == p {
		w.hold.probe = nil
	}
	switch to {
	case ledger.Gone:
		delete(w.byID, p.id)
		w.slots = without(w.slots, p)
		return
	case ledger.Idle:
		p.client, p.idled, p.turns = nil, ledger.Never, w.idles
		w.idles++
		w.idle = append(w.idle, p)
		w.came = p
	}
	w.counts.states[to]++
}

// without removes a slot. It looks for it from the end, where the slots are that a LIFO
// pool lends.
func without(all []*slot, p *slot) []*slot {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i] == p {
			return slices.Delete(all, i, i+1)
		}
	}
	return all
}

// slotOf returns the slot that an event is about, or nil.
func (w *Witness) slotOf(e *story.Event) *slot {
	if c := w.clients[e.What.Client]; c != nil {
		return c.slot
	}
	return w.byID[e.What.Slot]
}

// slot is what the witness knows of a slot, and of the resource in it.
type slot struct {
	id     int
	state  ledger.State
	client *client        // opens, tests, holds or closes it; may be nil
	since  policy.Instant // of the state

	open     bool  // there is a resource
	fill     bool  // opened for MinIdle
	heir     bool  // opened to replace another
	looked   bool  // the pool has looked whether to replace it
	makes    bool  // it may be closed to make place for its successor
	replaces *slot // the old one, if only one could be meant
	// superseded is true once its successor is certainly open.
	superseded bool
	stock      bool // opened for MinIdle and not lent yet
	opened     policy.Instant
	returned   policy.Instant
	idled      policy.Instant // when it last became idle; Never: it went straight to the next
	checked    policy.Instant // when it became idle, or last passed a test in the background
	turns      uint64         // how many became idle before it did
	tested     []policy.Instant
	due        uint64
	uses       int
	epoch      int // the resets before it began to be opened
	retired    bool
	suspect    bool   // another turned out to be broken, and it was idle then
	tainted    string // why it must not be lent again
	gen        int    // of the handle that the latest holder gave up, if any
	why        ledger.Reason
}

// client is a client that acquires.
type client struct {
	story.Standing
	name   string
	asking bool // its acquire has no outcome yet
	since  policy.Instant
	slot   *slot // of the latest handle
	gen    int

	unbounded bool           // nothing bounds its wait
	urgent    bool           // of the higher class
	again     bool           // its wait has begun with a rejoin
	came      policy.Instant // when its wait began, for shedding
	deadline  policy.Instant // of its wait since it first rejoined; zero: it has not
}

// Now returns the instant of the latest event.
func (w *Witness) Now() policy.Instant { return w.now }

// Next returns the first deadline that the ledger has reported after the latest event.
func (w *Witness) Next() policy.Instant { return w.next }

// Reached returns how often each rare thing has happened.
func (w *Witness) Reached() [NumRare]uint64 { return w.reached }
