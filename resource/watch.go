package resource

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// A pool with an Observer, with Histograms, or with reports of leaks is watched. It has no
// lane, so every event is one of the ledger.
//
// The goroutine that has a resource observes its events: after the ledger has given out
// the resource, and before the return is reported to the ledger. So no other goroutine
// can have an event of the same resource at the same time, and the events of a resource
// come in order without a lock and without a queue.

// watch is the state of a watched pool. Of the pool it refers only to the clock.
type watch struct {
	name      string
	clock     *clock
	observers observers
	atOpens   []OpenObserver // those of the observers that are
	panics    atomic.Uint64
	times     *liveHistograms // nil: Config.Histograms is not set
	allTimes  *liveHistograms // of all keys, if the pool is one of a Keyed
	pending   pendingEvents
}

// newWatch returns nil if the pool is not watched.
func newWatch[T any](c *Config[T], k *clock, m *member[T]) *watch {
	all, ok := c.Observer.(observers)
	if !ok && c.Observer != nil {
		all = observers{c.Observer}
	}
	if len(all) == 0 && !c.Histograms && c.LeakAfter == 0 && !c.Reclaim {
		return nil
	}
	w := &watch{name: c.Name, clock: k, observers: all}
	for _, o := range all {
		if o, ok := o.(OpenObserver); ok {
			w.atOpens = append(w.atOpens, o)
		}
	}
	if c.Histograms {
		w.times = new(liveHistograms)
		if m != nil {
			w.allTimes = m.shared.needTimes()
		}
	}
	return w
}

// observed reports whether there is an observer.
func (w *watch) observed() bool { return len(w.observers) > 0 }

// took adds a duration to one of the histograms, if there are any.
func (w *watch) took(d time.Duration, which func(*liveHistograms) *liveHistogram) {
	if w.times != nil {
		which(w.times).add(d)
	}
	if w.allTimes != nil {
		which(w.allTimes).add(d)
	}
}

func waitTimes(h *liveHistograms) *liveHistogram  { return &h.wait }
func openTimes(h *liveHistograms) *liveHistogram  { return &h.open }
func testTimes(h *liveHistograms) *liveHistogram  { return &h.test }
func useTimes(h *liveHistograms) *liveHistogram   { return &h.use }
func closeTimes(h *liveHistograms) *liveHistogram { return &h.close }

// observe delivers an event. The goroutine may end in it, by Goexit.
func (w *watch) observe(e Event, at policy.Instant) {
	e.Pool, e.Time = w.name, w.clock.time(at)
	w.callAll(w.observers, &e)
}

// callAll calls each observer, whatever the others do.
func (w *watch) callAll(all observers, e *Event) {
	called := 0
	defer func() {
		if called < len(all) {
			w.panics.Add(1)
			recover()
			w.callAll(all[called+1:], e) // it may be Goexit, so the loop below does not go on
		}
	}()
	for ; called < len(all); called++ {
		all[called].Observe(*e)
	}
}

// observeApart delivers an event on a goroutine of its own, and waits for it. So a Goexit
// does not interrupt the caller. It is for events that are rare or take long anyway.
func (w *watch) observeApart(e Event, at policy.Instant) {
	if !w.observed() {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.observe(e, at)
	}()
	<-done
}

// pendingEvents are events of the pool as a whole. Several goroutines may cause them at
// nearly the same time, and their order is known only while the pool's lock is held. So
// they are noted under the lock, and one goroutine delivers them in order. The pool's
// lock guards them.
type pendingEvents struct {
	events     []pendingEvent
	delivering bool
}

type pendingEvent struct {
	kind EventKind
	at   policy.Instant
}

// note notes an event of the pool. It is called with the pool's lock held. settleLocked
// has it delivered.
func (w *watch) note(kind EventKind) {
	if !w.observed() {
		return
	}
	w.pending.events = append(w.pending.events, pendingEvent{kind, w.clock.read()})
}

