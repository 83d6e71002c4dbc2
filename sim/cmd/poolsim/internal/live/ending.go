package live

import (
	"time"

	"github.com/respool/respool/resource"
)

// ending is how a request ends its lease, if nothing goes wrong.
type ending uint8

const (
	releases ending = iota
	discards
	panics // halfway
	leaks
)

// drawEnding returns how the next request ends its lease. The lock is held.
func (p *player) drawEnding() ending {
	switch discard, panicking, leak := p.draws.Ending(); {
	case discard:
		return discards
	case panicking:
		return panics
	case leak:
		return leaks
	}
	return releases
}

// part returns how long a holder uses its connection of a hold: one that panics does so halfway.
func (d *drawn) part(hold time.Duration) time.Duration {
	if d.end == panics {
		return hold / 2
	}
	return hold
}

// outcome is what became of a request, for the call that it is a part of.
type outcome uint8

const (
	good outcome = iota
	failed
	abandoned // its holder has panicked or leaked the lease: the call has failed, and is not tried again
)

// outcomeOf returns the outcome of a lease that ended in one of these ways.
func outcomeOf(end ending, err error) outcome {
	switch {
	case err != nil:
		return failed
	case end == panics || end == leaks:
		return abandoned
	}
	return good
}

// endLease ends a lease as its holder does. After an error the answer may still come, so the
// connection is discarded.
func (p *player) endLease(l resource.Lease[*conn], end ending, err error) {
	switch {
	case err != nil || end == discards:
		l.Discard()
	case end == panics:
		panicWith(l)
	default:
		p.fakes.hears(l.Value(), p.clock.now())
		l.Release()
	}
}

// panicWith panics in the function that has the lease, which discards it, as [resource.Pool.Do] does.
func panicWith(l resource.Lease[*conn]) {
	defer func() { _ = recover() }() // as servers do for what handles a request
	defer l.Discard()
	panic("the holder of a lease panics")
}

// leak keeps a lease that nobody ends before the run is over.
func (p *player) leak(l resource.Lease[*conn]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaked = append(p.leaked, l)
}
