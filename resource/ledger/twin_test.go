package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// TestTwin has the ledger and its twin go through the same events, in any order
// that the contract allows, and compares all their answers after each.
//
//	go test -run TestTwin -rapid.checks=100000 ./resource/ledger
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun(t, drawPool(t))
		t.Repeat(map[string]func(*rapid.T){
			"event": func(t *rapid.T) {
				after := r.drawTime(t)
				r.play(t, after, r.drawEvent(t))
			},
		})
		r.settle(t)
	})
}

// run is a ledger, its twin, and the accounts of an outside observer.
type run struct {
	stage    *story.Stage
	twin     *twin
	accounts *accounts
	story    story.Story
	stale    []story.What // handles that were current once
}

func newRun(t *rapid.T, p story.Pool) *run {
	r := &run{
		stage:    story.NewStage(p),
		twin:     newTwin(p),
		accounts: newAccounts(p.MaxActive),
		story:    story.Story{Notes: []string{"# A run in which the ledger and its twin differ.", ""}, Pool: p},
	}
	r.compareNext(t, story.Event{})
	return r
}

// play has an event happen to both, and compares.
func (r *run) play(t *rapid.T, after time.Duration, e story.Event) {
	got, err := r.stage.Play(after, e)
	step := story.Step{After: after, Event: e}
	for _, effect := range got {
		step.Effects = append(step.Effects, effect.String())
	}
	r.story.Steps = append(r.story.Steps, step)
	if err != nil {
		r.fail(t, "%v", err)
	}
	if err := r.accounts.note(e, got); err != nil {
		r.fail(t, "the accounts say: %v", err)
	}
	draw := 0.0
	if e.Verb == story.Opened {
		draw = r.stage.Slot(r.twin.slotOf(e.What).id).Facts().Draw
	}
	var evicted, tests []int
	for _, effect := range got {
		if effect.Kind == story.Tests {
			tests = append(tests, effect.Slot)
		}
		if effect.Kind == story.Closes && effect.Reason == ledger.IdleTooLong {
			evicted = append(evicted, effect.Slot)
		}
	}
	want := r.twin.play(r.stage.Now, e, draw, evicted, tests)
	if !slices.Equal(got, want) {
		r.fail(t, "effects differ (-twin, +ledger):\n%s", cmp.Diff(want, got))
	}
	if got, want := r.stage.Ledger.Stats(), r.twin.snapshot(); got != want {
		r.fail(t, "stats differ (-twin, +ledger):\n%s", cmp.Diff(want, got))
	}
	r.compareNext(t, e)
	r.remember(got)
}

// compareNext compares NextDeadline with the exact deadline: it may be early, but
// not late, and right after Advance it is not due.
func (r *run) compareNext(t *rapid.T, e story.Event) {
	next, exact := r.stage.Ledger.NextDeadline(), r.twin.deadline()
	if next > exact {
		r.fail(t, "next is %v, something is due at %v", next, exact)
	}
	if e.Verb == story.Advance && next <= r.stage.Now {
		r.fail(t, "after advance at %v, next is %v", r.stage.Now, next)
	}
}

func (r *run) fail(t *rapid.T, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\n\n%s", fmt.Sprintf(format, args...), r.story.Format())
}

// remember keeps the handles that are given out, to use them once they are stale.
func (r *run) remember(effects []story.Effect) {
	for _, e := range effects {
		if e.Slot > 0 {
			r.stale = append(r.stale, story.What{Slot: e.Slot, Gen: e.Gen})
		}
	}
	if n := len(r.stale); n > 8 {
		r.stale = r.stale[n-8:]
	}
}

// settle ends a run. First only time passes: as Advance does what is due,
// NextDeadline must become Never. Then the pool is shut, and everything under way
// is reported: nothing may be left (I6, I9).
func (r *run) settle(t *rapid.T) {
	for steps := 0; r.stage.Ledger.NextDeadline() != ledger.Never; steps++ {
		if steps > 200 {
			r.fail(t, "next is %v after %d times advance, and exactly it is %v",
				r.stage.Ledger.NextDeadline(), steps, r.twin.deadline())
		}
		after := max(0, r.stage.Ledger.NextDeadline().Sub(r.stage.Now))
		r.play(t, after, story.Event{Verb: story.Advance})
	}
	r.play(t, 0, story.Event{Verb: story.Shut})
	for len(r.twin.live) > 0 {
		r.play(t, 0, r.last(r.twin.live[0]))
	}
	if !r.stage.Ledger.Drained() {
		r.fail(t, "not drained: %v", r.stage.Ledger)
	}
	if err := r.accounts.empty(); err != nil {
		r.fail(t, "the accounts say: %v", err)
	}
}

// last is the event that brings a slot nearer to its end.
func (r *run) last(s *twinSlot) story.Event {
	what := story.What{Slot: s.id}
	for _, name := range clientNames() {
		if c := r.twin.client(name); c.last.Slot == s.id && c.last.Gen == s.gen && c.last.Do != ledger.Done {
			what = story.What{Client: name}
		}
	}
	switch s.state {
	case ledger.Opening:
		return story.Event{Verb: story.Opened, What: what}
	case ledger.Testing:
		return story.Event{Verb: story.Tested, What: what}
	case ledger.Leased:
		return story.Event{Verb: story.Release, What: what}
	}
	return story.Event{Verb: story.Closed, What: what}
}
