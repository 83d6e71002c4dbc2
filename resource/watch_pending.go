package resource

import "github.com/respool/respool/policy"

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

// noteLocked notes an event of the pool. endEventLocked has it delivered.
func (w *watch) noteLocked(kind EventKind) {
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
