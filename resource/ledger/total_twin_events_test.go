package ledger_test

import (
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger"
	"pgregory.net/rapid"
)

// totalEvent is something that may happen now.
type totalEvent struct {
	name string
	real func(t *rapid.T) (client int, a ledger.Answer) // client -1: nobody gets an answer
	twin func()
}

func (e totalEvent) String() string { return e.name }

// events returns what may happen now. Each kind of event is there once or twice, so
// that rare states do not drown in common ones.
func (r *totalRun) events() (events []totalEvent) {
	add := func(name string, twin func(), real func(t *rapid.T) (int, ledger.Answer)) {
		events = append(events, totalEvent{name, real, twin})
	}
	busy, passes := totalClients, 2
	if r.replaces {
		busy, passes = 3, 6
	}
	for i := range busy {
		r.clientEvents(i, add)
	}
	for _, h := range r.orphans {
		l, s := r.slots[h.Slot], r.twinOf(h.Slot)
		add := func(what string, twin func(), real func() ledger.Answer) {
			add(fmt.Sprintf("%v %s", s, what), twin, func(*rapid.T) (int, ledger.Answer) {
				r.orphans = slices.DeleteFunc(r.orphans, func(o ledger.Handle) bool { return o == h })
				return -1, real()
			})
		}
		if s.state == ledger.Opening {
			for range 2 {
				add("is open", func() { r.model.opened(s) }, func() ledger.Answer { return l.Opened(r.now, h) })
			}
			add("fails to open", func() { r.model.openFailed(s) }, func() ledger.Answer { return l.OpenFailed(r.now, h) })
		} else if s.tested {
			for _, v := range []ledger.Verdict{ledger.Passed, ledger.Passed, ledger.Failed} {
				add(fmt.Sprintf("is tested (%d)", v), func() { r.model.idleTested(s, v) }, func() ledger.Answer { return l.Tested(r.now, h, v) })
			}
		} else {
			add("is closed", func() { r.model.closed(s) }, func() ledger.Answer { return l.Closed(r.now, h) })
			add("is not closed in time", func() { r.model.closed(s) }, func() ledger.Answer { return l.CloseTimedOut(r.now, h) })
		}
	}
	rarely := r.replaces && len(r.story)%8 > 0 // what ends many slots before they are near their end
	for i, l := range r.ledgers {
		k := r.model.keys[i]
		if l.IsShut() || rarely {
			continue
		}
		add("reset "+k.name, func() { r.model.reset(k) }, func(*rapid.T) (int, ledger.Answer) { l.Reset(r.now); return -2, ledger.Answer{} })
		maxActive, maxIdle := 1+(r.resizes+i)%3, (r.resizes+i)%4
		add(fmt.Sprintf("resize %s to %d, %d idle", k.name, maxActive, maxIdle), func() { r.model.resize(k, maxActive, maxIdle) },
			func(*rapid.T) (int, ledger.Answer) {
				r.resizes++
				l.Resize(r.now, maxActive, maxIdle)
				return -2, ledger.Answer{}
			})
		add("shut "+k.name, func() { r.model.shut(k) }, func(*rapid.T) (int, ledger.Answer) { l.Shut(r.now); return -2, ledger.Answer{} })
	}
	for range passes {
		events = append(events, totalEvent{name: "time passes"})
	}
	if len(r.ledgers) < 6 && !rarely {
		events = append(events, totalEvent{name: "another key"})
	}
	return events
}

