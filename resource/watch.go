package resource

import (
	"sync/atomic"
	"time"

	"github.com/respool/respool/policy"
)

// A pool with an Observer, with Histograms, or with reports of leaks is watched. It has no
// lane, so every event is one of the ledger.
//
// The goroutine that has a resource observes its events: after the ledger has given out
// the resource, and before the return is reported to the ledger. So only one goroutine at
// a time can have an event of a resource, and the events of a resource come in order
// without a lock or a queue.

// watch is the state of a watched pool. Of the pool it refers only to the clock.
type watch struct {
	name      string
	clock     *clock
	observers observers
	atOpens   []OpenObserver // those of the observers that are
	panics    atomic.Uint64
	times     *liveHistograms // nil: Config.Histograms is not set
	allTimes  *liveHistograms // of all keys, if the pool is one of a Keyed
	allPanics *atomic.Uint64  // of all keys; nil: the pool is not one of a Keyed
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
	if m != nil {
		w.allPanics = &m.shared.observerPanics
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

// notePanic counts an observer's call that did not return.
func (w *watch) notePanic() {
	w.panics.Add(1)
	if w.allPanics != nil {
		w.allPanics.Add(1)
	}
}

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
			w.notePanic()
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