// deliverLocked has the noted events delivered.
func (p *core[T]) deliverLocked() {
	if w := &p.watch.pending; len(w.events) > 0 && !w.delivering {
		w.delivering = true
		go p.deliver()
	}
}

func (p *core[T]) deliver() {
	for {
		p.mu.Lock()
		events := p.watch.pending.events
		p.watch.pending.events = nil
		p.watch.pending.delivering = len(events) > 0
		p.mu.Unlock()
		if len(events) == 0 {
			return
		}
		for _, e := range events {
			p.watch.observeApart(Event{Kind: e.kind}, e.at)
		}
	}
}

// seen is the record of an acquire that is under way. It is nil in a pool that is not
// watched.
type seen struct {
	waited time.Duration
	began  policy.Instant
	ctx    context.Context // what an OpenObserver has made of the acquire's; nil: nothing
}

// seens has the records of finished acquires, for reuse.
var seens = sync.Pool{New: func() any { return new(seen) }}

func newSeen(began policy.Instant) *seen {
	s := seens.Get().(*seen)
	*s = seen{began: began}
	return s
}

func (s *seen) wait(d time.Duration) {
	if s != nil {
		s.waited += d
	}
}

// poolEvent reports an event of the pool, caused by a call that began at an instant.
func (p *core[T]) poolEvent(kind EventKind, begin policy.Instant) {
	if p.watch != nil {
		now := p.clock.read()
		p.watch.observeApart(Event{Kind: kind, Took: now.Sub(begin)}, now)
	}
}

// begins returns the instant for poolEvent.
func (p *core[T]) begins() policy.Instant {
	if p.watch == nil {
		return 0
	}
	return p.clock.read()
}

// errUnknownOutcome is the error of an acquire that a panic has ended, or Goexit.
var errUnknownOutcome = errors.New("resource: a function of the caller or of Config did not return")

// acquireWatched is acquire in a pool that is watched.
func (p *Pool[T]) acquireWatched(ctx context.Context, now policy.Instant, wait bool) (l Lease[T], err error) {
	if !p.watch.observed() {
		l, err = p.acquire(ctx, now, wait, nil)
		p.noteLease(l)
		return l, err
	}
	begin := now
	if !p.clock.lends || p.clock.gated {
		begin = p.clock.read()
	}
	s := newSeen(begin)
	err = errUnknownOutcome
	defer func() { p.acquireSeen(ctx, s, l, err) }()
	return p.acquire(ctx, now, wait, s)
}

// noteLease notes when a lease began.
func (p *core[T]) noteLease(l Lease[T]) {
	if l.e != nil {
		l.e.returned.Store(int64(p.clock.read()))
	}
}

// acquireSeen reports how an acquire has ended.
func (p *core[T]) acquireSeen(ctx context.Context, s *seen, l Lease[T], err error) {
	now := p.clock.read()
	e := Event{Kind: EventAcquired, Context: ctx, Took: now.Sub(s.began), Waited: s.waited, Err: err}
	if s.ctx != nil {
		e.Context = s.ctx
	}
	s.ctx = nil // it may keep much in memory
	seens.Put(s)
	if err != nil {
		e.Kind = EventRefused
		p.watch.observe(e, now)
		return
	}
	e.Resource = uint64(l.e.slot.ID())
	l.e.returned.Store(int64(now))
	returned := false
	defer func() {
		if !returned { // the caller's goroutine ends without the lease
			l.Release()
		}
	}()
	p.watch.observe(e, now)
	returned = true
}

// release gives a resource back whose lease has just been released, in a pool that is
// watched or cleans up.
func (p *core[T]) release(l Lease[T]) {
	if p.watch == nil {
		p.cleanUp(l)
		return
	}
	e, now := p.leaseEnded(EventReturned, l)
	if !p.watch.observed() {
		p.cleanUp(l)
		return
	}
	defer p.cleanUp(l) // even if the goroutine ends
	p.watch.observe(e, now)
}

