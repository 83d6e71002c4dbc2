package check

import (
	"fmt"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/observe"
)

// narrator puts the events of a run, and their effects, in the words of stories.
type narrator struct {
	run     observe.Run
	names   []string // of requests, by number
	effects []story.Effect
}

func (n *narrator) begin(run observe.Run) error {
	n.run = run
	return nil
}

func (n *narrator) storyEvent(ev *observe.Event) story.Event {
	e := story.Event{Verb: story.Verb(ev.Verb), Verdict: ev.Verdict, MaxActive: ev.MaxActive, MaxIdle: ev.MaxIdle}
	switch {
	case e.Verb == story.Acquire && !ev.Waits:
		e.Verb = story.Try
	case e.Verb == story.Acquire:
		e.Unbounded, e.Urgent = ev.Unbounded, ev.Urgent
	}
	switch {
	case ev.Request > 0:
		e.What.Client = n.client(ev.Request)
	case ev.Handle.Slot != nil:
		e.What.Slot = ev.Handle.Slot.ID()
	}
	return e
}

// client returns the name of a request. Names are used again, as numbers are.
func (n *narrator) client(request int) string {
	for i := len(n.names); i < request; i++ {
		n.names = append(n.names, fmt.Sprintf("r%d", i+1))
	}
	return n.names[request-1]
}

// noteEffects notes the effects of an event.
func (n *narrator) noteEffects(e story.Event, a ledger.Answer) {
	n.effects = n.effects[:0]
	switch e.Verb {
	case story.Advance, story.Shut, story.Suspect, story.Reset, story.Resize:
	default:
		n.effect(story.Answered, e.What.Client, a)
	}
	n.noteWork()
}

func (n *narrator) noteWork() {
	n.run.Ledger().Peek(func(w *ledger.Waiter) {
		n.effect(story.Wakes, n.client(n.run.Request(w)), w.Answer())
	}, func(h ledger.Handle) {
		n.effect(story.Closes, "", ledger.Answer{Do: ledger.Close, Handle: h})
	}, func(h ledger.Handle) {
		n.effect(story.Opens, "", ledger.Answer{Do: ledger.Open, Handle: h})
	}, func(h ledger.Handle) {
		n.effect(story.Tests, "", ledger.Answer{Handle: h, Due: n.run.Ledger().TestsDue(h)})
	})
}

func (n *narrator) effect(kind story.Kind, client string, a ledger.Answer) {
	f := story.Effect{Kind: kind, Client: client, Do: a.Do, Why: a.Why, Due: a.Due, Gen: int(a.Handle.Gen)}
	if a.Handle.Slot != nil {
		f.Slot = a.Handle.Slot.ID()
	}
	if a.Do == ledger.Close {
		f.Reason = n.run.Ledger().Why(a.Handle)
	}
	n.effects = append(n.effects, f)
}
