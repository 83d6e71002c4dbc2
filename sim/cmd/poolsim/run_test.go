package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// decoded reads JSON as a generic value.
func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

// at returns what stands at a path, such as outcomes.granted.
func at(v any, path string) any {
	for _, name := range strings.Split(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func TestRunJSON(t *testing.T) {
	line := "run -format json" + small
	v := decoded(t, ok(t, line))
	for _, path := range []string{
		"seed", "requests", "outcomes.granted", "outcomes.exhausted", "outcomes.timed_out", "wait.mean", "wait.p50", "wait.p90",
		"wait.p99", "wait.p999", "wait.max", "waited_fraction", "refused_fraction", "utilization", "opens", "closes.discarded",
		"events", "run.events_per_second", "run.wall_seconds",
	} {
		if _, is := at(v, path).(float64); !is {
			t.Errorf("%s is %v", path, at(v, path))
		}
	}
	if n := at(v, "requests"); n != 2000.0 {
		t.Errorf("requests %v", n)
	}
	again := decoded(t, ok(t, line))
	delete(v, "run")
	delete(again, "run")
	if diff := cmp.Diff(v, again); diff != "" {
		t.Errorf("without run (-first +second):\n%s", diff)
	}
}

// TestPrinted runs what -print has printed, from a file and from standard input.
func TestPrinted(t *testing.T) {
	want := ok(t, "run"+small)
	printed := ok(t, "run -print"+small)
	file := filepath.Join(t.TempDir(), "scenario.json")
	if err := os.WriteFile(file, []byte(printed), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := ok(t, "run "+file); got != want {
		t.Errorf("from the file (-want +got):\n%s", cmp.Diff(want, got))
	}
	if got := poolsim(printed, "run -"); got.out != want {
		t.Errorf("from standard input (-want +got):\n%s%s", cmp.Diff(want, got.out), got.err)
	}
	fewer := decoded(t, ok(t, "run "+file+" -max-active 5 -requests 100 -format json"))
	if n := at(fewer, "requests"); n != 100.0 {
		t.Errorf("with -requests 100: %v requests", n)
	}
	if n := at(fewer, "peak.active"); n != 5.0 {
		t.Errorf("with -max-active 5: %v active", n)
	}
	clients := decoded(t, ok(t, "run -print "+file+" -clients 9 -think exp:1ms"))
	if at(clients, "workload.open") != nil || at(clients, "workload.closed.clients") != 9.0 {
		t.Errorf("with -clients 9: %v", at(clients, "workload"))
	}
}

// TestCSV reads files that stand beside the scenario, and those that a flag
// names.
func TestCSV(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	latencies := write("latencies.csv", "latency_s\n1ms\n3ms\n0.002\n")
	arrivals := write("arrivals.csv", "0\n1ms\n2ms\n10ms\n")
	scenario := write("scenario.json", `{"workload": {"open": {"trace_csv": "arrivals.csv"}, "hold": {"empirical_csv": "latencies.csv"}},
		"pool": {"max_active": 1}}`)
	for _, line := range []string{
		"run -format json " + scenario,
		"run -format json -max-active 1 -hold csv:" + latencies + " -arrivals " + arrivals,
	} {
		if n := at(decoded(t, ok(t, line)), "requests"); n != 4.0 {
			t.Errorf("poolsim %s: %v requests, want 4", line, n)
		}
	}
}

func TestNotes(t *testing.T) {
	for line, want := range map[string]string{
		"run -rate 100 -requests 50":                                       "there is no -hold",
		"run -rate 100 -requests 50 -restart 1h":                           "the restart at 1h0m0s is after the end",
		"run -rate 100 -requests 50 -outage 1h+1s":                         "the outage at 1h0m0s is after the end",
		"run -rate 100 -requests 50 -slow 1h+1s*2":                         "the slowdown at 1h0m0s is after the end",
		"run -rate 100 -requests 50 -stall 1h+1s":                          "the stall at 1h0m0s is after the end",
		"run -rate 100 -requests 50 -hold 1s -max-active 2":                "the pool does not wait",
		"run -rate 100 -requests 50 -hold 1ms -max-active 2 -wait -leak 1": "some requests are never served",
	} {
		if out := ok(t, line); strings.Count(out, want) != 1 {
			t.Errorf("poolsim %s: not one note %q\n%s", line, want, out)
		}
	}
}

// TestDescriptions has one line for each kind of load and of trouble.
func TestDescriptions(t *testing.T) {
	for line, want := range map[string]string{
		"-constant 100":                          "100 requests/s, evenly spaced",
		"-bursts 500,100ms,300ms,5":              "bursts of 500 requests/s for 100ms, then 5 for 300ms",
		"-phases 100ms:500":                      "1 phase, the first 500 requests/s for 100ms",
		"-phases 100ms:50,100ms:500":             "2 phases, the first 50 requests/s for 100ms",
		"-clients 3 -hold pareto:1ms,1.5,2s":     "3 clients, each holds pareto:1ms,1.5,2s",
		"-rate 100 -open-latency 1ms -life 1s":   "opening takes 1ms, connections live 1s",
		"-rate 100 -max-connections 3":           "the server takes 3 connections",
		"-rate 100 -max-active 2 -max-idle -1":   "max-active 2, does not wait, max-idle -1",
		"-rate 100 -max-idle 1 -idle-timeout 1s": "no limit, max-idle 1, idle-timeout 1s",
	} {
		if out := ok(t, "run -requests 50 "+line); !strings.Contains(out, want) {
			t.Errorf("poolsim run %s: no %q\n%s", line, want, out)
		}
	}
}

// In an overloaded pool the figures depend on the length of the run. A note says so.
func TestRunSaysOverload(t *testing.T) {
	onlyFigures(t)
	const line = "run -rate 2000 -hold exp:3ms -max-active 5 -wait -requests 2000"
	const want = "note: overload: the offered load is 6, the pool has 5; the queue grows without a bound,"
	if out := unwrapped(ok(t, line)); !strings.Contains(out, want) {
		t.Error(out)
	}
	if v := decoded(t, ok(t, line+" -format json")); at(v, "overloaded") != true || at(v, "offered_load") != 6. {
		t.Errorf("%v %v", at(v, "overloaded"), at(v, "offered_load"))
	}
	for _, bounded := range []string{" -wait-timeout 50ms", " -max-waiters 9", " -patience 1s", " -max-active 7", " -max-active 0", " -wait=false"} {
		if out := ok(t, line+bounded); strings.Contains(out, "overload") {
			t.Errorf("%s: %s", bounded, out)
		}
	}
}

// The long run decides: bursts by their mean, phases by the last, a trace by its
// length.
func TestOfferedLoad(t *testing.T) {
	onlyFigures(t)
	for _, c := range []struct {
		load string
		want float64
	}{
		{"-constant 100", 0.3}, {"-bursts 1000,1s,4s", 0.6}, {"-bursts 1000,1s,4s,500", 1.8}, {"-phases 1s:5000,1s:1000", 3}, {"-clients 3", 0},
	} {
		v := decoded(t, ok(t, "run -requests 100 -hold 3ms -format json "+c.load))
		if got := at(v, "offered_load").(float64); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("%s: %v, want %v", c.load, got, c.want)
		}
	}
}

// The header has the cost of a failing dial and of a dead connection, and a restart
// depends on it.
func TestHangsAreShown(t *testing.T) {
	const line = "run -rate 2000 -hold exp:3ms -max-active 9 -wait -open-latency 2ms -outage 1s+1s -duration 4s"
	quick, slow := decoded(t, ok(t, line+" -format json")), decoded(t, ok(t, line+" -fail-latency 1s -dead-latency 1s -format json"))
	if q, s := at(quick, "peak.waiting").(float64), at(slow, "peak.waiting").(float64); q > 100 || s < 1500 {
		t.Errorf("longest queue %v, with dials that hang %v", q, s)
	}
	out := unwrapped(ok(t, line+" -fail-latency 1s -dead-latency exp:2s"))
	if !strings.Contains(out, "opening that fails takes 1s, a dead connection is noticed after exp:2s") {
		t.Error(out)
	}
}

// unwrapped is an output with its words in one line.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }
