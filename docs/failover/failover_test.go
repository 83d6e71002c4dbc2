package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets this binary be the process of a sample, as the program is.
func TestMain(m *testing.M) {
	if order := os.Getenv(sampleEnv); order != "" {
		if err := takeSample(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func needRedis(t *testing.T) {
	missing := missingCommands()
	if missing == "" {
		return
	}
	if os.Getenv("RESPOOL_REQUIRE_REDIS") != "" {
		t.Fatal("not installed: " + missing)
	}
	t.Skip("not installed: " + missing)
}

// asked is what respool must keep to in any run: errors other than timeouts, which a busy
// machine makes, and dials. Times are for the page.
var asked = map[string]struct{ errors, dials int }{
	"sentinel-planned": {0, 50},
	"sentinel-kill":    {10, 100},
	"sentinel-stop":    {10, 100},
	// All connections to the node are dialed again, once or twice; on a busy machine up to 350
	// dials. A storm has one for each call: thousands. An election that takes longer than a
	// call has time, as on a busy machine, gives each worker one error more.
	"cluster-kill":     {10 + workers, 600},
	"cluster-stop":     {10, 600},
	"cluster-failover": {0, 200},
	"cluster-reshard":  {0, 200},
	"cluster-nodes":    {0, 300},
	"down":             {crowd, 130},
	"restart":          {1, 10},
}

// withoutTimeouts counts the errors that are no timeouts.
func withoutTimeouts(f *figures) (n int) {
	for kind, many := range f.Kinds {
		if !strings.Contains(kind, "timeout") && !strings.Contains(kind, "deadline") {
			n += many
		}
	}
	return n
}

// TestEveryScenario has respool in the short form of each scenario.
func TestEveryScenario(t *testing.T) {
	needRedis(t)
	for _, s := range scenarios() {
		if !slices.Contains(s.takingPart(), ours) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f, err := sample{Scenario: s.name, Contender: ours, Quick: true}.inProcess(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if f.Acknowledged == 0 || !f.Ended {
				t.Errorf("no service at the end: %+v", f)
			}
			most, ok := asked[s.name]
			if n := withoutTimeouts(f); !ok || n > most.errors || f.Dials > most.dials {
				t.Errorf("asked are at most %+v: %d errors that are no timeouts, %d dials: %v", most, n, f.Dials, f.Kinds)
			}
			if len(f.Wrong) > 0 {
				t.Errorf("wrong replies: %q", f.Wrong)
			}
			if f.State.disorder() != 0 {
				t.Errorf("left behind: %+v", f.State)
			}
		})
	}
}

// TestInterrupted: an interrupted sample leaves neither a server nor a file.
func TestInterrupted(t *testing.T) {
	needRedis(t)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := sample{Scenario: "sentinel-planned", Contender: "redigo"}.inProcess(ctx)
		result <- err
	}()
	var configs []string
	for deadline := time.Now().Add(30 * time.Second); len(configs) < 4 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		configs, _ = filepath.Glob(filepath.Join(os.TempDir(), "failover-*", "*", "redis.conf"))
	}
	if len(configs) < 4 {
		t.Fatalf("servers were not started: %q", configs)
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	for _, conf := range configs {
		port, _ := strconv.Atoi(filepath.Base(filepath.Dir(conf)))
		if !free(port) {
			t.Errorf("a server still listens on port %d", port)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "failover-*")); len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
}

// TestNames: names differ, and targets compare what is measured.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range scenarios() {
		if seen[s.name] {
			t.Errorf("%s is there twice", s.name)
		}
		seen[s.name] = true
	}
	for _, one := range targets() {
		if !seen[one.scenario] {
			t.Errorf("%s: there is no scenario %s", one.what, one.scenario)
		}
	}
}

