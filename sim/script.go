package sim

import (
	"slices"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// move is an event of a script. It names no slot: it is about the one that its
// client has, or about one of those that nobody on his way to a resource is busy
// with. So a script still means something when a part of it is left out.
type move struct {
	at     Instant
	verb   story.Verb
	client string
	nth    int // of those that nobody is busy with, by number; with no client

	verdict            ledger.Verdict
	maxActive, maxIdle int
}

// script is a pool and what happens to it.
type script struct {
	pool  story.Pool
	moves []move
}

// moveOf puts an event in terms that a script can use.
func moveOf(w *witness, at Instant, e story.Event) move {
	m := move{at: at, verb: e.Verb, client: e.What.Client, verdict: e.Verdict, maxActive: e.MaxActive, maxIdle: e.MaxIdle}
	if e.What.Slot > 0 {
		m.nth = slices.IndexFunc(w.loose(stateFor(e.Verb)), func(p *place) bool { return p.id == e.What.Slot })
	}
	return m
}

// stateFor is the state of a slot that an event of the world is about.
func stateFor(v story.Verb) ledger.State {
	if v == story.Closed {
		return ledger.Closing
	}
	return ledger.Opening
}

// loose returns the places in a state that no acquire waits for.
func (w *witness) loose(s ledger.State) (all []*place) {
	for _, p := range w.here {
		if p.state == s && p.client == nil {
			all = append(all, p)
		}
	}
	return all
}

// admit returns the story's event for a move, and false if the contract does not
// allow it now.
func (w *witness) admit(m *move) (e story.Event, ok bool) {
	e = story.Event{Verb: m.verb, Verdict: m.verdict, MaxActive: m.maxActive, MaxIdle: m.maxIdle}
	e.What.Client = m.client
	if !w.laneAllows(m) {
		return e, false
	}
	if m.client == "" {
		switch m.verb {
		case story.Opened, story.OpenFailed, story.Closed:
			all := w.loose(stateFor(m.verb))
			if len(all) == 0 || m.nth < 0 {
				return e, false
			}
			e.What.Slot = all[min(m.nth, len(all)-1)].id
		}
		return e, true
	}
	c := w.client(m.client)
	switch m.verb {
	case story.Turn:
		ok = true
	case story.Acquire, story.Try:
		ok = c.doing == ledger.Done
	case story.Cancel:
		ok = c.doing == ledger.Wait || c.woken
	case story.Release, story.Discard, story.Detach:
		ok = c.doing == ledger.Granted || c.doing == ledger.Done && c.former
	case story.Opened, story.OpenFailed:
		ok = c.doing == ledger.Open
	case story.Tested:
		ok = c.doing == ledger.Test
	case story.Closed:
		ok = c.doing == ledger.Close
	case story.Abandon:
		ok = c.doing == ledger.Open || c.doing == ledger.Test || c.doing == ledger.Close
	}
	return e, ok
}
