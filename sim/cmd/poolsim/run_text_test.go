package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server that has more to do than it can is named, also where waits have an end.
func TestRunNamesAnOverloadedServer(t *testing.T) {
	line := "run -rate 300 -hold 0 -workers 1 -service 5ms -max-active 50 -requests 3000 "
	for flags, want := range map[string]string{
		"-wait":                     "the queue grows without a bound",
		"-wait -wait-timeout 100ms": "so some requests fail, whatever the pool's size",
		"-wait -timeout 100ms":      "so some requests fail, whatever the pool's size",
		"":                          "so some requests fail, whatever the pool's size",
	} {
		out := strings.Join(strings.Fields(ok(t, line+flags)), " ")
		if !strings.Contains(out, "keep 2 workers of the server busy, and it has 1; "+want) {
			t.Errorf("%q: %s", flags, out)
		}
	}
	if out := ok(t, strings.Replace(line, "-rate 300", "-rate 100", 1)+"-wait"); strings.Contains(out, "overload") {
		t.Error(out)
	}
}

// A stall after the end of a run is named once.
func TestRunNotesALateStallOnce(t *testing.T) {
	if out := ok(t, "run -rate 300 -hold 1ms -requests 30 -stall 1m+1s"); strings.Count(out, "the stall at 1m0s is after the end") != 1 {
		t.Error(out)
	}
}

// A pool without a limit has no size that could be right, and the advice says so.
func TestAdviseWithoutALimit(t *testing.T) {
	out := strings.Join(strings.Fields(ok(t, "advise -rate 100 -hold 1ms -target p99=5ms -requests 300 -seeds 2")), " ")
	if !strings.Contains(out, "a pool without a limit meets p99=5ms") || !strings.Contains(out, "set max-active") {
		t.Error(out)
	}
}

// A limit over all keys makes requests wait as well as that of each key.
func TestRunWaitsUnderTheLimitOfAllKeys(t *testing.T) {
	out := ok(t, "run -rate 900 -hold 5ms -keys 3 -keys-max-active 4 -wait -urgent 20% -wait-timeout 50ms -requests 300")
	if !strings.Contains(out, "urgent ") || !strings.Contains(out, "no limit but max-active 4 over all keys, waits for up to 50ms") {
		t.Error(out)
	}
	out = ok(t, "run -rate 900 -hold 5ms -keys 3 -keys-max-active 4 -requests 300")
	if !strings.Contains(out, "no limit but max-active 4 over all keys, does not wait") {
		t.Error(out)
	}
}

// Of a table without a heading it is not clear which column is meant, so the report says which is used.
func TestRunSaysWhichColumn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "two.csv")
	if err := os.WriteFile(file, []byte("1;2\n3;4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(ok(t, "run -rate 5 -requests 20 -hold csv:"+file)), " ")
	if want := "no heading with a unit); the first of 2 columns is used"; !strings.Contains(words, want) {
		t.Errorf("no %q in\n%s", want, words)
	}
}