// leaseEnded returns the event of a lease that has ended.
func (p *core[T]) leaseEnded(kind EventKind, l Lease[T]) (Event, policy.Instant) {
	now := p.clock.read()
	began := policy.Instant(l.e.returned.Load())
	took := now.Sub(began)
	p.watch.took(took, useTimes)
	return Event{Kind: kind, Took: took, Resource: uint64(l.e.slot.ID())}, now
}

// takenOut reports that a lease has ended with its resource leaving the pool.
func (p *core[T]) takenOut(kind EventKind, l Lease[T]) {
	if p.watch != nil {
		p.watch.observeApart(p.leaseEnded(kind, l))
	}
}

// into opens a resource in a slot.
func (p *core[T]) into(ctx context.Context, o opener[T], h ledger.Handle) (err error) {
	if p.watch == nil {
		return o.into(ctx, h)
	}
	begin := p.clock.read()
	err = &OpenError{errNoOpen}
	defer func() { p.watch.opened(ctx, h, begin, err) }()
	return o.into(ctx, h)
}

// opened reports that a call of Open is over.
func (w *watch) opened(ctx context.Context, h ledger.Handle, begin policy.Instant, err error) {
	now := w.clock.read()
	e := Event{Kind: EventOpened, Context: ctx, Took: now.Sub(begin), Resource: uint64(h.Slot.ID()), Err: err}
	if err != nil {
		e.Kind = EventOpenFailed
	} else {
		w.took(e.Took, openTimes)
	}
	w.observeApart(e, now)
}

// notOpened reports that a resource was to be opened, and Open was not called.
func (p *core[T]) notOpened(h ledger.Handle) {
	if p.watch != nil {
		p.watch.opened(p.bgCtx, h, p.clock.read(), &OpenError{errNoOpen})
	}
}

// checkWatched is check in a pool that is watched.
func (p *Pool[T]) checkWatched(ctx context.Context, a ledger.Answer, tested *testTime) (verdict ledger.Verdict) {
	begin := p.clock.read()
	verdict, tested.err = ledger.Failed, errNoTest
	defer func() {
		now := p.clock.read()
		e := Event{Kind: EventTested, Context: ctx, Took: now.Sub(begin), Resource: uint64(a.Handle.Slot.ID())}
		p.watch.took(e.Took, testTimes)
		if verdict != ledger.Passed {
			e.Err = tested.err
		}
		p.watch.observeApart(e, now)
	}()
	return p.checkDue(ctx, a, tested)
}

// errNoTest is the error of a test that ended without one: it panicked, for example.
var errNoTest = errors.New("resource: the borrow test did not return")

// callCloseWatched is callClose in a pool that is watched.
func (p *core[T]) callCloseWatched(h ledger.Handle) (end closeEnd, err error) {
	p.mu.Lock()
	why := p.ledger.Why(h)
	p.mu.Unlock()
	begin := p.clock.read()
	err = errNoClose
	defer func() {
		now := p.clock.read()
		took := now.Sub(begin)
		p.watch.took(took, closeTimes)
		p.watch.observeApart(Event{
			Kind: EventClosed, Took: took, Resource: uint64(h.Slot.ID()),
			Reason: closeReasons[why], Err: err, Abandoned: end == closeTimedOut,
		}, now)
	}()
	return p.endResource(entryOf[T](h.Slot))
}

// errNoClose is the error of a close that ended without an error: it panicked, for example.
var errNoClose = errors.New("resource: the call of Close did not return")

// closeReasons are the ledger's reasons in the words of this package.
var closeReasons = [ledger.NumReasons]CloseReason{
	ledger.IdleTooLong: ClosedIdleTooLong,
	ledger.TooOld:      ClosedTooOld,
	ledger.WornOut:     ClosedWornOut,
	ledger.Surplus:     ClosedSurplus,
	ledger.FailedTest:  ClosedFailedTest,
	ledger.WasReset:    ClosedReset,
	ledger.Retired:     ClosedRetired,
	ledger.Discarded:   ClosedDiscarded,
	ledger.PoolShut:    ClosedPoolClosed,
	ledger.Displaced:   ClosedDisplaced,
}
