package story

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/policy"
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

func parsePool(text string) (Pool, error) {
	p := Pool{MaxActive: ledger.NoLimit, MaxIdle: ledger.NoLimit, MaxWaiters: ledger.NoLimit}
	words := strings.Fields(text)
	if words[0] != "pool" {
		return p, fmt.Errorf("%q stands where the pool should", text)
	}
	seen := map[string]bool{"test": false}
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok || seen[name] {
			return p, fmt.Errorf("%q is not a setting of the form name=value, or its name is there twice", word)
		}
		seen[name] = name != "test"
		if err := p.set(name, value); err != nil {
			return p, fmt.Errorf("%s: %w", word, err)
		}
	}
	return p, p.validate()
}

// set changes a setting to the value in a story.
func (p *Pool) set(name, value string) (err error) {
	switch name {
	case "max-active":
		p.MaxActive, err = parseLimit(value)
	case "max-idle":
		p.MaxIdle, err = parseLimit(value)
	case "min-idle":
		p.MinIdle, err = parseLimit(value)
	case "max-waiters":
		p.MaxWaiters, err = parseLimit(value)
	case "wait-timeout":
		p.WaitTimeout, err = parseTime(value)
	case "order":
		p.FIFO = value == "fifo"
		if !p.FIFO && value != "lifo" {
			err = fmt.Errorf("an order is lifo or fifo")
		}
	case "max-age":
		p.MaxAge, err = parseTime(value)
	case "jitter":
		p.Jitter, err = parseTime(value)
	case "max-uses":
		p.MaxUses, err = parseLimit(value)
	case "idle-timeout":
		p.IdleTimeout, err = parseTime(value)
	case "keep":
		p.Keep, err = parseLimit(value)
	case "test":
		var t Test
		t, err = parseTest(value)
		p.Tests = append(p.Tests, t)
	case "seed":
		p.Seed, err = strconv.ParseUint(value, 10, 64)
	default:
		err = fmt.Errorf("unknown setting")
	}
	return err
}

// validate finds settings that would make the ledger or a policy panic.
func (p Pool) validate() error {
	switch {
	case p.MaxActive < 1:
		return fmt.Errorf("max-active must be at least 1")
	case p.MinIdle > p.MaxIdle || p.MinIdle > p.MaxActive:
		return fmt.Errorf("min-idle is above max-idle or max-active")
	case p.Jitter > p.MaxAge:
		return fmt.Errorf("jitter is above max-age")
	case p.Keep > 0 && p.IdleTimeout == 0:
		return fmt.Errorf("keep without idle-timeout means nothing")
	case len(p.Tests) > policy.MaxChecks:
		return fmt.Errorf("more than %d tests", policy.MaxChecks)
	}
	return nil
}

func parseTest(text string) (t Test, err error) {
	kind, value, _ := strings.Cut(text, ":")
	switch {
	case text == "always":
	case kind == "if-idle-for":
		t.IfIdleFor, err = parseTime(value)
	case kind == "at-most-every":
		t.AtMostEvery, err = parseTime(value)
	default:
		err = fmt.Errorf("a test is always, if-idle-for:TIME or at-most-every:TIME")
	}
	return t, err
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
		if len(words) != 2 {
			return after, e, fmt.Errorf("resize takes two limits")
		}
		if e.MaxActive, err = parseLimit(words[0]); err == nil {
			e.MaxIdle, err = parseLimit(words[1])
		}
		if e.MaxActive < 1 {
			err = fmt.Errorf("the first limit of resize must be at least 1")
		}
		return after, e, err
	}
	if len(words) > 0 {
		err = fmt.Errorf("%q is too much for %s", strings.Join(words, " "), e.Verb)
	}
	return after, e, err
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
