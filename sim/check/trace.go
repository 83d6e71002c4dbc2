package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/observe"
	"github.com/respool/respool/sim/internal/setting"
)

// ErrNoStory is why there is no story of a pool: it has policies of the user's own,
// or a test with two conditions, or shares limits with the pools of other keys.
var ErrNoStory = errors.New("sim: no story can describe a pool with such policies or such a test, or several keys")

// StoryPool returns the scenario's pool in the words of a story. The error is
// [ErrNoStory].
func StoryPool(sc *sim.Scenario) (story.Pool, error) {
	p, ok := storyPool(sc)
	if !ok || sc.Keys.Count > 0 {
		return p, ErrNoStory
	}
	return p, nil
}

// Trace is [sim.Run] as a story: it calls show with each event and its effects.
// The step is valid until show returns. With [StoryPool] the steps are a story that
// can be replayed. An error that show returns ends the run, and is returned. Of a fleet it
// shows the first instance: see [TraceInstance]. A scenario with keys gives [ErrNoStory]; use
// [sim.Watch].
func Trace(sc *sim.Scenario, show func(*story.Step) error) (*sim.Report, error) {
	if sc.Keys.Count > 0 {
		return nil, ErrNoStory
	}
	if sc.Fleet.Instances > 0 {
		return TraceInstance(sc, 0, show)
	}
	t := &tracer{show: show}
	return sim.Observe(sc, observe.Observer{Begin: t.begin, Event: t.event})
}

// TraceInstance is [Trace] of one instance of a fleet, numbered from 0. All instances run,
// and the events of the others are not shown. With [StoryPool] of [sim.Scenario.Instance] the
// steps are a story. If the instance stops, the story has a resize and a reset; if it starts,
// a resize. The report is that of all. It returns an error of [sim.Run], the first error of
// show, or one that says that there is no such instance.
func TraceInstance(sc *sim.Scenario, instance int, show func(*story.Step) error) (*sim.Report, error) {
	if n := max(sc.Fleet.Instances, sc.Fleet.Autoscale.Max); instance < 0 || instance >= n {
		return nil, fmt.Errorf("sim: there is no instance %d: those of the fleet are 0 to %d", instance, n-1)
	}
	t := &tracer{show: show}
	return sim.ObserveFleet(sc, observe.FleetObserver{Instance: func(i int) observe.Observer {
		if i != instance {
			return observe.Observer{}
		}
		return observe.Observer{Begin: t.begin, Event: t.event}
	}})
}

// tracer shows a run as the steps of a story.
type tracer struct {
	narrator
	last sim.Instant
	show func(*story.Step) error
}

// begin shows what a pool with MinIdle opens before anything happens. A story has
// that as the work of its first event.
func (t *tracer) begin(run observe.Run) error {
	t.run = run
	if t.noteWork(); len(t.effects) == 0 {
		return nil
	}
	return t.step(0, story.Event{Verb: story.Advance})
}

func (t *tracer) event(ev observe.Event) error {
	e := t.storyEvent(&ev)
	t.noteEffects(e, ev.Answer)
	return t.step(ev.At, e)
}

// step has closes in the order in which a story has them: by slot.
func (t *tracer) step(at sim.Instant, e story.Event) error {
	slices.SortStableFunc(t.effects, func(a, b story.Effect) int {
		if a.Kind != b.Kind || a.Kind != story.Closes && a.Kind != story.Tests {
			return cmp.Compare(a.Kind, b.Kind)
		}
		return cmp.Compare(a.Slot, b.Slot)
	})
	s := story.Step{After: at.Sub(t.last), Event: e, Effects: texts(t.effects)}
	t.last = at
	return t.show(&s)
}

// storyPool returns the scenario's pool in the words of a story. It reports false if the
// pool has policies of the user's own, which the returned pool leaves out, or a test with
// two conditions.
func storyPool(sc *sim.Scenario) (story.Pool, bool) {
	p := &sc.Pool
	return setting.PoolOf(sc), p.Lifetime == nil && p.Eviction == nil && p.Gate == nil &&
		(p.Test == nil || p.Test.IfIdleFor == 0 || p.Test.AtMostEvery == 0)
}
