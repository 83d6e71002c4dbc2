package sim

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// witness keeps account of a pool from what is said to its ledger and what the
// ledger answers: all that can be known outside. It shares no code with the
// ledger, and computes every limit from the pool's own numbers.
type witness struct {
	pool       story.Pool
	now        Instant
	maxActive  int
	maxIdle    int
	mayActive  int // maxActive, or more since Resize lowered it
	mayIdle    int // maxIdle, or more since Resize lowered it
	resets     int
	shut       bool
	filling    filling
	lastFilled bool // the last opening for MinIdle is over

	here    []*place // all that occupy capacity, by number
	places  map[int]*place
	last    int      // highest number of a slot so far
	idle    []*place // from the one that has been idle longest
	idles   uint64   // how often one became idle
	line    []*client
	lane    *inLane // nil: nothing is there
	clients map[string]*client
	parties []*client // in the order of their first appearance
	counts  tallies

	reached Reached

	// What the present event has done so far.
	event    story.Event
	came     *place // came back to the pool
	stale    bool   // the event has a handle that is not current
	used     bool   // somebody got what was opened for MinIdle
	evicted  []*place
	advances int // in a row, at this instant

	// What the ledger shows of itself after the event.
	next   Instant
	stats  ledger.Stats
	broken error
}

// tallies is what has happened so far, and how many places are in each state.
type tallies struct {
	states                                [ledger.Closing + 1]int
	acquires, granted, cancelled, failed  uint64
	opened, openFailed, detached, toServe uint64
	refused                               [ledger.Shutdown + 1]uint64
	closed                                [ledger.NumReasons]uint64
}

func newWitness(p story.Pool) *witness {
	return &witness{
		pool: p, maxActive: p.MaxActive, maxIdle: p.MaxIdle, mayActive: p.MaxActive, mayIdle: p.MaxIdle,
		places: map[int]*place{}, clients: map[string]*client{}, next: ledger.Never, lastFilled: true,
	}
}

func (w *witness) client(name string) *client {
	c := w.clients[name]
	if c == nil && name != "" {
		c = &client{name: name}
		w.clients[name] = c
		w.parties = append(w.parties, c)
	}
	return c
}

// active is how many places are taken.
func (w *witness) active() int { return len(w.here) }

func (w *witness) room() bool { return !w.shut && w.active() < w.maxActive }

func (w *witness) count(s ledger.State) int { return w.counts.states[s] }

// begin notes a new place.
func (w *witness) begin(id int, c *client) *place {
	p := &place{id: id, state: ledger.Opening, client: c, since: w.now, epoch: w.resets}
	w.last = max(w.last, id)
	w.places[id] = p
	w.here = append(w.here, p)
	w.counts.states[ledger.Opening]++
	return p
}

// turn changes a place's state. One that is gone is forgotten.
func (w *witness) turn(p *place, to ledger.State) {
	if p.state == ledger.Idle {
		w.idle = slices.DeleteFunc(w.idle, func(x *place) bool { return x == p })
	}
	w.counts.states[p.state]--
	p.state, p.since = to, w.now
	switch to {
	case ledger.Gone:
		delete(w.places, p.id)
		w.here = slices.DeleteFunc(w.here, func(x *place) bool { return x == p })
		return
	case ledger.Idle:
		p.client, p.idled, p.turns = nil, ledger.Never, w.idles
		w.idles++
		w.idle = append(w.idle, p)
		w.came = p
	}
	w.counts.states[to]++
}

// concerned returns the place that an event is about, or nil.
func (w *witness) concerned(e *story.Event) *place {
	if c := w.clients[e.What.Client]; c != nil {
		return c.place
	}
	return w.places[e.What.Slot]
}
