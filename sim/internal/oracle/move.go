package oracle

import (
	"slices"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// Move is an event of a script. It names no slot: it is about the one that its
// client has, or about one of those that nobody on his way to a resource is busy
// with. So a script still means something when a part of it is left out.
type Move struct {
	At     policy.Instant
	Verb   story.Verb
	Client string
	Nth    int // of those that nobody is busy with, by number; with no client

	Verdict            ledger.Verdict
	MaxActive, MaxIdle int
}

// MoveOf puts an event in terms that a script can use.
func (w *Witness) MoveOf(at policy.Instant, e story.Event) Move {
	m := Move{At: at, Verb: e.Verb, Client: e.What.Client, Verdict: e.Verdict, MaxActive: e.MaxActive, MaxIdle: e.MaxIdle}
	if e.What.Slot > 0 {
		m.Nth = slices.IndexFunc(w.loose(stateFor(e.Verb)), func(p *slot) bool { return p.id == e.What.Slot })
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
func (w *Witness) loose(s ledger.State) (all []*slot) {
	for _, p := range w.slots {
		if p.state == s && p.client == nil {
			all = append(all, p)
		}
	}
	return all
}

// Admit returns the story's event for a Move, and false if the contract does not
// allow it now.
func (w *Witness) Admit(m *Move) (e story.Event, ok bool) {
	e = story.Event{Verb: m.Verb, Verdict: m.Verdict, MaxActive: m.MaxActive, MaxIdle: m.MaxIdle}
	e.What.Client = m.Client
	if !w.laneAllows(m) {
		return e, false
	}
	if m.Client == "" {
		switch m.Verb {
		case story.Opened, story.OpenFailed, story.Closed:
			all := w.loose(stateFor(m.Verb))
			if len(all) == 0 || m.Nth < 0 {
				return e, false
			}
			e.What.Slot = all[min(m.Nth, len(all)-1)].id
		}
		return e, true
	}
	c := w.client(m.Client)
	switch m.Verb {
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

// Possible adds to may each Move that the contract allows now. Of several clients
// that have nothing to do only the first may acquire: they are all the same.
func (w *Witness) Possible(may []Move, names []string) []Move {
	add := func(who string, verbs ...story.Verb) {
		for _, v := range verbs {
			may = append(may, Move{At: w.now, Verb: v, Client: who})
		}
	}
	free := ""
	for _, name := range names {
		c := w.clients[name]
		if c == nil || c.doing == ledger.Done {
			if free == "" {
				free = name
			}
			if c != nil && c.former {
				add(name, story.Release, story.Discard, story.Detach)
			}
		} else {
			add(name, steps(c.doing)...)
		}
		if c != nil && c.woken {
			add(name, story.Cancel)
		}
	}
	if free != "" {
		add(free, story.Acquire, story.Try)
	}
	begin := len(may)
	for _, p := range w.slots {
		if p.client != nil {
			continue
		}
		switch p.state {
		case ledger.Opening:
			add("", story.Opened, story.OpenFailed)
		case ledger.Closing:
			add("", story.Closed)
		}
	}
	number(may[begin:])
	if !w.shut {
		add("", story.Advance, story.Reset, story.Resize, story.Shut)
	}
	return w.withLane(may, free)
}

// withLane leaves out what the contract of the lane does not allow, and adds its own
// events.
func (w *Witness) withLane(may []Move, free string) []Move {
	x := w.lane
	if x == nil {
		if len(w.idle) > 0 && !w.shut {
			may = append(may, Move{At: w.now, Verb: story.Enter})
		}
		return may
	}
	may = slices.DeleteFunc(may, func(m Move) bool { return !w.laneAllows(&m) })
	may = append(may, Move{At: w.now, Verb: story.Leave})
	who := free
	if x.holder != nil {
		who = x.holder.name
	}
	if m := (Move{At: w.now, Verb: story.Turn, Client: who}); who != "" && w.laneAllows(&m) {
		may = append(may, m)
	}
	return may
}

// number numbers the moves about slots that nobody is busy with.
func number(may []Move) {
	n := map[story.Verb]int{}
	for i := range may {
		may[i].Nth = n[may[i].Verb]
		n[may[i].Verb]++
	}
}

// steps is what a client may do that was told something.
func steps(doing ledger.Action) []story.Verb {
	switch doing {
	case ledger.Granted:
		return []story.Verb{story.Release, story.Discard, story.Detach}
	case ledger.Open:
		return []story.Verb{story.Opened, story.OpenFailed, story.Abandon}
	case ledger.Test:
		return []story.Verb{story.Tested, story.Abandon}
	case ledger.Close:
		return []story.Verb{story.Closed, story.Abandon}
	case ledger.Wait:
		return []story.Verb{story.Cancel}
	}
	return nil
}

// laneAllows reports whether the contract of the lane allows a Move now.
func (w *Witness) laneAllows(m *Move) bool {
	x := w.lane
	switch {
	case m.Verb == story.Enter:
		return true
	case m.Verb == story.Leave:
		return x != nil
	case m.Verb == story.Turn:
		c := w.client(m.Client)
		return x != nil && (x.holder == c || x.holder == nil && c.doing == ledger.Done && m.At < x.until)
	case x == nil:
		return true
	case x.holder == nil:
		return false // what is idle in the lane comes first
	case asks(m.Verb):
		return len(w.idle) > 0 || w.room()
	case m.Verb == story.Release && m.Client != "":
		c := w.client(m.Client)
		return c != x.holder && c.doing == ledger.Granted && len(w.idle)+1 < w.maxIdle
	}
	return false
}

// UsesOldHandle reports whether a move uses a handle that its client has given up.
func (w *Witness) UsesOldHandle(m *Move) bool {
	c := w.clients[m.Client]
	return c != nil && c.doing == ledger.Done && !asks(m.Verb) && m.Verb != story.Turn && m.Verb != story.Cancel
}
