package oracle

import (
	"slices"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// Move is an event of a script. It names no slot. It is about the slot that its client
// has, or about one that no acquire waits for. So a script still has a meaning when a
// part of it is left out.
type Move struct {
	At     policy.Instant
	Verb   story.Verb
	Client string
	Nth    int // without a client: which of the slots that the verb can be about

	Verdict            ledger.Verdict
	MaxActive, MaxIdle int
}

// MoveOf returns the move of an event.
func (w *Witness) MoveOf(at policy.Instant, e story.Event) Move {
	m := Move{At: at, Verb: e.Verb, Client: e.What.Client, Verdict: e.Verdict, MaxActive: e.MaxActive, MaxIdle: e.MaxIdle}
	if e.What.Slot > 0 {
		m.Nth = slices.IndexFunc(w.subjects(e.Verb), func(p *slot) bool { return p.id == e.What.Slot })
	}
	return m
}

// subjects returns the slots that an event without a client can be about.
func (w *Witness) subjects(v story.Verb) []*slot {
	switch v {
	case story.Retire:
		return w.slots
	case story.Closed:
		return w.unattended(ledger.Closing)
	}
	return w.unattended(ledger.Opening)
}

// unattended returns the slots in a state that no acquire waits for.
func (w *Witness) unattended(s ledger.State) (all []*slot) {
	for _, p := range w.slots {
		if p.state == s && p.client == nil {
			all = append(all, p)
		}
	}
	return all
}

// Admit returns the event of a move, and false if the contract does not allow it now.
func (w *Witness) Admit(m *Move) (e story.Event, ok bool) {
	e = story.Event{Verb: m.Verb, Verdict: m.Verdict, MaxActive: m.MaxActive, MaxIdle: m.MaxIdle}
	e.What.Client = m.Client
	if !w.laneAllows(m) {
		return e, false
	}
	if m.Client == "" {
		switch m.Verb {
		case story.Opened, story.OpenFailed, story.Closed, story.Retire:
			all := w.subjects(m.Verb)
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

// Possible appends to may each move that the contract allows now. Of the clients that
// have nothing to do only the first may acquire, since they are all alike.
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
			add(name, nextVerbs(c.doing)...)
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
		if !w.shut {
			add("", story.Retire)
		}
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

// withLane leaves out the moves that the contract of the lane does not allow, and adds the
// lane's own events.
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

// number numbers the moves about slots that no acquire waits for.
func number(may []Move) {
	n := map[story.Verb]int{}
	for i := range may {
		may[i].Nth = n[may[i].Verb]
		n[may[i].Verb]++
	}
}

// nextVerbs returns what a client may do after an answer.
func nextVerbs(doing ledger.Action) []story.Verb {
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

// laneAllows reports whether the contract of the lane allows a move now.
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
		return false // the idle slot in the lane is lent first
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
