package ledger_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

func clientNames() []string {
	return []string{"a", "b", "c", "d", "e", "f", "g", "h"}
}

// one draws one of several values; the first is the simplest.
func one[V any](t *rapid.T, label string, values ...V) V {
	return values[rapid.IntRange(0, len(values)-1).Draw(t, label)]
}

func drawPool(t *rapid.T) story.Pool {
	p := story.Pool{
		MaxActive:   one(t, "max-active", 1, 2, 3, 4, ledger.NoLimit),
		MaxIdle:     one(t, "max-idle", ledger.NoLimit, 0, 1, 2, 3, 4),
		MaxWaiters:  one(t, "max-waiters", ledger.NoLimit, 0, 1, 2),
		WaitTimeout: one(t, "wait-timeout", 0, 5*time.Second),
		FIFO:        rapid.Bool().Draw(t, "fifo"),
		MaxAge:      one(t, "max-age", 0, 20*time.Second),
		MaxUses:     one(t, "max-uses", 0, 0, 1, 2, 3),
		IdleTimeout: one(t, "idle-timeout", 0, 8*time.Second),
		Seed:        rapid.Uint64Range(0, 3).Draw(t, "seed"),
	}
	p.Reserve = min(p.MaxActive-1, one(t, "reserve", 0, 1, 2))
	p.MinIdle = min(p.MaxIdle, p.MaxActive, one(t, "min-idle", 0, 0, 1, 2, 3))
	if p.MaxAge > 0 {
		p.Jitter = one(t, "jitter", 0, 10*time.Second)
	}
	if p.MaxAge > 0 {
		p.ReplaceAhead = one(t, "replace-ahead", 0, 0, 2*time.Second, 15*time.Second)
	}
	if rapid.Bool().Draw(t, "shed") {
		p.ShedTarget = one(t, "shed-target", time.Second, 2*time.Second)
		p.ShedInterval = one(t, "shed-interval", 3*time.Second, time.Second, 6*time.Second)
	}
	if p.IdleTimeout > 0 {
		p.Keep = one(t, "keep", 0, 1, 2)
	}
	if rapid.Bool().Draw(t, "open-backoff") {
		p.OpenBackoff = 10 * time.Second
	}
	suspects := rapid.Bool().Draw(t, "test-suspects")
	idleTests := one(t, "test-idle-every", 0, 0, 4*time.Second)
	for range one(t, "tests", 0, 1, 2) {
		p.Tests = append(p.Tests, one(t, "test",
			story.Test{}, story.Test{IfIdleFor: 3 * time.Second}, story.Test{AtMostEvery: 10 * time.Second}))
		p.TestIdleEvery = idleTests
		p.TestSuspects = story.Switch(suspects)
	}
	return p
}

// drawTime draws how much time passes before the next event: mostly none, often
// until the next deadline to the nanosecond, or around it, sometimes beyond.
func (r *run) drawTime(t *rapid.T) time.Duration {
	due := 0 * time.Second
	if at := r.twin.deadline(); at != ledger.Never {
		due = max(0, at.Sub(r.stage.Now))
	}
	return one(t, "after", 0, 0, 0, 0, time.Second, due, max(0, due-1), due+1, 4*time.Second, due+30*time.Second)
}

