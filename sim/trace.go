package sim

import (
	"cmp"
	"errors"
	"slices"

	"github.com/respool/respool/resource/ledger/story"
)

// ErrNotTellable is why a pool is not in a story: it has policies of the user's
// own, or a test with two conditions.
var ErrNotTellable = errors.New("sim: no story can tell a pool with such policies or such a test")

// StoryPool returns the pool in the words of a story. The error is
// [ErrNotTellable].
func (s *Scenario) StoryPool() (story.Pool, error) {
	p, ok := s.Pool.story(s.Seed)
	if !ok {
		return p, ErrNotTellable
	}
	return p, nil
}

// Trace is [Run], told as a story: tell is shown each event with its effects, and
// must not keep the step. With [Scenario.StoryPool] the steps are a story that
// can be replayed. An error that tell returns ends the run, and is returned.
func Trace(sc *Scenario, tell func(*story.Step) error) (*Report, error) {
	return observed(sc, func(e *engine) error {
		t := &tracer{watcher: watcher{ledger: e.ledger}, show: tell}
		e.watch = t.watch
		return t.begin()
	})
}

// tracer tells a run event by event.
type tracer struct {
	watcher
	last Instant
	show func(*story.Step) error
}

// begin tells of what a pool with MinIdle opens before anything happens. A story
// has that as the work of its first event.
func (t *tracer) begin() error {
	if t.work(); len(t.effects) == 0 {
		return nil
	}
	return t.step(0, story.Event{Verb: story.Advance})
}

func (t *tracer) watch(ev Event) error {
	e := t.event(&ev)
	t.tell(e, ev.Answer)
	return t.step(ev.At, e)
}

// step has closes in the order in which a story has them: by slot.
func (t *tracer) step(at Instant, e story.Event) error {
	slices.SortStableFunc(t.effects, func(a, b story.Effect) int {
		if a.Kind != story.Closes || b.Kind != story.Closes {
			return cmp.Compare(a.Kind, b.Kind)
		}
		return cmp.Compare(a.Slot, b.Slot)
	})
	s := story.Step{After: at.Sub(t.last), Event: e, Effects: texts(t.effects)}
	t.last = at
	return t.show(&s)
}
