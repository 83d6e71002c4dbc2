package sim

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// watcher shows a run to a court, event by event, in the words of a story.
type watcher struct {
	ledger  *ledger.Ledger
	court   *court
	record  bool // keep the moves
	moves   []move
	seen    uint64
	most    uint64   // of events before it says that it has seen enough; zero: no limit
	names   []string // of requests, by the place that they have in the run
	effects []story.Effect
}

// watch is what the engine calls.
func (x *watcher) watch(ev Event) error {
	e := x.event(&ev)
	if x.record {
		x.moves = append(x.moves, moveOf(x.court.w, ev.At, e))
	}
	x.tell(e, ev.Answer)
	if v := x.court.judge(ev.At, e, x.effects, func(w *witness) { w.look(x.ledger) }); v != nil {
		return v
	}
	if x.seen++; x.seen == x.most {
		return errEnough
	}
	return nil
}

// tell notes the effects of an event.
func (x *watcher) tell(e story.Event, a ledger.Answer) {
	x.effects = x.effects[:0]
	switch e.Verb {
	case story.Advance, story.Shut:
	default:
		x.effect(story.Answered, e.What.Client, a)
	}
	x.work()
}

func (x *watcher) event(ev *Event) story.Event {
	e := story.Event{Verb: story.Verb(ev.Name), Verdict: ev.Verdict}
	if e.Verb == story.Acquire && !ev.Waits {
		e.Verb = story.Try
	}
	switch {
	case ev.Request != nil:
		e.What.Client = x.name(ev.Request)
	case ev.Handle.Slot != nil:
		e.What.Slot = ev.Handle.Slot.ID()
	}
	return e
}

// name is the client of a request. Places in a run are used again, and so are
// their names.
func (x *watcher) name(r *request) string {
	for i := len(x.names); i <= int(r.index); i++ {
		x.names = append(x.names, fmt.Sprintf("r%d", i+1))
	}
	return x.names[r.index]
}

func (x *watcher) work() {
	x.ledger.Peek(func(w *ledger.Waiter) {
		x.effect(story.Wakes, x.name(w.Tag.(*request)), w.Answer())
	}, func(h ledger.Handle) {
		x.effect(story.Closes, "", ledger.Answer{Do: ledger.Close, Handle: h})
	}, func(h ledger.Handle) {
		x.effect(story.Opens, "", ledger.Answer{Do: ledger.Open, Handle: h})
	})
}

func (x *watcher) effect(kind story.Kind, who string, a ledger.Answer) {
	f := story.Effect{Kind: kind, Client: who, Do: a.Do, Why: a.Why, Due: a.Due, Gen: int(a.Handle.Gen)}
	if a.Handle.Slot != nil {
		f.Slot = a.Handle.Slot.ID()
	}
	if a.Do == ledger.Close {
		f.Reason = x.ledger.Why(a.Handle)
	}
	x.effects = append(x.effects, f)
}
