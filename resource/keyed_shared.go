package resource

import (
	"sync/atomic"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// shared is what the pools of a Keyed share. There is one lock for all keys, because
// nearly every acquire and release changes something that is common to all keys: the
// total count, and the order in which resources became idle. A lock for each key and
// an inner one for these would be taken one after the other each time.
//
// shared refers to the cores of the pools and not to the pools, and not to the Keyed.
// So none of its timers keeps alive what the program has dropped.
type shared[T any] struct {
	mu    backoffMutex
	total *ledger.Total

	clock       clock          // of all keys: only its base and its reading are used
	latestEvent policy.Instant // of any key

	members   []*member[T] // all that may have a resource, also of removed keys; in no order
	former    Stats        // counts of the pools that are not members any more
	empty     emptyList[T]
	keepEmpty time.Duration
	dropEmpty func()           // drops the members that have been empty for long
	dropKey   func(*member[T]) // forgets the key of a member that has been shut; called with mu held
	timer     *time.Timer

	// These are of all keys. A pool may still add to them after it was forgotten.
	waitTime       atomic.Int64
	closeErrors    atomic.Uint64
	observerPanics atomic.Uint64
	times          atomic.Pointer[liveHistograms] // nil: no key has Histograms

	closed  bool
	drained chan struct{} // closed when a closed Keyed has nothing left; nil before Close
}

// needTimes returns the histograms over all keys.
func (s *shared[T]) needTimes() *liveHistograms {
	if s.times.Load() == nil {
		s.times.CompareAndSwap(nil, new(liveHistograms))
	}
	return s.times.Load()
}

// member is a key's pool, as shared knows it.
type member[T any] struct {
	shared *shared[T]
	core   *core[T]
	key    any
	at     int  // place in shared.members
	keep   bool // even if empty: the key has a MinIdle, or the program has its pool

	forgotten *ledger.Stats // its counts that shared.former has; nil while it is a member

	isEmpty    bool // it is in the list of empty members
	emptySince policy.Instant
	next, prev *member[T]
}

// emptyList has the members without resource and caller, from the one that has been
// empty longest (front).
type emptyList[T any] struct{ front, back *member[T] }

func (e *emptyList[T]) pushBack(m *member[T]) {
	m.isEmpty, m.prev, m.next = true, e.back, nil
	if e.back != nil {
		e.back.next = m
	} else {
		e.front = m
	}
	e.back = m
}

func (e *emptyList[T]) remove(m *member[T]) {
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		e.front = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	} else {
		e.back = m.prev
	}
	m.isEmpty, m.prev, m.next = false, nil, nil
}

// advanceClockLocked keeps time from running backwards, over all keys.
func (s *shared[T]) advanceClockLocked(now policy.Instant) policy.Instant {
	if now > s.latestEvent {
		s.latestEvent = now
	}
	return s.latestEvent
}

// unlock ends an event of a member that has settled its own part of it. The event may
// mean work for other members. It is done here, and closes are made on other goroutines:
// they are not the concern of the event's caller.
func (s *shared[T]) unlock() {
	works := s.endEventLocked()
	s.mu.Unlock()
	for i := range works {
		works[i].core.performAsync(works[i].work)
	}
}

// memberWork is the work of one member.
type memberWork[T any] struct {
	core *core[T]
	work ledger.Work
}

// endEventLocked settles all members that an event has touched, and returns their work.
func (s *shared[T]) endEventLocked() (works []memberWork[T]) {
	for l := s.total.NextTouched(); l != nil; l = s.total.NextTouched() {
		c := l.Owner().(*core[T])
		if w := c.endEventLocked(); !w.Empty() {
			works = append(works, memberWork[T]{c, w})
		}
		s.noteEmptyLocked(c.member)
	}
	if s.drained != nil && s.total.Levels().Active == 0 {
		select {
		case <-s.drained:
		default:
			close(s.drained)
		}
	}
	return works
}

// noteEmptyLocked notes whether a member has become empty, or is not any more.
func (s *shared[T]) noteEmptyLocked(m *member[T]) {
	l := &m.core.ledger
	switch {
	case l.Drained():
		s.forgetLocked(m)
	case l.Empty() && !m.isEmpty && !m.keep && !l.IsShut():
		m.emptySince = s.latestEvent
		s.empty.pushBack(m)
		s.armLocked()
	case m.isEmpty && !l.Empty():
		s.empty.remove(m)
	}
}

// armLocked sets the timer, if it is not set, to when the first empty member is to be
// dropped. A timer that is too early is set again.
func (s *shared[T]) armLocked() {
	if s.timer == nil && s.empty.front != nil && !s.closed {
		s.timer = after(s.empty.front.emptySince.Add(s.keepEmpty).Sub(s.clock.read()), s.dropEmpty)
	}
}

// dueLocked returns the first empty member that is to be dropped now, or nil.
func (s *shared[T]) dueLocked(now policy.Instant) *member[T] {
	if m := s.empty.front; m != nil && now >= m.emptySince.Add(s.keepEmpty) {
		return m
	}
	return nil
}

// joinLocked makes the pool of a key a member.
func (s *shared[T]) joinLocked(c *core[T], now policy.Instant) {
	m := c.member
	m.core, m.at = c, len(s.members)
	s.members = append(s.members, m)
	c.ledger.Join(now)
	s.noteEmptyLocked(m)
}

// forgetLocked ends a membership: nothing of the pool is left but its counts.
func (s *shared[T]) forgetLocked(m *member[T]) {
	if m.isEmpty {
		s.empty.remove(m)
	}
	last := len(s.members) - 1
	if m.at > last || s.members[m.at] != m {
		return // it was forgotten before
	}
	s.former.add(m.statsLocked())
	counted := m.core.ledger.Stats()
	m.forgotten = &counted
	moved := s.members[last]
	s.members[m.at], moved.at = moved, m.at
	s.members[last] = nil
	s.members = s.members[:last]
	m.core.bgCancel()
}

// countLateLocked adds to shared what the ledger of a forgotten pool has counted since: an
// acquire that had found the pool before, or that the program makes of the pool, is refused
// or leaves.
func (m *member[T]) countLateLocked() {
	if m == nil || m.forgotten == nil {
		return
	}
	now := m.core.ledger.Stats()
	m.shared.former.Rejected += now.Refused[ledger.Shutdown] - m.forgotten.Refused[ledger.Shutdown]
	m.shared.former.Failed += now.Failed - m.forgotten.Failed
	*m.forgotten = now
}

// shut closes all members at one instant, so that no waiter is served in between.
func (s *shared[T]) shut() ledger.Work {
	now := s.clock.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.advanceClockLocked(now)
	s.closed = true
	if s.drained == nil {
		s.drained = make(chan struct{})
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	for _, m := range s.members {
		m.core.bgCancel()
		m.core.shutLocked(now)
	}
	var all ledger.Work
	for _, w := range s.endEventLocked() {
		all.Add(&w.work)
	}
	return all
}

// perform and performAsync do work of several members, as those of core do. The work
// has waiters and closes, and both say themselves whose they are.
func (*shared[T]) perform(w ledger.Work)      { (*core[T])(nil).perform(w) }
func (*shared[T]) performAsync(w ledger.Work) { (*core[T])(nil).performAsync(w) }

// dropped closes a Keyed that the program no longer refers to.
func (s *shared[T]) dropped() { s.performAsync(s.shut()) }
