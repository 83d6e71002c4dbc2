package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
)

// request is one request of a client, from its arrival to the end of its lease.
type request struct {
	index int32
	gen   uint32 // changes when the index is used again: older events are void
	alive bool

	waiter  ledger.Waiter
	handle  ledger.Handle // its slot, from the opening to the end of the lease
	due     uint64
	arrived Instant
	since   Instant // when the present step began
	waited  time.Duration
	queued  bool    // it waits
	opening bool    // it waits for an opening that it may leave
	closes  Instant // when the close ends that it waits for, to have the place; zero: it waits for none
	place   uint64  // in the order in which requests for all keys have begun to wait

	failedOpen bool // its own opening has just failed
	rejoins    bool // it joins the queue anew, in front, since it came before the others
	// deadline is that of its wait since openings were held; zero: it has not waited then.
	deadline     Instant
	patienceEnds Instant // zero: it has not waited
	expires      Instant // end of its timeout; zero: none
	testCut      bool    // its timeout ends the test of its connection, which fails
	visiting     bool    // it is at the server
	visited      bool    // it is there, or was
	client       int32
	home         *engine // the instance that the client belongs to
	counted      bool    // it arrived after the warm-up
	background   bool

	// Drawn at its arrival, whatever becomes of it, so that a request is the same in
	// runs of different pools.
	hold     time.Duration
	service  time.Duration
	patience time.Duration
	ends     ending // if nothing goes wrong

	end  ending
	call call
}

// number is the request's number for observers.
func (r *request) number() int { return int(r.index) + 1 }

// requests is the requests under way. Indexes are used again, so there are as many as
// the most requests at a time.
type requests struct {
	all      []*request
	free     []int32
	underway int
}

func (rs *requests) take() *request {
	rs.underway++
	if n := len(rs.free); n > 0 {
		r := rs.all[rs.free[n-1]]
		rs.free = rs.free[:n-1]
		*r = request{index: r.index, gen: r.gen, alive: true}
		r.waiter.Tag = r
		return r
	}
	r := &request{index: int32(len(rs.all)), alive: true}
	r.waiter.Tag = r
	rs.all = append(rs.all, r)
	return r
}

// done ends a request, and its call unless that goes on.
func (e *engine) done(r *request) {
	if e.calls.on && e.goesOn(r) {
		return
	}
	e.forget(r)
	e.clientDone(r)
}

// clientDone has the client of a request go on at the instance that it belongs to, which
// need not be the one whose pool has served it.
func (e *engine) clientDone(r *request) {
	r.home.arriveAt(e.now)
	r.home.source.done(r.home, r.client)
}

// forget makes a request's events void, and its index free.
func (e *engine) forget(r *request) {
	r.alive = false
	r.gen++
	e.requests.underway--
	e.requests.free = append(e.requests.free, r.index)
}

// ending is how a request ends its lease.
type ending uint8

const (
	giveBack ending = iota
	discard
	panicking // panics halfway
	leak
	fail // finds the connection dead
	late // its timeout is over
)

// drawEnding draws how a lease will end.
func (e *engine) drawEnding() ending { return e.sc.Clients.ending(e.random.behavior) }

func (c *Clients) ending(s *stream) ending {
	if c.Discard == 0 && c.Panic == 0 && c.Leak == 0 {
		return giveBack
	}
	switch x := s.open01(); {
	case x < c.Discard:
		return discard
	case x < c.Discard+c.Panic:
		return panicking
	case x < c.Discard+c.Panic+c.Leak:
		return leak
	}
	return giveBack
}
