package main

import (
	"strings"
	"testing"
)

const eventful = " -rate 2000 -hold exp:30ms -max-active 20 -min-idle 4 -wait -wait-timeout 20ms -idle-timeout 15ms -requests 1000" +
	" -open-latency exp:3ms -open-failure 5% -test always -test-failure 1% -close-latency 1ms -discard 1% -panic 1%" +
	" -patience exp:18ms -max-age 300ms -max-age-jitter 100ms -max-uses 50 -restart 100ms -max-idle 10 -order fifo"

// TestReplayTrace replays what trace has printed, in all its forms.
func TestReplayTrace(t *testing.T) {
	fleet := " -instances 3 -instance 2 -max-connections 40 -deploy-at 100ms -deploy-every 100ms -deploy-down 50ms"
	for _, form := range []string{"", " -story", " -format json", fleet} {
		trace := ok(t, "trace"+eventful+form)
		r := poolsim(trace, "replay -")
		if r.status != exitOK || !strings.Contains(r.out, "every answer the same") {
			t.Errorf("trace%s: status %d\n%s%s", form, r.status, r.out, r.err)
		}
		v := decoded(t, poolsim(trace, "replay - -format json").out)
		if v["same"] != true || v["events"].(float64) < 2000 {
			t.Errorf("trace%s: %v", form, v)
		}
	}
	if out := ok(t, "replay ../../../resource/ledger/testdata/stories/wait_timeout.txt"); !strings.Contains(out, "same") {
		t.Errorf("of a golden story:\n%s", out)
	}
}

func TestReplayDiffers(t *testing.T) {
	head := "# Two clients, one place.\npool max-active=1\nacquire a | -> open slot 1.1\nopened a | -> granted slot 1.1\n"
	for text, want := range map[string]string{
		"try b | -> wait\n":                                   "standard input:5: try b, after 2 events",
		"acquire b | -> wait\nrelease a | -> done\n":          "wakes b: granted slot 1.2",
		"acquire b | -> wait | wakes c: wait\n":               "happened  -> wait",
		"acquire b | -> wait\n\nacquire b | -> wait\n":        "violation b is in the queue",
		`{"after":"1ms","event":"try b","effects":[]}` + "\n": "written   nothing",
	} {
		r := poolsim(head+text, "replay -")
		if r.status != exitViolated || !strings.Contains(r.out, want) || r.err != "" {
			t.Errorf("%s: status %d\n%s%swant %q", text, r.status, r.out, r.err, want)
		}
	}
	r := poolsim(head+"try b | -> wait\n", "replay - -format json")
	if v := decoded(t, r.out); r.status != exitViolated || v["line"] != 5.0 || v["same"] != false {
		t.Errorf("in JSON: status %d\n%s", r.status, r.out)
	}
	for text, want := range map[string]string{
		"":                        "standard input: it is empty",
		"A letter.\nDear pool":    `standard input:1: not a trace: expected a line such as "pool max-active=2"`,
		"\xff\xfep\x00":           "standard input: the text is in UTF-16",
		head + "jump a | -> wait": "standard input:5: unknown event",
		`{"pol": 3}`:              "standard input:1: not a trace",
		"{\n  \"seed\": 0\n}":     "standard input:1: not a trace",
	} {
		r := poolsim(text, "replay -")
		if r.status != exitUsage || !strings.Contains(r.err, want) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: status %d\n%swant %q", text, r.status, r.err, want)
		}
	}
}

// TestReplayExample plays the story that the help names.
func TestReplayExample(t *testing.T) {
	_, name, found := strings.Cut(replayCommand().text, "replay resource/")
	name, _, _ = strings.Cut(name, "\n")
	if out := ok(t, "replay ../../../resource/"+name); !found || !strings.Contains(out, "same") {
		t.Errorf("%s:\n%s", name, out)
	}
}
