package story_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// whole is a story with every event and every setting.
const whole = `# What every line of a story can be.
# It goes on for two lines.

pool max-active=2 max-idle=2 min-idle=1 max-waiters=3 wait-timeout=1h order=fifo max-age=24h jitter=30m max-uses=9 idle-timeout=5m keep=1 test=if-idle-for:1m test=at-most-every:1m30s test=always seed=7

# Before the first event.
advance
    opens slot 1.1
+10ms opened slot 1
    -> done
try a
    -> test slot 1.1 (due 100)
tested a gave-up
    -> close slot 1.1 (failed test)
closed a
    -> open slot 2.1

open-failed a
    -> done
acquire a
    -> open slot 3.1
abandon a
    -> done
opened slot 3
    -> done
next
    -> 10ms
acquire b
    -> test slot 3.1 (due 100)
tested b passed
    -> granted slot 3.1
detach b
    -> done
acquire c
    -> open slot 4.1
acquire d
    -> open slot 5.1
acquire e
    -> wait
cancel e
    -> done
opened c
    -> granted slot 4.1
release c
    -> done
release slot 4.1
    -> stale
reset
    closes slot 4.2 (reset)
resize 1 none
opened d
    -> granted slot 5.1
discard d
    -> close slot 5.2 (discarded)
shut
state
    -> ledger{active 2 of 1: opening 0, testing 0, idle 0 of 2147483647, leased 0, closing 2; waiting 0; next never; shut}
# The end.
`

func TestRoundTrip(t *testing.T) {
	s, err := story.Parse("whole", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, string(s.Format())); diff != "" {
		t.Errorf("format of what was parsed (-want, +got):\n%s", diff)
	}
	played, err := s.Replay()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, string(played.Format())); diff != "" {
		t.Errorf("replay (-written, +played):\n%s", diff)
	}
	if first := s.Steps[0]; first.Line != 7 || len(first.Notes) != 2 {
		t.Errorf("the first step is %+v, want it in line 7 after two notes", first)
	}
}