func (r *totalRun) clientEvents(i int, add func(string, func(), func(*rapid.T) (int, ledger.Answer))) {
	c := &r.clients[i]
	a := c.answer
	if a.Do == ledger.Done {
		for j, l := range r.ledgers {
			k := r.model.keys[j]
			if k.shut && j < len(r.ledgers)-1 {
				continue
			}
			for _, urgent := range []bool{false, true} {
				if urgent && i%2 == 0 {
					continue
				}
				what := map[bool]string{false: "client %d wants %s", true: "client %d wants %s urgently"}[urgent]
				add(fmt.Sprintf(what, i, k.name), func() {
					r.model.urgent[i] = urgent
					r.model.acquire(i, k, true)
				}, func(*rapid.T) (int, ledger.Answer) {
					c.waiter.Urgent = urgent
					return i, l.Acquire(r.now, &c.waiter)
				})
			}
			if i == 0 {
				add(fmt.Sprintf("client %d tries %s", i, k.name), func() { r.model.acquire(i, k, false) },
					func(*rapid.T) (int, ledger.Answer) { return i, l.Acquire(r.now, nil) })
			}
		}
		return
	}
	h := a.Handle
	var l *ledger.Ledger
	var s *modelSlot
	if h.Slot != nil {
		l, s = r.slots[h.Slot], r.twinOf(h.Slot)
	}
	event := func(what string, twin func(), real func() ledger.Answer) {
		add(fmt.Sprintf("client %d %s", i, what), twin, func(*rapid.T) (int, ledger.Answer) { return i, real() })
	}
	leaves := func(real func() ledger.Answer) {
		event("leaves", func() { r.model.abandon(s) }, func() ledger.Answer {
			b := real()
			if b.Do == ledger.Done { // the slot goes on without the client
				r.orphans = append(r.orphans, h)
			}
			return b
		})
	}
	if a.Do == ledger.Wait || c.unseen {
		event("cancels", func() { r.model.cancel(i, s) }, func() ledger.Answer { return r.ledgerOfWaiter(i).Cancel(r.now, &c.waiter) })
	}
	switch a.Do {
	case ledger.Held:
		of := r.ledgerOfWaiter(i)
		event("rejoins", func() { r.model.rejoin(i, r.names[of]) }, func() ledger.Answer { return of.Rejoin(r.now, &c.waiter, 0) })
		event("withdraws", func() { r.model.say("client %d: done", i) }, func() ledger.Answer { of.Withdraw(); return ledger.Answer{} })
	case ledger.Open:
		event("has opened", func() { r.model.opened(s) }, func() ledger.Answer { return l.Opened(r.now, h) })
		event("fails to open", func() { r.model.openFailed(s) }, func() ledger.Answer { return l.OpenFailed(r.now, h) })
		leaves(func() ledger.Answer { return l.Abandon(r.now, h) })
	case ledger.Close:
		event("has not closed in time", func() { r.model.closed(s) }, func() ledger.Answer { return l.CloseTimedOut(r.now, h) })
		event("has closed", func() { r.model.closed(s) }, func() ledger.Answer { return l.Closed(r.now, h) })
		if s.client == i {
			leaves(func() ledger.Answer { return l.Abandon(r.now, h) })
		}
	case ledger.Test:
		for _, v := range []ledger.Verdict{ledger.Passed, ledger.Failed, ledger.GaveUp} {
			event(fmt.Sprintf("has tested (%d)", v), func() { r.model.testedSlot(s, v) }, func() ledger.Answer { return l.Tested(r.now, h, v) })
		}
		leaves(func() ledger.Answer { return l.Abandon(r.now, h) })
	case ledger.Granted:
		for range 2 {
			event("releases", func() { r.model.giveBack(i, s) }, func() ledger.Answer { return l.Release(r.now, h) })
		}
		event("discards", func() { r.model.closeFor(i, s, ledger.Discarded, ""); s.client = -1 }, func() ledger.Answer { return l.Discard(r.now, h) })
		event("detaches", func() { r.model.detached(s) }, func() ledger.Answer { return l.Detach(r.now, h) })
	}
}

// ledgerOfWaiter returns the ledger in which a client waited last.
func (r *totalRun) ledgerOfWaiter(i int) *ledger.Ledger {
	return r.clients[i].waiter.Tag.(*ledger.Ledger)
}

// closesForNobody reports whether no acquire goes on after a close. It asks the model,
// which has seen the event before.
func (r *totalRun) closesForNobody(h ledger.Handle) bool { return r.twinOf(h.Slot).client < 0 }