// drawEvent draws one of the events that the contract allows now. More interesting
// events are in the list more than once.
func (r *run) drawEvent(t *rapid.T) story.Event {
	var may []story.Event
	add := func(times int, events ...story.Event) {
		for range times {
			may = append(may, events...)
		}
	}
	free := ""
	loose := map[int]bool{}
	for _, s := range r.twin.live {
		loose[s.id] = true
	}
	for _, name := range clientNames() {
		c := r.twin.client(name)
		events := r.next(name, c)
		add(1, events...)
		if s := r.twin.find(c.last.Slot); s != nil && s.gen == c.last.Gen && len(events) > 0 {
			delete(loose, s.id)
		}
		if len(events) == 0 && free == "" {
			free = name
		}
	}
	for _, s := range r.twin.live {
		if what := (story.What{Slot: s.id}); loose[s.id] {
			for _, e := range reports(s.state, what) {
				if !s.idleTest || e.Verb != story.Abandon {
					add(1, e)
				}
			}
		}
	}
	if free != "" {
		add(max(1, len(may)/3), story.Event{Verb: story.Acquire, What: story.What{Client: free}})
		add(1, story.Event{Verb: story.Try, What: story.What{Client: free}},
			story.Event{Verb: story.Acquire, What: story.What{Client: free}, Unbounded: true},
			story.Event{Verb: story.Acquire, What: story.What{Client: free}, Urgent: true, Unbounded: rapid.Bool().Draw(t, "unbounded")},
			story.Event{Verb: story.Background, What: story.What{Client: free}})
	}
	due := 1
	if r.twin.deadline() <= r.stage.Now {
		due += len(may) / 3
	}
	add(due, story.Event{Verb: story.Advance})
	if rapid.IntRange(0, 9).Draw(t, "rare") == 9 {
		return r.drawRare(t)
	}
	return may[rapid.IntRange(0, len(may)-1).Draw(t, "event")]
}

// drawRare draws an event that concerns the whole pool, or a handle that is
// mostly stale.
func (r *run) drawRare(t *rapid.T) story.Event {
	e := one(t, "rare event",
		story.Event{Verb: story.Reset},
		story.Event{Verb: story.Retire},
		story.Event{Verb: story.Suspect},
		story.Event{Verb: story.Resize},
		story.Event{Verb: story.Release},
		story.Event{Verb: story.Discard},
		story.Event{Verb: story.Detach},
		story.Event{Verb: story.Shut})
	switch e.Verb {
	case story.Resize:
		e.MaxActive = one(t, "to max-active", 1, 2, 3, 4, ledger.NoLimit)
		e.MaxIdle = one(t, "to max-idle", ledger.NoLimit, 0, 1, 2)
	case story.Retire:
		if len(r.twin.live) == 0 {
			return story.Event{Verb: story.Reset}
		}
		e.What.Slot = one(t, "slot", r.twin.live...).id
	case story.Release, story.Discard, story.Detach:
		if len(r.stale) == 0 {
			return story.Event{Verb: story.Reset}
		}
		e.What = one(t, "handle", r.stale...)
		if s := r.twin.find(e.What.Slot); s != nil && s.state == ledger.Leased && s.gen == e.What.Gen {
			return story.Event{Verb: story.Advance}
		}
	case story.Shut:
		if rapid.IntRange(0, 3).Draw(t, "really") < 3 {
			return story.Event{Verb: story.Advance}
		}
	}
	return e
}

// next returns the events that a client may cause after its last answer; none, if
// it is free to acquire.
func (r *run) next(name string, c *twinClient) (events []story.Event) {
	me := story.What{Client: name}
	switch c.last.Do {
	case ledger.Held:
		s := story.Standing{Doing: ledger.Held}
		return eventsOf(s.Reports(), me)
	case ledger.Granted, ledger.Test, ledger.Open, ledger.Close:
		if s := r.twin.find(c.last.Slot); s != nil && s.gen == c.last.Gen {
			events = reports(s.state, me)
		}
	}
	if s := (story.Standing{Doing: c.last.Do, Woken: c.woken}); s.Allows(story.Cancel) {
		events = append(events, story.Event{Verb: story.Cancel, What: me})
	}
	return events
}

// reports are the events that may come next for a slot in a state.
func reports(s ledger.State, what story.What) []story.Event {
	return eventsOf(story.Reports(s, true), what)
}

// eventsOf returns events with such verbs, the usual ones, which come first, more than
// once.
func eventsOf(verbs []story.Verb, what story.What) (events []story.Event) {
	for i, v := range verbs {
		events = append(events, story.Event{Verb: v, What: what})
		switch {
		case v == story.Tested:
			events = append(events, story.Event{Verb: v, What: what, Verdict: ledger.Failed}, story.Event{Verb: v, What: what, Verdict: ledger.GaveUp})
		case i == 0:
			events = append(events, events[0])
		}
	}
	return events
}
