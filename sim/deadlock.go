package sim

import (
	"fmt"
	"strings"
)

// deadlocks watches for deadlocks of requests that hold leases and wait for another one:
// they hold all places, so that no lease can end until one of them gives up.
type deadlocks struct {
	held   int // places of requests that wait for another lease
	leaked int // places that are never given back
	under  bool
	since  Instant
	found  *Deadlocks
}

// Deadlocks is the deadlocks of requests that hold leases while they wait for another
// one. Times are in seconds.
type Deadlocks struct {
	Count   int     `json:"count"`
	First   float64 `json:"first"`   // when the first one began
	Total   float64 `json:"total"`   // how long there was one
	Forever bool    `json:"forever"` // the run has ended in one
	// Instance is the instance of a fleet whose pool has the first deadlock.
	Instance int `json:"instance,omitempty"`
	// Holders are the requests of the first deadlock.
	Holders []Holder `json:"holders"`
	Waiting int      `json:"waiting"` // in the first deadlock: all requests that waited
}

// Holder is a request that is a part of a deadlock.
type Holder struct {
	Request int      `json:"request"`  // its number, as in [Event]
	Holds   []string `json:"holds"`    // slots, as in a story: "1.1"
	WaitsAs int      `json:"waits_as"` // the number of its request that waits
}

// block notes that a request waits while its outer requests hold leases.
func (d *deadlocks) block(e *engine, r *request) {
	r.call.blocks = true
	d.held += r.call.depth
	d.look(e)
}

// leaks notes that a place is never given back.
func (d *deadlocks) leaks(e *engine) {
	d.leaked++
	d.look(e)
}

// look begins a deadlock, if there is one now.
func (d *deadlocks) look(e *engine) {
	most := e.sc.Pool.MaxActive
	if d.under || most == 0 || d.held == 0 || d.held+d.leaked < most {
		return
	}
	d.under, d.since = true, e.now
	if d.found == nil {
		d.found = &Deadlocks{First: e.now.Sub(0).Seconds(), Holders: e.holders(), Waiting: e.ledger.Levels().Waiting}
	}
	d.found.Count++
}

// String names the holders of all connections, and the waiters.
func (d *Deadlocks) String() string {
	const most = 8
	var who []string
	for i, h := range d.Holders {
		if i == most {
			who = append(who, fmt.Sprintf("%d more hold %d and wait", len(d.Holders)-most, len(h.Holds)))
			break
		}
		who = append(who, fmt.Sprintf("request %d holds %s and waits as request %d", h.Request, strings.Join(h.Holds, " and "), h.WaitsAs))
	}
	return fmt.Sprintf("all places are held by requests that wait for another one: %s", strings.Join(who, ", "))
}

// unblock notes that a request no longer waits.
func (d *deadlocks) unblock(e *engine, r *request) {
	if !r.call.blocks {
		return
	}
	r.call.blocks = false
	d.held -= r.call.depth
	d.end(e)
}

// end ends a deadlock, if it has resolved.
func (d *deadlocks) end(e *engine) {
	if d.under && (d.held == 0 || d.held+d.leaked < e.sc.Pool.MaxActive) {
		d.under = false
		d.found.Total += e.now.Sub(d.since).Seconds()
	}
}

// holders names the requests that hold leases and wait.
func (e *engine) holders() (all []Holder) {
	for _, r := range e.requests.all {
		if !r.alive || !r.call.blocks {
			continue
		}
		h := Holder{WaitsAs: r.number()}
		for outer := r.call.outer; outer != nil; outer = outer.call.outer {
			h.Request = outer.number()
			h.Holds = append(h.Holds, fmt.Sprintf("%d.%d", outer.handle.Slot.ID(), outer.handle.Gen))
		}
		all = append(all, h)
	}
	return all
}

// report returns nil if there was no deadlock.
func (d *deadlocks) report(e *engine) *Deadlocks {
	if d.found == nil || !d.under {
		return d.found
	}
	r := *d.found
	r.Forever = true
	r.Total += e.now.Sub(d.since).Seconds()
	return &r
}

// breakDeadlocks makes requests give up that hold leases and wait for another.
func (e *engine) breakDeadlocks() {
	for _, r := range e.requests.all {
		if r.alive && r.queued && r.call.depth > 0 {
			e.leaves(r)
		}
	}
}
