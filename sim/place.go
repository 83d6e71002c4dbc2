package sim

import "github.com/respool/respool/resource/ledger"

// place is a slot, and the resource in it.
type place struct {
	id     int
	state  ledger.State
	client *client // who opens, tests, holds or closes it on its way; nil: nobody
	since  Instant // of the state

	open     bool // there is a resource
	fill     bool // opened for MinIdle
	stock    bool // and not lent yet
	opened   Instant
	returned Instant
	idled    Instant // when it last became idle; Never: it went straight to the next
	turns    uint64  // how many became idle before it did
	tested   []Instant
	due      uint64
	uses     int
	epoch    int    // the resets before it began to be opened
	spoilt   string // why it must not be lent again
	gen      int    // of the handle that the latest holder gave up, if any
	why      ledger.Reason
}

// client is somebody who acquires.
type client struct {
	name   string
	doing  ledger.Action // what it was told to do; Done: nothing
	asking bool          // its acquire has no outcome yet
	woken  bool          // and has not done anything since
	since  Instant
	place  *place // of the latest handle
	gen    int
	former bool // that handle was given up: using it again must have no effect
}
