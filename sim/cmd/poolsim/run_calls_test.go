package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// words is a report in one line, so that it does not matter where its lines end.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// The report says what became of calls, what the server did, and what the scenario was.
func TestRunWithAServerAndRetries(t *testing.T) {
	onlyFigures(t)
	line := "run -rate 300 -hold 1ms -workers 2 -service exp:5ms -contention 1% -max-active 20 -wait -timeout 100ms " +
		"-retries 2 -retry-backoff 10ms -retry-max-backoff 15ms -retry-jitter 50% -retry-budget 20% -retry-burst 5 -stall 2s+1s -duration 6s"
	out := words(ok(t, line))
	for _, want := range []string{
		"fails after 100ms", "2 workers of the server, each takes exp:5ms and 1 % more for each that waits", "1 stall",
		"2 retries after 10ms, twice as long each time up to 15ms, jitter 50 %, budget 20 %",
		"calls ", " retries good ", "failed ", "retries over budget", "timed out with it", "at server mean", "its workers are busy",
		"good call ", "tries/s ", "good/s ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	svg := filepath.Join(t.TempDir(), "calls.svg")
	v := decoded(t, ok(t, line+" -format json -svg "+svg))
	if calls := at(v, "calls.calls").(float64); at(v, "calls.good").(float64)+at(v, "calls.failed").(float64) != calls || calls < 1500 {
		t.Errorf("%v", at(v, "calls"))
	}
	if use := at(v, "server.utilization").(float64); use < 0.5 || use > 1 {
		t.Errorf("%v", at(v, "server"))
	}
	picture, err := os.ReadFile(svg)
	if err != nil || !strings.Contains(string(picture), "Calls") || !strings.Contains(string(picture), "stall") {
		t.Errorf("%v, %d bytes", err, len(picture))
	}
}

// What -print prints runs as the flags do: the new fields too.
func TestPrintedCalls(t *testing.T) {
	line := "run -rate 300 -hold 1ms -workers 2 -service exp:5ms -max-active 9 -wait -timeout 1s -leases 2 -nested " +
		"-retries 2 -retry-backoff 10ms -retry-budget 20% -stall 2s+1s -duration 4s "
	file := filepath.Join(t.TempDir(), "calls.json")
	if err := os.WriteFile(file, []byte(ok(t, line+"-print")), 0o644); err != nil {
		t.Fatal(err)
	}
	if again, want := ok(t, "run "+file), ok(t, line); again != want {
		t.Errorf("from the file\n%s\nfrom the flags\n%s", again, want)
	}
}

// A run names its deadlock, and check does.
func TestDeadlockIsNamed(t *testing.T) {
	line := "run -clients 4 -hold exp:1ms -leases 2 -nested -max-active 4 -wait -requests 100 -seed 1 "
	r := poolsim("", line)
	out := words(r.out)
	for _, want := range []string{"deadlock at ", "holds 1.1 and waits as request", "holds 4.1", "It never ends", "4 clients with 2 connections at once need 5"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if v := decoded(t, poolsim("", line+"-format json").out); at(v, "deadlocks.forever") != true || len(at(v, "deadlocks.holders").([]any)) != 4 {
		t.Errorf("%v", at(v, "deadlocks"))
	}
	out = words(ok(t, line+"-wait-timeout 20ms"))
	if !strings.Contains(out, "It ends when one of them gives up") {
		t.Errorf("with a wait timeout:\n%s", out)
	}
	file := filepath.Join(t.TempDir(), "two.json")
	if err := os.WriteFile(file, []byte(poolsim("", line+"-print").out), 0o644); err != nil {
		t.Fatal(err)
	}
	r = poolsim("", "check "+file+" -seeds 1 -first 1")
	if r.status != exitViolated || !strings.Contains(words(r.out), "deadlock: all places are held by requests that wait for another one") {
		t.Errorf("check: status %d\n%s%s", r.status, r.out, r.err)
	}
	var v map[string]any
	r = poolsim("", "check "+file+" -seeds 1 -first 1 -format json")
	if err := json.Unmarshal([]byte(r.out), &v); err != nil || r.status != exitViolated {
		t.Errorf("check in JSON: status %d, %v\n%s", r.status, err, r.out)
	}
}
