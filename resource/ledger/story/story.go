package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// Story is a pool and what happens to it.
type Story struct {
	Notes []string // comments and empty lines before the pool
	Pool  Pool
	Steps []Step
	End   []string // comments and empty lines after the last event
}

// Step is an event with its effects.
type Step struct {
	Line    int      // the line at which it was parsed, from 1
	Notes   []string // comments and empty lines before it
	After   time.Duration
	Event   Event
	Effects []string
}

// Verb is what happens: the ledger's method, or a question.
type Verb string

// The verbs.
const (
	Acquire       Verb = "acquire"
	Rejoin        Verb = "rejoin"
	Withdraw      Verb = "withdraw"
	Try           Verb = "try"
	Background    Verb = "background"
	Cancel        Verb = "cancel"
	Release       Verb = "release"
	Discard       Verb = "discard"
	Detach        Verb = "detach"
	Abandon       Verb = "abandon"
	Opened        Verb = "opened"
	OpenFailed    Verb = "open-failed"
	Tested        Verb = "tested"
	Closed        Verb = "closed"
	CloseTimedOut Verb = "close-timed-out"
	Shut          Verb = "shut"
	Reset         Verb = "reset"
	Suspect       Verb = "suspect"
	Retire        Verb = "retire"
	Resize        Verb = "resize"
	Advance       Verb = "advance"
	Enter         Verb = "enter"
	Turn          Verb = "turn"
	Leave         Verb = "leave"
	Next          Verb = "next"
	State         Verb = "state"
)

// Event is one line of a story, without its time.
type Event struct {
	Verb Verb
	What What

	Verdict            ledger.Verdict // with Tested
	MaxActive, MaxIdle int            // with Resize
	Unbounded          bool           // with Acquire: nothing bounds its wait
	Urgent             bool           // with Acquire: it is of the higher class
}

// What is the client or the slot that an event is about.
type What struct {
	Client string
	Slot   int // with no Client; from 1
	Gen    int // of the slot's handle; zero: the latest
}

// takes says what follows a verb. If client is true, a client does; if slot is true
// too, a client or a slot.
func takes(v Verb) (client, slot bool, err error) {
	switch v {
	case Acquire, Try, Background, Cancel, Rejoin, Withdraw, Turn:
		return true, false, nil
	case Release, Discard, Detach, Abandon, Opened, OpenFailed, Tested, Closed, CloseTimedOut, Retire:
		return true, true, nil
	case Shut, Reset, Suspect, Resize, Advance, Enter, Leave, Next, State:
		return false, false, nil
	}
	return false, false, fmt.Errorf("unknown event %q", string(v))
}

func (w What) String() string {
	switch {
	case w.Client != "":
		return w.Client
	case w.Gen == 0:
		return fmt.Sprintf("slot %d", w.Slot)
	}
	return fmt.Sprintf("slot %d.%d", w.Slot, w.Gen)
}

func (e Event) String() string {
	words := []string{string(e.Verb)}
	if w := (What{}); e.What != w {
		words = append(words, e.What.String())
	}
	switch e.Verb {
	case Acquire:
		if e.Urgent {
			words = append(words, urgent)
		}
		if e.Unbounded {
			words = append(words, unbounded)
		}
	case Tested:
		words = append(words, verdicts()[e.Verdict])
	case Resize:
		words = append(words, limit(e.MaxActive), limit(e.MaxIdle))
	}
	return strings.Join(words, " ")
}

// What may follow an acquire, in this order.
const (
	urgent    = "urgent"
	unbounded = "unbounded"
)

func verdicts() []string { return []string{"passed", "failed", "gave-up"} }

// Format returns the story's text, which [Parse] reads.
func (s *Story) Format() []byte {
	var b strings.Builder
	lines := func(prefix string, texts []string) {
		for _, text := range texts {
			if text != "" {
				b.WriteString(prefix)
			}
			b.WriteString(text)
			b.WriteByte('\n')
		}
	}
	lines("", s.Notes)
	lines("", []string{s.Pool.String()})
	for _, step := range s.Steps {
		lines("", step.Notes)
		when := ""
		if step.After > 0 {
			when = "+" + short(step.After) + " "
		}
		lines(when, []string{step.Event.String()})
		lines("    ", step.Effects)
	}
	lines("", s.End)
	return []byte(b.String())
}

// Replay plays the story on a new ledger and returns it with the effects that the
// events really had. It stops with an error at the first event that the ledger's
// contract does not allow, or after which an invariant is broken.
func (s *Story) Replay() (*Story, error) {
	stage := NewStage(s.Pool)
	played := *s
	played.Steps = nil
	for _, step := range s.Steps {
		effects, err := stage.Play(step.After, step.Event)
		step.Effects = nil
		for _, e := range effects {
			step.Effects = append(step.Effects, e.String())
		}
		played.Steps = append(played.Steps, step)
		if err != nil {
			return &played, fmt.Errorf("line %d: %v: %w", step.Line, step.Event, err)
		}
	}
	return &played, nil
}
