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
	Unbounded, Urgent  bool // with Acquire
}

// MoveOf returns the move of an event.
func (w *Witness) MoveOf(at policy.Instant, e story.Event) Move {
	m := Move{At: at, Verb: e.Verb, Client: e.What.Client, Verdict: e.Verdict, MaxActive: e.MaxActive, MaxIdle: e.MaxIdle, Unbounded: e.Unbounded, Urgent: e.Urgent}
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
	case story.Closed, story.CloseTimedOut:
		return w.unattended(ledger.Closing)
	case story.Tested:
		return w.unattended(ledger.Testing)
	}
	return w.unattended(ledger.Opening)
}

// unattended returns the slots in a state that no acquire waits for.
func (w *Witness) unattended(s ledger.State) (all []*slot) {
	if w.count(s) == 0 {
		return nil
	}
	for _, p := range w.slots {
		if p.state == s && p.unattended() {
			all = append(all, p)
		}
	}
	return all
}

// unattended reports whether something is under way with the slot, and no acquire waits
// for it.
func (p *slot) unattended() bool {
	return p.client == nil && (p.state == ledger.Opening || p.state == ledger.Testing || p.state == ledger.Closing)
}

// Admit returns the event of a move, and false if the contract does not allow it now.
func (w *Witness) Admit(m *Move) (e story.Event, ok bool) {
	e = story.Event{Verb: m.Verb, Verdict: m.Verdict, MaxActive: m.MaxActive, MaxIdle: m.MaxIdle, Unbounded: m.Unbounded, Urgent: m.Urgent}
	e.What.Client = m.Client
	if !w.laneAllows(m) {
		return e, false
	}
	if m.Client == "" {
		switch m.Verb {
		case story.Opened, story.OpenFailed, story.Closed, story.CloseTimedOut, story.Tested, story.Retire:
			all := w.subjects(m.Verb)
			if len(all) == 0 || m.Nth < 0 {
				return e, false
			}
			e.What.Slot = all[min(m.Nth, len(all)-1)].id
		}
		return e, true
	}
	return e, w.client(m.Client).Allows(m.Verb)
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
		c := w.standing(name)
		if free == "" && c.Allows(story.Acquire) {
			free = name
		}
		add(name, c.Reports()...)
		if c.Allows(story.Cancel) {
			add(name, story.Cancel)
		}
	}
	if free != "" {
		add(free, story.Acquire, story.Try, story.Background)
	}
	begin := len(may)
	for _, p := range w.slots {
		if !w.shut {
			add("", story.Retire)
		}
		if p.unattended() {
			add("", story.Reports(p.state, false)...)
		}
	}
	number(may[begin:])
	if !w.shut {
		add("", story.Advance, story.Reset, story.Suspect, story.Resize, story.Shut)
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

// laneAllows reports whether the contract of the lane allows a move now. Whether an
// acquire would wait is the witness's own account, not the ledger's.
func (w *Witness) laneAllows(m *Move) bool {
	var lane *story.Lane
	if x := w.lane; x != nil {
		lane = &story.Lane{Until: x.until, MustWait: w.hold.failures > 0 || len(w.idle) == 0 && !w.room(), MustYield: len(w.idle)+1 >= w.maxIdle}
		if x.holder != nil {
			lane.Holder = x.holder.name
		}
	}
	e := story.Event{Verb: m.Verb, What: story.What{Client: m.Client}}
	return lane.Refuse(m.At, &e, w.standing(m.Client)) == nil
}

// standing returns that of a client, which need not have appeared yet.
func (w *Witness) standing(name string) *story.Standing {
	if c := w.clients[name]; c != nil {
		return &c.Standing
	}
	return new(story.Standing)
}

// UsesOldHandle reports whether a move uses a handle that its client has given up.
func (w *Witness) UsesOldHandle(m *Move) bool {
	c := w.clients[m.Client]
	return c != nil && c.Doing == ledger.Done && !asks(m.Verb) && m.Verb != story.Turn && m.Verb != story.Cancel && m.Verb != story.Withdraw
}