// TestPageShowsResults: the page has the tables of results.json.
func TestPageShowsResults(t *testing.T) {
	r, err := readResults("results.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("nothing is measured yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("index.md")
	if err != nil {
		t.Fatal(err)
	}
	if filled, err := r.fill(string(page)); err != nil || filled != string(page) {
		t.Errorf("the page does not show results.json (%v); go run . -from results.json writes it", err)
	}
}

func TestFigures(t *testing.T) {
	event := time.Now()
	at := func(s float64) time.Time { return event.Add(time.Duration(s * float64(time.Second))) }
	made := func(key string, ended float64, err error) call {
		return call{key: key, began: at(ended - 0.1), ended: at(ended), err: err}
	}
	bad := errors.New("dial tcp 127.0.0.1:6379: refused after 12 tries")
	calls := []call{made("a", -1, nil), made("b", 1, nil), made("a", 2, bad), made("b", 3, nil), made("a", 3.5, nil)}
	f := figuresOf(calls, event, at(4), func(key string) bool { return key == "a" })
	if f.Calls != 5 || f.Acknowledged != 4 || f.Errors != 1 || f.LastError != 2 || f.Gap != 2 || f.Back != 3 || f.SlotsGap != 3.5 || !f.Ended {
		t.Errorf("%+v", f)
	}
	if n := f.Kinds["dial tcp ADDR: refused after N tries"]; n != 1 {
		t.Errorf("kinds: %v", f.Kinds)
	}
	if f := figuresOf(calls, event, at(9), nil); f.Gap != 5.5 || f.Back != 9 || f.Ended {
		t.Errorf("a gap until the end: %+v", f)
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-rounds", "0"}, {"-scenario", "("}, {"-contender", "("}, {"-no-such"}, {"-update", "-quick"}, {"-update", "-contender", "x"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%s: no error", strings.Join(args, " "))
		}
	}
	if o, err := parse([]string{"-update", "-scenario", "down"}); err != nil || !o.writes() || o.whole() {
		t.Errorf("-update: %+v, %v", o, err)
	}
	o, err := parse([]string{"-quick"})
	if err != nil || o.rounds != 1 || o.whole() {
		t.Errorf("-quick: %+v, %v", o, err)
	}
}

// TestUpdate: a later run replaces its own scenarios, and the page says so.
func TestUpdate(t *testing.T) {
	of := func(date string, rounds int, scenarios ...string) *results {
		r := &results{Date: date, Rounds: rounds, Redis: "7"}
		for _, s := range scenarios {
			r.Cases = append(r.Cases, &outcome{Scenario: s, Contender: ours, Samples: slices.Repeat([]*figures{{Dials: rounds}}, rounds)})
		}
		return r
	}
	r := of("2026-01-01", 3, "cluster-kill", "down", "restart")
	if err := r.replace(of("2026-02-02", 1, "down")); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Cases); n != 3 || r.Cases[1].Scenario != "down" || r.Cases[1].Samples[0].Dials != 1 || r.Cases[2].Samples[0].Dials != 3 {
		t.Errorf("%d cases: %+v", n, *r.Cases[1])
	}
	if page := r.markdown(); !strings.Contains(page, "Measured again since: `down` (2026-02-02, rounds: 1).") {
		t.Errorf("the page does not say so: %.400s", page)
	}
	if err := r.missing(); err != nil {
		t.Error(err)
	}
	other := of("2026-02-02", 1, "down")
	other.Redis = "8"
	if err := r.replace(other); err == nil {
		t.Error("results of another version are taken over")
	}
	r.Cases[2].Samples, r.Cases[1].Samples = r.Cases[2].Samples[:1], nil
	want := "samples are missing, each failed twice: down of respool (1), restart of respool (2); run these scenarios again with -update"
	if err := r.missing(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if rows := r.targetTable().Rows; len(rows) == 0 || !strings.Contains(fmt.Sprint(rows), "**not measured**") {
		t.Errorf("a target without a figure is hidden: %v", rows)
	}
}