// TestUnclaimed: Replay shows an effect that the text leaves out or invents.
func TestUnclaimed(t *testing.T) {
	for _, claim := range []string{"    -> wait\n", "", "    -> open slot 1.1\n    closes slot 2.1 (reset)\n"} {
		text := "# One event.\npool max-active=1\nacquire a\n" + claim
		s, err := story.Parse("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		played, err := s.Replay()
		if err != nil {
			t.Fatal(err)
		}
		if want := "# One event.\npool max-active=1\nacquire a\n    -> open slot 1.1\n"; string(played.Format()) != want {
			t.Errorf("with the claim %q, got\n%s", claim, played.Format())
		}
	}
}

func TestParseErrors(t *testing.T) {
	const begin = "# A comment.\npool max-active=1\n"
	for text, want := range map[string]string{
		"":                                     "f:1: there is no pool",
		"# A comment.\n":                       "f:1: there is no pool",
		"pool max-active=1\n":                  "f:1: no comment says what the story proves",
		"# A.\nacquire a\n":                    `f:2: "acquire a" stands where the pool should`,
		"# A.\n    -> done\n":                  `f:2: the effect "-> done" does not follow an event`,
		"# A.\npool fast\n":                    `f:2: "fast" is not a setting of the form name=value, or its name is there twice`,
		"# A.\npool seed=1 seed=2\n":           `f:2: "seed=2" is not a setting of the form name=value, or its name is there twice`,
		"# A.\npool speed=1\n":                 "f:2: speed=1: unknown setting",
		"# A.\npool max-active=0\n":            "f:2: max-active must be at least 1",
		"# A.\npool max-active=-1\n":           `f:2: max-active=-1: "-1" is not a limit`,
		"# A.\npool max-active=many\n":         `f:2: max-active=many: "many" is not a limit`,
		"# A.\npool max-idle=1 min-idle=2\n":   "f:2: min-idle is above max-idle or max-active",
		"# A.\npool max-active=1 min-idle=2\n": "f:2: min-idle is above max-idle or max-active",
		"# A.\npool max-age=1m jitter=2m\n":    "f:2: jitter is above max-age",
		"# A.\npool keep=1\n":                  "f:2: keep without idle-timeout means nothing",
		"# A.\npool max-age=soon\n":            `f:2: max-age=soon: "soon" is not a positive duration`,
		"# A.\npool max-age=0s\n":              `f:2: max-age=0s: "0s" is not a positive duration`,
		"# A.\npool order=any\n":               "f:2: order=any: an order is lifo or fifo",
		"# A.\npool test=never\n":              "f:2: test=never: a test is always, if-idle-for:TIME or at-most-every:TIME",
		"# A.\npool test=if-idle-for\n":        `f:2: test=if-idle-for: "" is not a positive duration`,
		"# A.\npool" + strings.Repeat(" test=always", 65) + "\n": "f:2: more than 64 tests",

		begin + "    -> done\n":              `f:3: the effect "-> done" does not follow an event`,
		begin + "shut\n\n    -> done\n":      `f:5: the effect "-> done" does not follow an event`,
		begin + "wait a\n":                   `f:3: unknown event "wait"`,
		begin + "acquire\n":                  "f:3: no client is named",
		begin + "acquire slot 1\n":           "f:3: a client must be named, not a slot",
		begin + "acquire A\n":                `f:3: "A" is not a client's name`,
		begin + "acquire a b\n":              `f:3: "b" is too much for acquire`,
		begin + "shut now\n":                 `f:3: "now" is too much for shut`,
		begin + "release slot\n":             "f:3: the slot has no number",
		begin + "release slot 0\n":           `f:3: "0" is not a slot`,
		begin + "release slot 1.\n":          `f:3: "1." is not a slot`,
		begin + "release slot 1.0\n":         `f:3: "1.0" is not a slot`,
		begin + "release slot x\n":           `f:3: "x" is not a slot`,
		begin + "tested a\n":                 "f:3: the outcome of a test is passed, failed or gave-up",
		begin + "tested a well\n":            "f:3: the outcome of a test is passed, failed or gave-up",
		begin + "resize 1\n":                 "f:3: resize takes two limits",
		begin + "resize 0 1\n":               "f:3: the first limit of resize must be at least 1",
		begin + "resize 1 x\n":               `f:3: "x" is not a limit`,
		begin + "+soon shut\n":               `f:3: "soon" is not a positive duration`,
		begin + "+-1s shut\n":                `f:3: "-1s" is not a positive duration`,
		begin + "+1s\n":                      "f:3: no event follows the time",
		begin + "shut\n# A note.\nacquire\n": "f:5: no client is named",
	} {
		_, err := story.Parse("f", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestReplayErrors(t *testing.T) {
	const begin = "# A comment.\npool max-active=1\n"
	for text, want := range map[string]string{
		"acquire a\nacquire b\nacquire b\n":                         "line 5: acquire b: b is in the queue",
		"acquire a\nacquire b\nrelease b\n":                         "line 5: release b: b is in the queue",
		"acquire a\ncancel a\n":                                     "line 4: cancel a: a is not in the queue",
		"acquire a\nacquire b\nopen-failed a\nopened b\ncancel b\n": "line 7: cancel b: b is not in the queue",
		"release a\n":                  "line 3: release a: the slot was never given out, or the client was never given one",
		"closed slot 4\n":              "line 3: closed slot 4: the slot was never given out, or the client was never given one",
		"acquire a\nclosed a\n":        "line 4: closed a: panic: ledger: Closed of slot 1.1, which is opening, in ",
		"acquire a\nopened slot 1.7\n": "line 4: opened slot 1.7: panic: ledger: Opened of stale slot 1.7 in ",
	} {
		s, err := story.Parse("f", []byte(begin+text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Replay(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestStageKeepsTime: time between events adds up, and a slot can be looked at.
func TestStageKeepsTime(t *testing.T) {
	st := story.NewStage(story.Pool{MaxActive: 1, MaxIdle: 1})
	if st.Slot(1) != nil {
		t.Errorf("slot 1 is there before it was given out")
	}
	for _, verb := range []story.Verb{story.Try, story.Opened} {
		if _, err := st.Play(time.Second, story.Event{Verb: verb, What: story.What{Client: "a"}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := st.Slot(1).Facts().Opened; got != ledger.Instant(2*time.Second) || got != st.Now {
		t.Errorf("opened at %v, now is %v, want 2s", got, st.Now)
	}
	if _, err := st.Play(0, story.Event{Verb: "guess"}); err == nil {
		t.Errorf("an unknown event has no error")
	}
}

// TestLaneVerbs: the lane in a story, and the events that may not happen beside it.
func TestLaneVerbs(t *testing.T) {
	const text = `# A slot is lent from the lane.

pool max-active=3 max-idle=2 max-waiters=none idle-timeout=5s

enter
acquire a
    -> open slot 1.1
opened a
    -> granted slot 1.1
release a
    -> done
+1s enter
    enters slot 1.2, until 5.000000001s
enter
turn b
    -> granted slot 1.2
acquire c
    -> open slot 2.1
`
	s, err := story.Parse("lane", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	played, err := s.Replay()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(text, " max-waiters=none", "", 1), string(played.Format())); diff != "" {
		t.Errorf("(-written, +played):\n%s", diff)
	}
	const begin = "# A.\npool max-active=2 max-idle=2 idle-timeout=5s\nacquire a\nopened a\nacquire b\nopened b\nrelease b\n"
	for text, want := range map[string]string{
		"turn a\n":                             "line 8: turn a: the lane is empty",
		"leave\n":                              "line 8: leave: the lane is empty",
		"enter\nacquire c\n":                   "line 9: acquire c: a slot is idle in the lane",
		"enter\nrelease a\n":                   "line 9: release a: a slot is idle in the lane",
		"enter\n+5s turn c\n":                  "",
		"enter\n+5s turn c\n+1ns turn c\n":     "",
		"enter\n+5.000000001s turn c\n":        "line 9: turn c: the slot in the lane may be lent until 5.000000001s",
		"enter\nturn c\nturn d\n":              "line 10: turn d: c has the slot in the lane",
		"enter\nturn c\nacquire d\n":           "line 10: acquire d: it would wait, and a slot is in the lane",
		"enter\nturn c\nreset\n":               "line 10: reset: a slot is in the lane",
		"enter\nturn c\nadvance\n":             "line 10: advance: a slot is in the lane",
		"enter\nturn c\nrelease c\n":           "line 10: release c: a slot is in the lane",
		"enter\nturn c\nrelease a\n":           "",
		"enter\nturn c\nleave\nrelease c\n":    "",
		"enter\nturn c\nturn c\nleave\nshut\n": "",
	} {
		s, err := story.Parse("f", []byte(begin+text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Replay(); err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
