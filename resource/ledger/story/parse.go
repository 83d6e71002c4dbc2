package story

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// Parse reads a story. Its errors name the file and the line.
func Parse(file string, text []byte) (*Story, error) {
	s := new(Story)
	var notes []string
	begun := false
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		var err error
		switch rest := strings.TrimSpace(line); {
		case rest == "" || rest[0] == '#':
			notes = append(notes, rest)
			continue
		case line[0] == ' ' || line[0] == '\t':
			err = s.parseEffect(rest, notes)
		case !begun:
			begun = true
			s.Notes, notes = notes, nil
			s.Pool, err = parsePool(rest)
		default:
			step := Step{Line: i + 1, Notes: notes}
			notes = nil
			step.After, step.Event, err = parseEvent(rest)
			s.Steps = append(s.Steps, step)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	s.End = notes
	switch {
	case !begun:
		return nil, fmt.Errorf("%s:1: there is no pool", file)
	case !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.HasPrefix(n, "# ") }):
		return nil, fmt.Errorf("%s:1: no comment says what the story proves", file)
	}
	return s, nil
}

func (s *Story) parseEffect(text string, notes []string) error {
	if len(s.Steps) == 0 || len(notes) > 0 {
		return fmt.Errorf("the effect %q does not follow an event", text)
	}
	last := &s.Steps[len(s.Steps)-1]
	last.Effects = append(last.Effects, text)
	return nil
}

func parseEvent(text string) (after time.Duration, e Event, err error) {
	words := strings.Fields(text)
	if text[0] == '+' {
		if after, err = parseTime(words[0][1:]); err != nil {
			return after, e, err
		}
		if words = words[1:]; len(words) == 0 {
			return after, e, fmt.Errorf("no event follows the time")
		}
	}
	e.Verb, words = Verb(words[0]), words[1:]
	client, slot, err := takes(e.Verb)
	if err != nil {
		return after, e, err
	}
	if client {
		if words, err = e.What.parse(words, slot); err != nil {
			return after, e, err
		}
	}
	switch e.Verb {
	case Acquire:
		for _, may := range []struct {
			word string
			is   *bool
		}{{urgent, &e.Urgent}, {unbounded, &e.Unbounded}} {
			if *may.is = len(words) > 0 && words[0] == may.word; *may.is {
				words = words[1:]
			}
		}
	case Retire:
		if e.What.Slot == 0 {
			return after, e, fmt.Errorf("retire takes a slot, such as slot 2")
		}
	case Tested:
		if len(words) == 1 && slices.Contains(verdicts(), words[0]) {
			e.Verdict = ledger.Verdict(slices.Index(verdicts(), words[0]))
			return after, e, nil
		}
		return after, e, fmt.Errorf("the outcome of a test is passed, failed or gave-up")
	case Resize:
		err = e.parseResize(words)
		return after, e, err
	}
	if len(words) > 0 {
		err = fmt.Errorf("%q is too much for %s", strings.Join(words, " "), e.Verb)
	}
	return after, e, err
}

// parseResize reads the two limits of a resize.
func (e *Event) parseResize(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("resize takes two limits")
	}
	var err error
	if e.MaxActive, err = parseLimit(words[0]); err == nil {
		e.MaxIdle, err = parseLimit(words[1])
	}
	if e.MaxActive < 1 {
		err = fmt.Errorf("the first limit of resize must be at least 1")
	}
	return err
}

// parse reads a client, or a slot if that is allowed, and returns the words that
// follow.
func (w *What) parse(words []string, slot bool) ([]string, error) {
	switch {
	case len(words) == 0:
		return nil, fmt.Errorf("no client is named")
	case words[0] != "slot":
		for _, r := range words[0] {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
				return nil, fmt.Errorf("%q is not a client's name", words[0])
			}
		}
		w.Client = words[0]
		return words[1:], nil
	case !slot:
		return nil, fmt.Errorf("a client must be named, not a slot")
	case len(words) == 1:
		return nil, fmt.Errorf("the slot has no number")
	}
	id, gen, exact := strings.Cut(words[1], ".")
	var err error
	if w.Slot, err = strconv.Atoi(id); err == nil && exact {
		w.Gen, err = strconv.Atoi(gen)
	}
	if err != nil || w.Slot < 1 || exact && w.Gen < 1 {
		return nil, fmt.Errorf("%q is not a slot", words[1])
	}
	return words[2:], nil
}

func parseLimit(text string) (int, error) {
	if text == "none" {
		return ledger.NoLimit, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is not a limit", text)
	}
	return int(n), nil
}

func parseTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a positive duration", text)
	}
	return d, nil
}
