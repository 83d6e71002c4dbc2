package resource

import (
	"math"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// retireBatch bounds how many resources one hold of the lock looks at.
const retireBatch = 256

// Retire replaces the resources for which match returns true. Idle ones are closed
// before Retire returns, leased ones when they come back, and one that is being tested
// after the test. A resource that is being opened during the call is matched as soon as
// it is open; its acquirer may still use it once. Resources that begin to be opened
// after the call began are not matched. Until a resource is closed it counts toward
// MaxActive. Use Retire when a part of the resources is out of date: those that are
// connected to an address that is no longer in use, for example. [Pool.Reset] replaces
// all.
//
// Retire calls match on the caller's goroutine without holding a lock, once or twice for
// each resource, also for resources that others use, test or close at the same time. For
// a resource that was being opened it calls match on another goroutine. If match panics
// there, the program ends. Retire panics if match is nil. After Close it does nothing.
func (p *Pool[T]) Retire(match func(T) bool) {
	if match == nil {
		panic("resource: nil function")
	}
	begin := p.begins()
	func() {
		var todo ledger.Work
		defer func() { p.perform(todo) }() // even if match panics
		p.retire(match, &todo)
	}()
	p.poolEvent(EventRetiredDone, begin)
}

// retire is Retire without the closes, which it adds to todo.
func (p *Pool[T]) retire(match func(T) bool, todo *ledger.Work) {
	var matched []*entry[T]
	w := p.beginRetire(match)
	for batch := w.next(p.core); len(batch) > 0; batch = w.next(p.core) {
		matched = matched[:0]
		for _, e := range batch {
			if match(e.val) {
				matched = append(matched, e)
			}
		}
		work := p.retireEntries(matched)
		p.wakeAndOpen(&work)
		todo.Add(&work)
	}
}

// retireWalk goes through the resources that existed when it began.
type retireWalk[T any] struct {
	below int // the slots from this place on, in the order of LiveSlot, have been looked at
	last  int // ID of the last slot that had begun to be opened
	batch []*entry[T]
}

// lateRetire is the match of a Retire that came while resources were being opened.
type lateRetire[T any] struct {
	last  int // ID of the last slot that it concerns
	match func(T) bool
}

func (p *core[T]) beginRetire(match func(T) bool) *retireWalk[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &retireWalk[T]{below: math.MaxInt, last: p.ledger.LastID()}
	switch {
	case p.ledger.IsShut():
		w.below = 0
	case p.ledger.Count(ledger.Opening) == 0:
		p.lateRetires = nil // of openings that have failed
	default:
		p.lateRetires = append(p.lateRetires, lateRetire[T]{w.last, match})
	}
	return w
}

// next returns the next resources to match, or none.
func (w *retireWalk[T]) next(p *core[T]) []*entry[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.batch = w.batch[:0]
	w.below = min(w.below, p.ledger.Levels().Active)
	for w.below > 0 && len(w.batch) < retireBatch {
		w.below--
		s := p.ledger.LiveSlot(w.below)
		switch p.ledger.State(s) {
		case ledger.Idle, ledger.Testing, ledger.Leased:
			if s.ID() <= w.last {
				w.batch = append(w.batch, entryOf[T](s))
			}
		}
	}
	return w.batch
}

func (p *core[T]) retireEntries(all []*entry[T]) ledger.Work {
	if len(all) == 0 {
		return ledger.Work{}
	}
	now := p.lock()
	for _, e := range all {
		p.ledger.Retire(now, &e.slot)
	}
	return p.unlock()
}

// openedLocked reports to the ledger that a resource is open. If Retire was called
// meanwhile, the resource is matched on a goroutine of its own.
func (p *core[T]) openedLocked(now policy.Instant, h ledger.Handle) ledger.Answer {
	held := p.ledger.OpensHeld()
	a := p.ledger.Opened(now, h)
	if p.watch != nil && held {
		p.watch.noteLocked(EventOpensResumed)
	}
	p.noteReadyLocked()
	if len(p.lateRetires) > 0 {
		p.retireLateLocked(entryOf[T](h.Slot))
	}
	return a
}

func (p *core[T]) retireLateLocked(e *entry[T]) {
	var matches []func(T) bool
	for _, r := range p.lateRetires {
		if e.slot.ID() <= r.last {
			matches = append(matches, r.match)
		}
	}
	if p.ledger.Count(ledger.Opening) == 0 {
		p.lateRetires = nil
	}
	if len(matches) == 0 {
		return
	}
	go func() {
		for _, match := range matches {
			if match(e.val) {
				p.performAsync(p.retireEntries([]*entry[T]{e}))
				return
			}
		}
	}()
}
